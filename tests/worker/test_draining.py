"""SIGTERM: a worker finishes what it can, gives the rest back, and nobody pays for it with an attempt."""

from __future__ import annotations

import signal
from collections import Counter

import msgspec
import pytest

from operations_api.domain.plan import Call
from operations_api.domain.settle import begin, resume
from tests.domain.executions import NOW, after, execution, step
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold
from worker.entry import drained

IMPATIENT = {"OPERATIONS_DRAIN_SECONDS": "0.1"}


async def test_a_worker_told_to_stop_finishes_what_it_is_doing_and_claims_no_more(crew: Crew) -> None:
    worker = crew.start_worker()
    id = await crew.begin(StepTold("slow", trouble={"commit": "wait"}))
    await crew.seen(id, "call", "slow", "commit")
    worker.send(signal.SIGTERM)
    later = await crew.begin(StepTold("next"))
    crew.open_gate(id, "slow", "commit")
    assert await worker.ended() == 0
    assert (await crew.get(id)).status == "succeeded"
    assert (await crew.get(later)).status == "pending"


@pytest.mark.parametrize("phase", ["reserve", "commit"])
async def test_eight_workers_stopped_during_one_call_leave_one_attempt(crew: Crew, phase: str) -> None:
    id = await crew.begin(StepTold("slow", trouble={phase: "wait"}), StepTold("next"))
    for times in range(1, 9):
        worker = crew.start_worker(**IMPATIENT)
        await crew.seen(id, "call", "slow", phase, times)
        worker.send(signal.SIGTERM)
        assert await worker.ended() == 0
        given_back = await crew.row(id)
        assert given_back["lease_owner"] is None
        assert given_back["journal"][0]["attempts"] == 0
        assert given_back["journal"][0]["call_ends_at"] is not None
    crew.open_gate(id, "slow", phase)
    crew.start_worker()
    assert (await crew.done(id)).status == "succeeded"
    assert (await crew.row(id))["journal"][0]["attempts"] == 1
    assert {line.attempt for line in crew.ledger(id)} == {1}
    assert set((await crew.effects(id)).values()) == {1}


async def test_a_local_call_that_is_left_was_never_made(crew: Crew) -> None:
    worker = crew.start_worker(**IMPATIENT)
    id = await crew.begin(StepTold("slow", effect="local", trouble={"reserve": "wait-after"}))
    await crew.seen(id, "call", "slow", "reserve")
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0
    assert await crew.effects(id) == Counter()
    crew.open_gate(id, "slow", "reserve")
    crew.start_worker()
    assert (await crew.done(id)).status == "succeeded"
    assert await crew.effects(id) == Counter(["slow:reserve", "slow:commit"])


async def test_a_call_left_by_a_stopped_worker_is_not_undone_before_it_must_have_ended(crew: Crew) -> None:
    worker = crew.start_worker(**IMPATIENT)
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait-after"}, timeout_seconds=5))
    [reserve] = await crew.seen(id, "call", "slow", "reserve")
    worker.send(signal.SIGTERM)
    await worker.ended()
    await crew.store.cancel("dev", id)
    crew.start_worker()
    assert (await crew.done(id)).status == "canceled"
    [rollback] = await crew.seen(id, "call", "slow", "rollback")
    assert rollback.at - reserve.at >= 5 - 1, "counted from before its intent was stored"


async def test_a_plain_function_that_hangs_does_not_keep_a_worker_from_stopping(crew: Crew) -> None:
    worker = crew.start_worker(**IMPATIENT)
    id = await crew.begin(StepTold("plain", trouble={"reserve": "wait"}), type="plain")
    await crew.seen(id, "call", "plain", "reserve")
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0
    assert (await crew.row(id))["lease_owner"] is None


async def test_operations_claimed_while_the_worker_is_told_to_stop_are_given_back(crew: Crew) -> None:
    """Whatever the last round claimed is finished or ready for others at once, not when its lease runs out."""
    slow = StepTold("slow", trouble={"reserve": "wait"}, timeout_seconds=600)
    ids = [await crew.begin(slow) for _ in range(150)]
    worker = crew.start_worker(**IMPATIENT)
    await crew.seen(ids[0], "call", "slow", "reserve")
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0
    assert await crew.connection.fetchval("select count(*) from operations where lease_owner is not null") == 0


def test_a_call_that_was_not_made_any_more_leaves_open_what_was_open_before() -> None:
    begun = begin(execution(step("a"), timeout_seconds=5), Call(0, "reserve"), NOW)
    died = begun.with_step(msgspec.structs.replace(begun.steps[0], call_ends_at=after(40)))
    again = begin(resume(died, after(1)), Call(0, "reserve"), after(1))
    given_back = drained(again, Call(0, "reserve"), after(2), was_called=False).execution.steps[0]
    assert (given_back.attempts, given_back.call_ends_at) == (1, after(40))
