"""probe: an operation that behaves as it is told, the way payment providers have test cards.

For integrators and tests: slow, refusing, flaky and stuck operations on demand, with external or local steps.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from examples.ledger.probes import ProbeMarks
from operations_api import Context, Definition, Reject, Retry, Step

MOST_STEPS: Final = 20
LONGEST_LOCAL_MS: Final = 5_000
"""A local step keeps a transaction open, and the engine ends those that idle for the better part of a lease."""

FLAKY_RETRY_SECONDS: Final = 0.05
"""Long enough to be a real wait, short enough for tests."""

Milliseconds = Annotated[int, Meta(ge=0, le=600_000)]
StepIndex = Annotated[int, Meta(ge=0, lt=MOST_STEPS)]


class ProbeInput(msgspec.Struct, frozen=True):
    """How to behave. Every member is optional."""

    steps: Annotated[int, Meta(ge=1, le=MOST_STEPS, description="How many steps there are.")] = 2
    effect: Annotated[Literal["external", "local"], Meta(description="What kind of steps they are.")] = "external"
    reserve_ms: Annotated[Milliseconds, Meta(description="How long each reserve takes.")] = 0
    commit_ms: Annotated[Milliseconds, Meta(description="How long each commit takes.")] = 0
    rollback_ms: Annotated[Milliseconds, Meta(description="How long each rollback takes.")] = 0
    reject_reserve: Annotated[StepIndex | None, Meta(description="The step (from 0) that refuses to reserve.")] = None
    reject_commit: Annotated[StepIndex | None, Meta(description="The step (from 0) that refuses to commit.")] = None
    stuck_rollback: Annotated[StepIndex | None, Meta(description="The step (from 0) that cannot roll back.")] = None
    flaky: Annotated[int, Meta(ge=0, le=100, description="How often each handler asks for a retry first.")] = 0
    patience_ms: Annotated[
        int, Meta(ge=1, le=600_000, description="How long a reserve that asks for retries gets them.")
    ] = 300_000
    echo: Annotated[Any, Meta(description="Comes back in the result, whatever it is.")] = None

    def __post_init__(self) -> None:
        for name in ("reject_reserve", "reject_commit", "stuck_rollback"):
            index = getattr(self, name)
            if index is not None and index >= self.steps:
                raise ValueError(f"there are {self.steps} steps, counted from 0, so {name} cannot be {index}")
        if self.effect == "local" and self.longest_ms > LONGEST_LOCAL_MS:
            raise ValueError(f"a local step takes at most {LONGEST_LOCAL_MS} ms: it keeps a transaction open")

    @property
    def longest_ms(self) -> int:
        return max(self.reserve_ms, self.commit_ms, self.rollback_ms)


class ProbeResult(msgspec.Struct, frozen=True):
    """How many steps there were, and the echo."""

    steps: int
    echo: Any


class ProbeStep(Step):
    """One step. What it needs to know after ``reserve`` it was told when it was made."""

    def __init__(self, index: int, told: ProbeInput) -> None:
        self.key = f"step-{index}"
        self.effect = told.effect
        self.timeout_seconds = 30 + told.longest_ms / 1_000
        self.retry_for_seconds = told.patience_ms / 1_000
        self.index = index
        self.told = told

    async def reserve(self, ctx: Context, input: ProbeInput) -> None:
        await self._behave(ctx, self.told.reserve_ms, reject=self.told.reject_reserve)
        if self.effect == "local":
            await ProbeMarks(ctx).hold()

    async def commit(self, ctx: Context, reservation: None) -> None:
        await self._behave(ctx, self.told.commit_ms, reject=self.told.reject_commit)
        if self.effect == "local":
            await ProbeMarks(ctx).keep()

    async def rollback(self, ctx: Context, reservation: None) -> None:
        await self._behave(ctx, self.told.rollback_ms, reject=self.told.stuck_rollback)
        if self.effect == "local":
            await ProbeMarks(ctx).release()

    async def _behave(self, ctx: Context, milliseconds: int, reject: int | None) -> None:
        await asyncio.sleep(milliseconds / 1_000)
        if ctx.attempt <= self.told.flaky:
            raise Retry(FLAKY_RETRY_SECONDS, f"attempt {ctx.attempt} of {self.told.flaky} that ask for a retry")
        if reject == self.index:
            raise Reject(f"PROBE_{ctx.phase.upper()}_REJECTED", f"Step {self.index} was told to refuse {ctx.phase}.")


def probe_steps(input: ProbeInput) -> tuple[Step, ...]:
    """The same input always gives the same steps: the function is pure."""
    return tuple(ProbeStep(index, input) for index in range(input.steps))


PROBE = Definition(
    name="probe",
    summary="A test double for integrators: it is as slow, flaky or stuck as it is told to be.",
    input=ProbeInput,
    result=ProbeResult,
    steps=probe_steps,
    build_result=lambda input, results: ProbeResult(input.steps, input.echo),
    example=ProbeInput(steps=2, reserve_ms=200, echo={"hello": "world"}),
)
