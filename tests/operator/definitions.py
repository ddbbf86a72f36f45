"""Operations that behave as files say, so that a test can change its mind while they run.

A handler looks for a file ``{step}-{phase}`` in the operation's own directory. Its text says what to do: ``reject``,
``fail``, ``die`` (SIGKILL for its own process) or ``wait`` until the file says something else. Without a file it works.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, Literal

import msgspec

from operations_api import Action, Context, Definition, Pivot, Registry, Reject, Step

POLL_SECONDS = 0.01


class Told(msgspec.Struct, frozen=True):
    """One step: its key and what it is able to do."""

    key: str
    kind: Literal["step", "compensable", "asked", "pivot", "action"] = "step"
    effect: Literal["external", "local"] = "external"


class ScriptedInput(msgspec.Struct, frozen=True):
    place: str
    steps: list[Told]


class Done(msgspec.Struct, frozen=True):
    """What a commit gives."""

    by: str


class Behaviour:
    """What all kinds of steps have in common."""

    key: str
    effect: Literal["external", "local"]

    def __init__(self, told: Told, place: str) -> None:
        self.key, self.effect, self._place = told.key, told.effect, Path(place)

    async def behave(self, ctx: Context) -> Done:
        with (self._place / "calls").open("a") as calls:
            calls.write(f"{self.key}:{ctx.phase} {os.getpid()}\n")
        file = self._place / f"{self.key}-{ctx.phase}"
        while (said := file.read_text() if file.exists() else "") == "wait":  # noqa: ASYNC110 -- files have no events
            await asyncio.sleep(POLL_SECONDS)
        if said == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if said == "fail":
            raise RuntimeError("nobody knows what became of it")
        if said == "reject":
            raise Reject(f"{ctx.phase.upper()}_REJECTED", "It was told to.")
        return Done(self.key)


class Plain(Behaviour, Step):
    async def reserve(self, ctx: Context, input: ScriptedInput) -> Done:
        return await self.behave(ctx)

    async def commit(self, ctx: Context, reservation: Done) -> Done:
        return await self.behave(ctx)

    async def rollback(self, ctx: Context, reservation: Done | None) -> None:
        await self.behave(ctx)


class Compensable(Plain):
    async def compensate(self, ctx: Context, result: Done) -> None:
        await self.behave(ctx)


class Asked(Compensable):
    """Its ``query`` answers what the file ``{step}-answer`` says, or that it does not know."""

    async def query(self, ctx: Context) -> Any:
        file = self._place / f"{self.key}-answer"
        answer = file.read_text() if file.exists() else "unknown"
        return (answer, Done(self.key)) if answer == "committed" else answer


class NoReturn(Behaviour, Pivot):
    async def execute(self, ctx: Context, input: ScriptedInput) -> Done:
        return await self.behave(ctx)


class Afterwards(Behaviour, Action):
    async def execute(self, ctx: Context, input: ScriptedInput) -> Done:
        return await self.behave(ctx)


KINDS = {"step": Plain, "compensable": Compensable, "asked": Asked, "pivot": NoReturn, "action": Afterwards}


def scripted_steps(input: ScriptedInput) -> tuple[Step, ...]:
    return tuple(KINDS[told.kind](told, input.place) for told in input.steps)


SCRIPTED = Definition(
    name="scripted",
    input=ScriptedInput,
    result=Done,
    steps=scripted_steps,
    build_result=lambda input, results: Done("all"),
)
registry = Registry([SCRIPTED])
