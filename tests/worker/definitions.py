"""Operations that do as they are told and write down whatever happens to them: the double entry of these tests.

``told`` has the steps its input describes. An external step has its effect once per token, as the promise asks of
participants; a local one writes a row for every effect, so that a second one would be seen. Every call and effect is
one line in the ledger (``ledger.py``), a file that is only ever appended to, whoever is killed meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from typing import Any, Literal

import asyncpg
import msgspec

from operations_api import Action, Context, Definition, Pivot, Registry, Reject, Retry, Schedule, Step
from tests.worker.ledger import GATE_POLL_SECONDS, gate, gate_of, mark, note

HOLDING = {"reserve": "held", "execute": "done", "commit": "done", "rollback": "free"}


class Abandoned(BaseException):
    """What a handler should never raise."""


class StepTold(msgspec.Struct, frozen=True):
    """One step; ``trouble`` says by phase what goes wrong there: a word, or a word and how often (``retry 2``)."""

    key: str
    kind: Literal["step", "pivot", "action"] = "step"
    effect: Literal["external", "local"] = "external"
    trouble: dict[str, str] = {}
    timeout_seconds: float = 30
    retry_for_seconds: float = 300


class Told(msgspec.Struct, frozen=True):
    """The steps, and a result of this many bytes, which cannot be made when that is negative."""

    steps: tuple[StepTold, ...]
    result_bytes: int = 2


class Hold(msgspec.Struct, frozen=True):
    token: str


class Anything(msgspec.Struct, frozen=True):
    value: Any


class Wordy(msgspec.Struct, frozen=True):
    words: str


class _ToldStep(Step):
    def __init__(self, told: StepTold) -> None:
        self.told = told
        self.key = told.key
        self.effect = told.effect
        self.timeout_seconds = told.timeout_seconds
        self.retry_for_seconds = told.retry_for_seconds

    async def behave(self, ctx: Context) -> None:
        """Fail, wait or have the effect, as told for this phase."""
        note("call", ctx)
        word, _, count = self.told.trouble.get(ctx.phase, "").partition(" ")
        if not count or ctx.attempt <= int(count):
            await _TROUBLE.get(word, _none)(ctx)
        await (_local_effect(ctx) if self.effect == "local" else _external_effect(ctx))
        if word == "wait-after":
            await gate(ctx)
        if word == "loses-its-answer" and ctx.attempt == 1:
            raise ConnectionResetError("the answer was lost")
        if word == "swallows-an-error" and ctx.attempt == 1:
            await _swallow_an_error(ctx)


class ToldStep(_ToldStep):
    async def reserve(self, ctx: Context, input: Told) -> Hold:
        await self.behave(ctx)
        return _odd_answer(self.told.trouble.get("reserve"), Hold(ctx.token))

    async def commit(self, ctx: Context, reservation: Hold) -> Hold:
        await self.behave(ctx)
        return reservation

    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        await self.behave(ctx)

    async def compensate(self, ctx: Context, result: Hold) -> None:
        await self.behave(ctx)


class AnythingStep(_ToldStep):
    """Its reservation holds what no JSON can say."""

    async def reserve(self, ctx: Context, input: Told) -> Anything:
        await self.behave(ctx)
        return Anything(object() if ctx.attempt == 1 else None)

    async def commit(self, ctx: Context, reservation: Anything) -> None:
        await self.behave(ctx)

    async def rollback(self, ctx: Context, reservation: Anything | None) -> None:
        await self.behave(ctx)


class ToldPivot(_ToldStep, Pivot):
    async def execute(self, ctx: Context, input: Told) -> Hold:
        await self.behave(ctx)
        return Hold(ctx.token)

    async def query(self, ctx: Context) -> str:
        note("query", ctx)
        if self.told.trouble.get("query") == "wait":
            await gate(ctx)
        return "committed" if mark(ctx.token_for("execute")).exists() else "absent"


class LocalPivot(_ToldStep, Pivot):
    async def execute(self, ctx: Context, input: Told) -> Hold:
        await self.behave(ctx)
        return Hold(ctx.token)


class ToldAction(_ToldStep, Action):
    async def execute(self, ctx: Context, input: Told) -> Hold:
        await self.behave(ctx)
        return Hold(ctx.token)


class PlainStep(Step):
    """Plain functions, which run in a thread and cannot be cancelled."""

    key = "plain"

    def reserve(self, ctx: Context, input: Told) -> None:
        note("call", ctx)
        while "wait" in input.steps[0].trouble.get("reserve", "") and not gate_of(ctx).exists():
            time.sleep(GATE_POLL_SECONDS)
        if input.steps[0].trouble.get("reserve") == "exit":
            sys.exit(3)
        ctx.progress(1, 2, "files", "half of it")
        note("effect", ctx)

    def commit(self, ctx: Context, reservation: None) -> None:
        note("call", ctx)
        note("effect", ctx)

    def rollback(self, ctx: Context, reservation: None) -> None:
        note("call", ctx)


class Import(Step):
    """Ten rows, each committed together with its cursor; it waits before the sixth."""

    key = "rows"
    effect = "local"

    async def reserve(self, ctx: Context, input: Told) -> None:
        note("call", ctx)
        for row in range(ctx.last_checkpoint or 0, 10):
            if row == 5:
                await gate(ctx)
            await ctx.tx.execute("insert into effects values ($1, 'rows', $2)", ctx.operation_id, f"row {row}")
            await ctx.checkpoint(row + 1)
            ctx.progress(row + 1, 10, "rows", f"row {row + 1}")

    async def commit(self, ctx: Context, reservation: None) -> None:
        note("call", ctx)

    async def rollback(self, ctx: Context, reservation: None) -> None:
        await ctx.tx.execute("delete from effects where operation = $1", ctx.operation_id)


class RemoteImport(Import):
    """The same with rows somewhere else: the ledger."""

    effect = "external"

    async def reserve(self, ctx: Context, input: Told) -> None:
        note("call", ctx)
        for row in range(ctx.last_checkpoint or 0, 10):
            if row == 5:
                await gate(ctx)
            note(f"row {row}", ctx)
            await ctx.checkpoint(row + 1)
            ctx.progress(row + 1, 10, "rows", f"row {row + 1}")

    async def rollback(self, ctx: Context, reservation: None) -> None:
        note("call", ctx)


async def _none(ctx: Context) -> None:
    pass


async def _reject(ctx: Context) -> None:
    raise Reject(f"{ctx.phase.upper()}_REFUSED", "told to")


async def _reject_oddly(ctx: Context) -> None:
    raise Reject("ODD", "no text for Postgres: \0, nor for JSON: \ud800" + "x" * 10_000)


async def _reject_oddly_when_canceled(ctx: Context) -> None:
    await gate(ctx)
    await _reject_oddly(ctx)


async def _retry(ctx: Context) -> None:
    raise Retry(0.05, "told to")


async def _retry_slowly(ctx: Context) -> None:
    raise Retry(60, "told to")


async def _fail(ctx: Context) -> None:
    raise OSError("told to")


async def _exit(ctx: Context) -> None:
    sys.exit(3)


async def _abandon(ctx: Context) -> None:
    raise Abandoned


async def _cancel_itself(ctx: Context) -> None:
    inner = asyncio.ensure_future(asyncio.sleep(60))
    inner.cancel()
    await inner


async def _block_the_loop(ctx: Context) -> None:
    time.sleep(30)  # noqa: ASYNC251 -- the very mistake that is tested


async def _end_its_session(ctx: Context) -> None:
    await ctx.tx.execute("select pg_terminate_backend(pg_backend_pid())")


async def _swallow_an_error(ctx: Context) -> None:
    """After this nothing can be kept of the transaction, and the handler does not say so."""
    with contextlib.suppress(asyncpg.PostgresError):
        await ctx.tx.execute("select 1 / 0")


async def _break_a_deferred_constraint(ctx: Context) -> None:
    """What Postgres says at COMMIT only."""
    await ctx.tx.execute("insert into only_once values (1), (1)")


_TROUBLE = {
    "break-a-deferred-constraint": _break_a_deferred_constraint,
    "reject": _reject,
    "reject-oddly": _reject_oddly,
    "reject-oddly-when-canceled": _reject_oddly_when_canceled,
    "retry": _retry,
    "retry-slowly": _retry_slowly,
    "fail": _fail,
    "exit": _exit,
    "abandon": _abandon,
    "cancel-itself": _cancel_itself,
    "block-the-loop": _block_the_loop,
    "end-its-session": _end_its_session,
    "wait": gate,
}


async def _external_effect(ctx: Context) -> None:
    try:
        os.close(os.open(mark(ctx.token), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    note("effect", ctx)


async def _local_effect(ctx: Context) -> None:
    await ctx.tx.execute("insert into effects values ($1, $2, $3)", ctx.operation_id, ctx.step, ctx.phase)


def _odd_answer(trouble: str | None, answer: Hold) -> Any:
    return "not a Hold" if trouble == "wrong-type" else answer


def steps_of(input: Told) -> tuple[Step, ...]:
    return tuple(_step(told) for told in input.steps)


def _step(told: StepTold) -> Step:
    if told.kind == "pivot":
        return LocalPivot(told) if told.effect == "local" else ToldPivot(told)
    if told.kind == "action":
        return ToldAction(told)
    return AnythingStep(told) if "unencodable" in told.trouble.values() else ToldStep(told)


def _result(input: Told, results: dict[str, Any]) -> Wordy:
    if input.result_bytes < 0:
        raise ZeroDivisionError("told to")
    return Wordy("x" * input.result_bytes)


def _definition(name: str, steps: Any, version: int = 1, build_result: Any = _result, **more: Any) -> Definition:
    return Definition(
        name=name, version=version, input=Told, result=Wordy, steps=steps, build_result=build_result, **more
    )


def told_as(name: str, **more: Any) -> Definition:
    """``told`` under another name."""
    return _definition(name, steps_of, **more)


TOLD = told_as("told")
registry = Registry(
    [
        TOLD,
        _definition("compensating", steps_of, on_commit_reject="compensate"),
        _definition("plain", (PlainStep(),)),
        _definition("import", (Import(),)),
        _definition("remote-import", (RemoteImport(),)),
        _definition("odd-result", steps_of, build_result=lambda input, results: 7),
    ]
)
# what a later deploy might look like
with_version_two = Registry([TOLD, _definition("told", steps_of, version=2)])
with_other_steps = Registry([TOLD, _definition("plain", (Import(),))])

with_limit = Registry([_definition("told", steps_of, concurrency_limit=3), _definition("plain", (PlainStep(),))])

with_schedule = Registry([TOLD], [Schedule("each-second", "told", Told((StepTold("one"),)), tenant="dev", every=1)])


class Stricter(msgspec.Struct, frozen=True):
    steps: tuple[StepTold, ...]
    new_member: int


class _StricterStep(ToldStep):
    async def reserve(self, ctx: Context, input: Stricter) -> Hold:  # type: ignore[override]
        return Hold(ctx.token)


with_stricter_input = Registry(
    [
        Definition(
            name="told",
            input=Stricter,
            result=Wordy,
            steps=lambda input: tuple(_StricterStep(told) for told in input.steps),
            build_result=lambda input, results: Wordy(""),
        )
    ]
)
with_broken_steps = Registry([_definition("told", lambda input: 1 // 0)])
