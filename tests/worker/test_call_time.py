"""The time of a call runs from before its intent is stored: when the database says that it has ended, it has."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec

from operations_api import Context, Definition, Step
from operations_api.domain.operation import pins_of
from operations_api.domain.plan import Call
from operations_api.domain.settle import Done, Outcome, Unknown, begin
from operations_api.meter import UNMETERED
from operations_api.store.leases import Held
from operations_api.tracer import UNTRACED
from worker.call import Calls
from worker.clock import Clock
from worker.lease import Lease
from worker.script import Script

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 3600.0


class Input(msgspec.Struct, frozen=True):
    pass


class Slow(Step):
    key = "slow"
    timeout_seconds = SECONDS

    def __init__(self) -> None:
        self.deadlines: list[datetime] = []

    async def reserve(self, ctx: Context, input: Input) -> None:
        self.deadlines.append(ctx.deadline)

    async def commit(self, ctx: Context, reservation: None) -> None: ...

    async def rollback(self, ctx: Context, reservation: None) -> None: ...


async def called(step: Slow, spent_seconds: float) -> Outcome:
    """What becomes of the first call when storing its intent has taken so long."""
    definition = Definition(name="any", input=Input, result=Input, steps=(step,), build_result=lambda i, _: i)
    operation: Any = SimpleNamespace(
        tenant="t", id=UUID(int=1), type="any", decision=None, cancel_requested_at=None, deadline=None, input=b"{}",
        traceparent=None, client_named=False,
    )  # fmt: skip
    leased: Any = SimpleNamespace(
        operation=operation, pins=pins_of((step,)), steps={}, failure=None, epoch=1, claimed_at=NOW
    )
    clock = Clock(lambda: 0.0)
    clock.observe(NOW)
    services: Any = SimpleNamespace(calls=Calls(), clock=clock, journal=None, meter=UNMETERED, tracer=UNTRACED)
    script, lease = Script(definition, leased, services), Lease(Held("t", UUID(int=1), 1), 0, lambda: None)
    lease.written_at = time.monotonic() - spent_seconds
    call = Call(0, "reserve")

    async def checkpoint(value: bytes) -> None: ...

    return await script.call(begin(script.execution_of(leased), call, NOW), call, lease, checkpoint)


async def test_what_storing_the_intent_has_taken_is_part_of_the_calls_time() -> None:
    step = Slow()
    assert isinstance(await called(step, SECONDS / 2), Done)
    [deadline] = step.deadlines
    assert (deadline - NOW).total_seconds() <= SECONDS / 2


async def test_a_call_whose_time_is_over_before_it_could_begin_is_not_made() -> None:
    step = Slow()
    outcome = await called(step, SECONDS + 1)
    assert isinstance(outcome, Unknown)
    assert step.deadlines == []
