"""Cancel requests and deadlines, against operations in every situation."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from operations_api.domain.operation import Operation
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold


async def test_a_reserve_in_flight_learns_of_a_cancel_request_and_is_let_finish(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}), StepTold("next"))
    await crew.seen(id, "call", "slow", "reserve")
    assert (await crew.store.cancel("dev", id)).outcome == "accepted"
    await crew.seen(id, "cancel requested", "slow", "reserve")  # by heartbeat: nobody rang a bell
    crew.open_gate(id, "slow", "reserve")
    operation = await crew.done(id)
    assert operation.status == "canceled"
    assert error_of(operation) == ("CANCELED", "none", False)
    assert crew.calls(id) == ["slow:reserve", "slow:rollback"]
    assert await crew.effects(id) == Counter(["slow:reserve", "slow:rollback"])


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_refused_reserve_gives_the_others_back_in_reverse_and_calls_nothing_of_what_was_never_tried(
    crew: Crew, effect: Any
) -> None:
    crew.start_worker()
    refusing = StepTold("refuses", effect=effect, trouble={"reserve": "reject"})
    id = await crew.begin(StepTold("a", effect=effect), StepTold("b", effect=effect), refusing, StepTold("never"))
    operation = await crew.done(id)
    assert operation.status == "failed"
    assert error_of(operation) == ("RESERVE_REFUSED", "none", False)
    assert crew.calls(id) == ["a:reserve", "b:reserve", "refuses:reserve", "b:rollback", "a:rollback"]
    journal = [(step["key"], step["state"], step["attempts"]) for step in (await crew.row(id))["journal"][2:]]
    assert journal == [("refuses", "rejected", 1), ("never", "released", 0)]


async def test_a_cancel_request_meets_only_the_operation_it_names(crew: Crew) -> None:
    # the heartbeat's answers come in the order of the table then, not in that of its question
    name = await crew.connection.fetchval("select current_database()")
    for way in ("nestloop", "mergejoin", "indexscan", "bitmapscan"):
        await crew.connection.execute(f"alter database {name} set enable_{way} = off")
    crew.start_worker()
    ids = [await crew.begin(StepTold("slow", trouble={"reserve": "wait"})) for _ in range(60)]
    for id in ids:
        await crew.seen(id, "call", "slow", "reserve")
    chosen = ids[40]
    await crew.store.cancel("dev", chosen)
    await crew.seen(chosen, "cancel requested", "slow", "reserve")
    for id in ids:
        crew.open_gate(id, "slow", "reserve")
    statuses = {id: (await crew.done(id)).status for id in ids}
    assert [id for id in ids if statuses[id] != "succeeded"] == [chosen]


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_cancel_request_wakes_an_operation_that_waits_for_its_next_attempt(crew: Crew, effect: Any) -> None:
    crew.start_worker()
    id = await crew.begin(
        StepTold("held", effect=effect), StepTold("busy", effect=effect, trouble={"reserve": "retry-slowly"})
    )
    await crew.journaled(id, lambda row: row["lease_owner"] is None and row["lease_epoch"] > 0)
    await crew.store.cancel("dev", id)
    operation = await crew.done(id)
    assert operation.status == "canceled"
    assert (await crew.effects(id))["held:rollback"] == 1


async def test_a_cancel_request_after_the_decision_is_too_late(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("slow", trouble={"commit": "wait"}), StepTold("next"))
    await crew.seen(id, "call", "slow", "commit")
    assert (await crew.store.cancel("dev", id)).outcome == "too_late"
    crew.open_gate(id, "slow", "commit")
    assert (await crew.done(id)).status == "succeeded"


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_cancel_request_before_a_pivot_keeps_it_from_having_an_effect(crew: Crew, effect: Any) -> None:
    crew.start_worker()
    id = await crew.begin(
        StepTold("slow", trouble={"reserve": "wait"}), StepTold("charge", kind="pivot", effect=effect)
    )
    await crew.seen(id, "call", "slow", "reserve")
    await crew.store.cancel("dev", id)
    crew.open_gate(id, "slow", "reserve")
    assert (await crew.done(id)).status == "canceled"
    # a local Pivot may have been called meanwhile, in a transaction that was undone
    assert await crew.effects(id) == Counter(["slow:reserve", "slow:rollback"])


async def test_a_cancel_request_while_a_pivot_executes_is_too_late(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("held"), StepTold("charge", kind="pivot", trouble={"execute": "wait"}))
    await crew.seen(id, "call", "charge", "execute")
    assert (await crew.store.cancel("dev", id)).outcome == "too_late"
    crew.open_gate(id, "charge", "execute")
    assert (await crew.done(id)).status == "succeeded"


async def test_a_deadline_that_passes_while_a_step_reserves_ends_with_nothing_held(crew: Crew) -> None:
    crew.start_worker()
    now = await crew.connection.fetchval("select clock_timestamp()")
    id = await crew.begin(
        StepTold("slow", trouble={"reserve": "wait"}), StepTold("next"), deadline=now + timedelta(seconds=60)
    )
    await crew.seen(id, "call", "slow", "reserve")
    await crew.connection.execute("update operations set deadline = clock_timestamp() where id = $1", id)
    crew.open_gate(id, "slow", "reserve")
    operation = await crew.done(id)
    assert operation.status == "failed"
    assert error_of(operation) == ("DEADLINE_EXCEEDED", "none", False)
    assert (await crew.effects(id))["slow:rollback"] == 1
    assert "slow:commit" not in crew.calls(id)


async def test_a_deadline_that_passes_while_an_operation_sleeps_wakes_it(crew: Crew) -> None:
    crew.start_worker()
    now = await crew.connection.fetchval("select clock_timestamp()")
    deadline = now + timedelta(seconds=20)
    id = await crew.begin(StepTold("held"), StepTold("busy", trouble={"reserve": "retry-slowly"}), deadline=deadline)
    asleep = await crew.journaled(id, lambda row: row["lease_owner"] is None and row["lease_epoch"] > 0)
    assert asleep["next_wake_at"] == deadline  # the attempt would come later
    await crew.connection.execute(
        "update operations set deadline = clock_timestamp(), next_wake_at = clock_timestamp() where id = $1", id
    )
    operation = await crew.done(id)
    assert error_of(operation) == ("DEADLINE_EXCEEDED", "none", False)
    assert await crew.effects(id) == Counter(["held:reserve", "busy:rollback", "held:rollback"])


async def test_a_deadline_after_the_decision_is_ignored(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("slow", trouble={"commit": "wait"}), StepTold("next"))
    await crew.seen(id, "call", "slow", "commit")
    await crew.connection.execute("update operations set deadline = clock_timestamp() where id = $1", id)
    crew.open_gate(id, "slow", "commit")
    assert (await crew.done(id)).status == "succeeded"


async def test_not_before_holds_an_operation_back_until_its_time(crew: Crew) -> None:
    crew.start_worker()
    not_before = await crew.connection.fetchval("select clock_timestamp() + interval '1 second'")
    id = await crew.begin(StepTold("only"), not_before=not_before)
    operation = await crew.done(id)
    assert operation.status == "succeeded"
    assert operation.started_at is not None
    assert operation.started_at >= not_before


def error_of(operation: Operation) -> tuple[str, str, bool]:
    assert operation.error is not None
    error = msgspec.json.decode(operation.error)
    return error["reason"], error["effect"], error["retryable"]
