"""Operations whose every call goes through the ledger process, which decides how each of them goes.

``PROOF_TYPES`` names the types a process knows, all of them the same definition: workers claim only what they know, so
tests can keep their operations to one worker. The steps of a type come with each operation's input, unless
``PROOF_STEPS`` fixes them, by type: then a claim knows what an operation of it begins with.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, Literal

import msgspec

from operations_api import Action, Context, Definition, Pivot, Registry, Reject, Retry, Step
from tests.proof.books import ask

BUSY_RETRY_SECONDS = 0.02
TURNS_BACK = "turns-back"
"""The type that rolls everything back when its first commit is refused."""


class Part(msgspec.Struct, frozen=True):
    """One step; ``rejects`` names the phase in which it says no.

    ``loses`` names the phase whose first call gives no answer, because the answer is ``lost`` on its way, or because
    the request was, so that nobody heard of it. A pivot outside, and a step that is ``asked``, can say what came of it.
    """

    key: str
    kind: Literal["step", "pivot", "action"] = "step"
    effect: Literal["external", "local"] = "external"
    rejects: str = ""
    loses: str = ""
    lost: Literal["answer", "request"] = "answer"
    asked: bool = False
    timeout_seconds: float = 30
    takes_seconds: float = 0


class Whole(msgspec.Struct, frozen=True):
    parts: tuple[Part, ...]


class Token(msgspec.Struct, frozen=True):
    token: str


class _PartStep(Step):
    retry_for_seconds = 3600  # nothing here is given up because it takes long

    def __init__(self, part: Part) -> None:
        self.part = part
        self.key = part.key
        self.effect = part.effect
        self.timeout_seconds = part.timeout_seconds

    async def behave(self, ctx: Context, phase: str | None = None) -> str:
        """Tell the ledger of the call, and do as it answers."""
        phase = phase or ctx.phase
        await asyncio.sleep(self.part.takes_seconds)
        if phase == self.part.loses and ctx.attempt == 1:
            await self._lose(ctx, phase)
        answer = await self._call(ctx, phase, self.part.rejects)
        if answer == "busy":
            raise Retry(BUSY_RETRY_SECONDS, "told to")
        if answer == "reject":
            raise Reject("REFUSED", "told to")
        if answer == "refused":
            raise ConnectionAbortedError("the ledger has closed this step")
        if self.effect == "local":
            await ctx.tx.execute(LOCAL_EFFECT, ctx.operation_id, ctx.step, phase)
        return answer

    async def _lose(self, ctx: Context, phase: str) -> None:
        if self.part.lost == "request":
            raise ConnectionRefusedError("told to")
        await self._call(ctx, phase, rejects="")
        raise ConnectionResetError("told to")

    async def _call(self, ctx: Context, phase: str, rejects: str) -> str:
        answer: str = await ask(
            os.environ["PROOF_LEDGER"], do="call", operation=str(ctx.operation_id), step=ctx.step, phase=phase,
            token=ctx.token, attempt=ctx.attempt, pid=os.getpid(), effect=self.effect, rejects=rejects,
        )  # fmt: skip
        return answer


# an undoing without anything to undo leaves no trace, as at the ledger
LOCAL_EFFECT = """
insert into effects
select $1::uuid, $2::text, $3::text
where $3 <> 'rollback' or exists (select from effects where (operation, step, phase) = ($1, $2, 'reserve'))
"""


class PartStep(_PartStep):
    async def reserve(self, ctx: Context, input: Whole) -> Token:
        await self.behave(ctx)
        return Token(ctx.token)

    async def commit(self, ctx: Context, reservation: Token) -> Token:
        await self.behave(ctx)
        return reservation

    async def rollback(self, ctx: Context, reservation: Token | None) -> None:
        await self.behave(ctx)

    async def compensate(self, ctx: Context, result: Token) -> None:
        await self.behave(ctx)


class _AskedStep(_PartStep):
    """It can say what became of a call without an answer, and gives the result of one that worked."""

    async def query(self, ctx: Context) -> Any:
        answer = await self.behave(ctx, "query")
        return (answer, Token(ctx.token)) if answer == "committed" else answer


class AskedStep(_AskedStep, PartStep):
    pass


class PartPivot(_AskedStep, Pivot):
    async def execute(self, ctx: Context, input: Whole) -> Token:
        await self.behave(ctx)
        return Token(ctx.token)


class LocalPivot(_PartStep, Pivot):
    async def execute(self, ctx: Context, input: Whole) -> Token:
        await self.behave(ctx)
        return Token(ctx.token)


class PartAction(_PartStep, Action):
    async def execute(self, ctx: Context, input: Whole) -> Token:
        await self.behave(ctx)
        return Token(ctx.token)


def steps_of(input: Whole) -> tuple[Step, ...]:
    return tuple(_step(part) for part in input.parts)


def _step(part: Part) -> Step:
    if part.kind == "action":
        return PartAction(part)
    if part.kind == "pivot":
        return LocalPivot(part) if part.effect == "local" else PartPivot(part)
    return AskedStep(part) if part.asked else PartStep(part)


def _result(input: Whole, results: dict[str, Any]) -> Token:
    return Token(",".join(results))


FIXED = msgspec.json.decode(os.environ.get("PROOF_STEPS", "{}"), type=dict[str, tuple[Part, ...]])


def definition(name: str) -> Definition:
    return Definition(
        name=name,
        input=Whole,
        result=Token,
        steps=steps_of(Whole(FIXED[name])) if name in FIXED else steps_of,
        build_result=_result,
        on_first_commit_reject="rollback" if name == TURNS_BACK else "park",
        on_commit_reject="compensate",
    )


registry = Registry([definition(name) for name in os.environ.get("PROOF_TYPES", "proof").split(",")])
