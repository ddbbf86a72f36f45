"""A worker that was paused or cut off past its lease: whatever it does when it comes back, nothing of it is kept."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from tests.worker.crew import Crew, Worker
from tests.worker.definitions import StepTold
from tests.worker.wire import Wire
from worker.lease import OUTLIVED_LEASE_EXIT_CODE

RESERVED = ("slow:reserve", "next:reserve")
COMMITTED = (*RESERVED, "slow:commit", "next:commit")
EFFECTS = {
    "reserve": COMMITTED,
    "canceled": ("slow:rollback",),
    "pivot": ("next:reserve", "slow:execute", "next:commit"),
    "query": ("next:reserve", "slow:execute", "next:commit"),
    "commit": COMMITTED,
    "action": ("next:reserve", "next:commit", "slow:execute"),
    "rollback": ("slow:reserve", "slow:rollback"),
    "compensate": (*RESERVED, "slow:commit", "next:rollback", "slow:compensate"),
}
"""By what the worker is doing when it is paused: whatever has an effect in the end, once each."""

ENDINGS = {"canceled": "canceled", "rollback": "failed", "compensate": "failed"}
HANDLERS = {"canceled": "reserve", "pivot": "execute", "query": "execute", "action": "execute"}


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_worker_that_wakes_after_its_lease_writes_nothing(crew: Crew, effect: Any) -> None:
    zombie = crew.start_worker()
    # only an external call can be in doubt, so that there is something to ask
    phases = [phase for phase in EFFECTS if (phase, effect) != ("query", "local")]
    ids = {phase: await crew.begin(*_slow(phase, effect), type=_type(phase)) for phase in phases}
    for phase, id in ids.items():
        await crew.seen(id, "query" if phase == "query" else "call", "slow", _handler(phase))
    zombie.send(signal.SIGSTOP)
    await crew.store.cancel("dev", ids["canceled"])
    for phase, id in ids.items():
        crew.open_gate(id, "slow", _handler(phase))
    crew.start_worker()
    for phase, id in ids.items():
        assert (await crew.done(id)).status == ENDINGS.get(phase, "succeeded"), phase
    before = [await crew.row(id) for id in ids.values()]
    zombie.send(signal.SIGCONT)
    await _has_come_back(crew, zombie)
    assert [await crew.row(id) for id in ids.values()] == before
    assert all(row["lease_epoch"] > 1 for row in before)
    for phase, id in ids.items():
        assert await crew.effects(id) == Counter(_effects(phase, effect)), phase


async def test_a_worker_cut_off_from_postgres_drops_its_calls_before_another_one_begins(
    crew: Crew, database: str
) -> None:
    async with Wire.to(database) as wire:
        # of a longer lease more is left when its calls are given up: a busy machine may be late with that
        crew.start_worker(DATABASE_URL=wire.url, OPERATIONS_LEASE_SECONDS="5")
        id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}), StepTold("next"))
        await crew.seen(id, "call", "slow", "reserve")
        wire.freeze()
        other = crew.start_worker()
        [dropped] = await crew.seen(id, "cancelled", "slow", "reserve")
        _, second = await crew.seen(id, "call", "slow", "reserve", times=2)
        assert dropped.at < second.at
        assert second.pid == other.pid
        crew.open_gate(id, "slow", "reserve")
        assert (await crew.done(id)).status == "succeeded"


async def test_a_plain_function_that_outlives_its_lease_ends_its_process(crew: Crew, database: str) -> None:
    async with Wire.to(database) as wire:
        cut_off = crew.start_worker(DATABASE_URL=wire.url)
        id = await crew.begin(StepTold("plain", trouble={"reserve": "wait"}), type="plain")
        await crew.seen(id, "call", "plain", "reserve")
        wire.freeze()
        assert await cut_off.ended() == OUTLIVED_LEASE_EXIT_CODE
        crew.start_worker()
        crew.open_gate(id, "plain", "reserve")
        assert (await crew.done(id)).status == "succeeded"


async def test_a_write_that_reaches_postgres_after_somebody_else_has_finished_changes_nothing(
    crew: Crew, database: str
) -> None:
    async with Wire.to(database) as wire:
        # a lease that a busy machine does not use up while the gate is being opened
        late = crew.start_worker(DATABASE_URL=wire.url, OPERATIONS_LEASE_SECONDS="5")
        id = await crew.begin(
            StepTold("slow", trouble={"reserve": "wait"}), StepTold("next", trouble={"reserve": "wait"})
        )
        await crew.seen(id, "call", "slow", "reserve")
        wire.freeze()
        crew.open_gate(id, "slow", "reserve")
        [effect] = await crew.seen(id, "effect", "slow", "reserve")  # its outcome is on the wire, and stays there
        assert effect.pid == late.pid
        crew.start_worker()
        await crew.seen(id, "call", "next", "reserve")
        before = await _without_heartbeats(crew, id)
        await wire.thaw()
        assert await _without_heartbeats(crew, id) == before
        crew.open_gate(id, "next", "reserve")
        assert (await crew.done(id)).status == "succeeded"
        assert set((await crew.effects(id)).values()) == {1}


async def test_a_worker_whose_connections_are_dead_makes_new_ones(crew: Crew, database: str) -> None:
    async with Wire.to(database) as wire:
        crew.start_worker(DATABASE_URL=wire.url)
        assert (await crew.done(await crew.begin(StepTold("warm")))).status == "succeeded"
        wire.freeze()  # for ever: those that are there now stay silent
        wire.accept_again()
        assert (await crew.done(await crew.begin(StepTold("one")))).status == "succeeded"


async def test_a_worker_whose_loop_is_blocked_ends_itself_and_is_replaced(crew: Crew) -> None:
    blocked = crew.start_worker()
    id = await crew.begin(StepTold("rude", trouble={"reserve": "block-the-loop 1"}), StepTold("next"))
    await crew.seen(id, "call", "rude", "reserve")
    crew.start_worker()
    assert await blocked.ended() == 70
    # the next worker sees a second attempt, which is told to behave
    assert (await crew.done(id)).status == "succeeded"
    assert await crew.effects(id) == Counter(["rude:reserve", "next:reserve", "rude:commit", "next:commit"])


async def _without_heartbeats(crew: Crew, id: UUID) -> dict[str, Any]:
    row = await crew.row(id)
    return {name: value for name, value in row.items() if name not in ("lease_expires_at", "next_wake_at")}


def _slow(phase: str, effect: Any) -> list[StepTold]:
    refusing = {"rollback": {"reserve": "reject"}, "compensate": {"commit": "reject"}}.get(phase, {})
    kind: Any = {"query": "pivot", "pivot": "pivot", "action": "action"}.get(phase, "step")
    trouble = {"query": "wait", "execute": "loses-its-answer"} if phase == "query" else {_handler(phase): "wait"}
    slow = StepTold("slow", kind, effect, trouble=trouble, timeout_seconds=3)
    return [slow, StepTold("next", effect=effect, trouble=refusing)]


def _effects(phase: str, effect: Any) -> tuple[str, ...]:
    # a local reserve that was not committed has not begun: there is nothing to roll back
    return () if (phase, effect) == ("canceled", "local") else EFFECTS[phase]


def _type(phase: str) -> str:
    return "compensating" if phase == "compensate" else "told"


def _handler(phase: str) -> str:
    """The handler that is called, or asked about."""
    return HANDLERS.get(phase, phase)


async def _has_come_back(crew: Crew, zombie: Worker) -> None:
    """It has noticed: it has ended because its loop was silent for too long, or it works and stops when told."""
    await crew.done(await crew.begin(StepTold("sign-of-life")))
    zombie.send(signal.SIGTERM)
    assert await zombie.ended() in (0, 70)
