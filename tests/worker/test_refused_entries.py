"""Postgres refuses what a worker would write down: a person has to look, and nothing is lost or done twice."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import msgspec
import pytest

from operations_api.store.operator import Operators, Order
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold

REFUSE = (
    "alter table operation_steps add constraint refused check (key <> 'odd' or state not in ('reserved', 'executed'))"
)
ALLOW = "alter table operation_steps drop constraint refused"
END_CALLS = """
update operation_steps set call_ends_at = clock_timestamp() - interval '1 second'
where operation_id = $1 and call_ends_at is not null
"""


async def test_an_outcome_that_cannot_be_stored_waits_for_a_person_and_goes_on_when_it_can_be(crew: Crew) -> None:
    await crew.connection.execute(REFUSE)
    crew.start_worker()
    id = await crew.begin(StepTold("odd", timeout_seconds=1), StepTold("next"))
    beside = [await crew.begin(StepTold("one")) for _ in range(5)]
    await _parked(crew, id, "reserving")
    assert {(await crew.done(other)).status for other in beside} == {"succeeded"}
    assert crew.calls(id) == ["odd:reserve"]
    await crew.connection.execute(ALLOW)
    await _retried(crew, id)
    assert (await crew.done(id)).status == "succeeded"
    assert await crew.effects(id) == Counter(["odd:reserve", "next:reserve", "odd:commit", "next:commit"])


async def test_a_pivot_whose_outcome_cannot_be_stored_is_asked_about_and_not_executed_again(crew: Crew) -> None:
    await crew.connection.execute(REFUSE)
    crew.start_worker()
    id = await crew.begin(StepTold("goods"), StepTold("odd", "pivot", timeout_seconds=1))
    await _parked(crew, id, "executing")
    await crew.connection.execute(ALLOW)
    await _retried(crew, id)
    assert (await crew.done(id)).status == "succeeded"
    assert crew.calls(id).count("odd:execute") == 1
    assert len(await crew.seen(id, "query", "odd", "execute")) == 1


@pytest.mark.parametrize("words", ["canceled", "a deadline has passed"])
async def test_what_waits_because_it_could_not_be_stored_can_still_turn_back(crew: Crew, words: str) -> None:
    await crew.connection.execute(REFUSE)
    crew.start_worker()
    id = await crew.begin(StepTold("odd", timeout_seconds=1), StepTold("next"))
    await _parked(crew, id, "reserving")
    if words == "canceled":
        await crew.store.cancel("dev", id)
    else:
        await crew.connection.execute("update operations set deadline = clock_timestamp() where id = $1", id)
        await _retried(crew, id)
    assert (await crew.done(id)).status == ("canceled" if words == "canceled" else "failed")
    assert await crew.effects(id) == Counter(["odd:reserve", "odd:rollback"])


async def _parked(crew: Crew, id: UUID, phase: str) -> None:
    """It waits for a person, who is told why; its intent is stored, and nobody holds it or counts a lost worker."""
    operation = await crew.until(id, lambda operation: operation.status == "needs_attention")
    [blocked] = msgspec.json.decode(operation.blocked or b"")
    assert (blocked["step"], blocked["phase"], blocked["reason"]) == (None, phase, "INTERNAL")
    row = await crew.row(id)
    assert (row["lease_owner"], row["lost_leases"], row["next_wake_at"]) == (None, 0, None)
    [odd] = [step for step in row["journal"] if step["key"] == "odd"]
    assert odd["call_ends_at"] is not None


async def _retried(crew: Crew, id: UUID) -> None:
    """By a person, when the call in doubt must have ended: time is moved, not waited for."""
    await crew.connection.execute(END_CALLS, id)
    verdict = await Operators(crew.store.pool).retry(Order(tenant="dev", id=id, actor="test"))
    assert verdict.outcome == "done"
