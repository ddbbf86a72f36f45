"""An operation that kills its workers is found out, executed alone, and in the end left to a person."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import Any
from uuid import UUID, uuid4

import pytest

from operations_api.store.leases import Leases
from tests.operator.desk import Desk, step
from tests.operator.suspect import leased, make_suspect

SUSPECT_AT, POISON_AT = 2, 5


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_an_operation_that_kills_five_workers_waits_for_a_person(desk: Desk, effect: str) -> None:
    deadly = await desk.scripted(step("a", effect=effect), a_reserve="die")
    for _ in range(POISON_AT):
        worker = desk.start_worker()
        assert await desk.death_of(worker) == -signal.SIGKILL
    survivor = desk.start_worker()
    blocked = await deadly.blocked()
    assert [(each["step"], each["reason"]) for each in blocked["blocked"]] == [("a", "poison")]
    row = await desk.row(deadly.id)
    assert (row["ready"], row["lost_leases"], row["next_wake_at"]) == (False, POISON_AT, None)
    await (await desk.scripted(step("a"))).done()
    assert survivor.poll() is None
    assert len(deadly.calls()) == POISON_AT
    deadly.tell("a-reserve", "")
    await desk.acted(deadly.id, "retry")
    assert (await deadly.done())["status"] == "succeeded"


async def test_a_suspect_waits_until_its_worker_is_empty_and_then_has_it_to_itself(desk: Desk) -> None:
    first = desk.start_worker()
    long = await desk.scripted(step("a"), a_reserve="wait")
    await long.called("a:reserve")
    suspect = await desk.scripted(step("a"), later=True, a_reserve="wait", a_commit="wait")
    await make_suspect(desk, suspect.id)
    await leased(desk, suspect.id)
    assert suspect.calls() == [], "something else is still running here"
    second = desk.start_worker()
    meanwhile = await desk.scripted(step("a"))
    await meanwhile.done()
    assert set(meanwhile.pids()) == {second.pid}, "other workers go on"

    long.tell("a-reserve", "")
    await suspect.called("a:reserve")
    assert (await desk.row(suspect.id))["lease_alone"]
    assert suspect.pids() == [first.pid]
    others = [await desk.scripted(step("a")) for _ in range(5)]
    for other in others:
        await other.done()
        assert set(other.pids()) == {second.pid}

    suspect.tell("a-reserve", "")
    suspect.tell("a-commit", "")
    await suspect.done()
    await desk.stop(second)
    after = await desk.scripted(step("a"))
    await after.done()
    assert set(after.pids()) == {first.pid}, "back to normal"


async def test_between_two_suspects_the_others_have_a_turn(desk: Desk) -> None:
    suspects = [await desk.scripted(step("a"), later=True, a_reserve="wait") for _ in range(3)]
    for suspect in suspects:
        await make_suspect(desk, suspect.id)
    worker = desk.start_worker()
    async with asyncio.timeout(60):
        while not (running := [suspect for suspect in suspects if suspect.calls()]):  # noqa: ASYNC110 -- files again
            await asyncio.sleep(0.01)
    other = await desk.scripted(step("a"))
    for suspect in running:
        suspect.tell("a-reserve", "")
    await other.done()
    assert sum(not suspect.calls() for suspect in suspects) >= 1, "it did not have to wait for all of them"
    for suspect in suspects:
        suspect.tell("a-reserve", "")
    for suspect in suspects:
        assert (await suspect.done())["status"] == "succeeded"
    assert worker.poll() is None


async def test_progress_begins_the_count_anew(desk: Desk) -> None:
    deadly = await desk.scripted(step("a"), step("b"), a_reserve="die", b_reserve="wait")
    for _ in range(SUSPECT_AT):
        assert await desk.death_of(desk.start_worker()) == -signal.SIGKILL
    deadly.tell("a-reserve", "")
    desk.start_worker()
    await deadly.called("b:reserve")
    assert (await desk.row(deadly.id))["lost_leases"] == 0


async def test_a_suspect_that_waits_is_given_back_by_a_worker_that_stops(desk: Desk) -> None:
    worker = desk.start_worker()
    long = await desk.scripted(step("a"), a_reserve="wait")
    await long.called("a:reserve")
    suspect = await desk.scripted(step("a"), later=True)
    await make_suspect(desk, suspect.id)
    await leased(desk, suspect.id)
    worker.send_signal(signal.SIGTERM)
    long.tell("a-reserve", "")
    await asyncio.to_thread(worker.wait)
    row = await desk.row(suspect.id)
    assert (row["ready"], row["lease_owner"], row["lost_leases"]) == (True, None, SUSPECT_AT)


# -- what counts -----------------------------------------------------------------------------------------------------

EXTERNAL = [("a", "step", "external"), ("b", "step", "external")]
LOCAL = [("a", "step", "local"), ("b", "step", "external")]
MIXED = [("a", "step", "external"), ("b", "step", "local")]
OPEN = {"call_ends_at": True}


@pytest.mark.parametrize(
    ("why", "steps", "decision", "journal", "counted"),
    [
        ("nothing had begun", EXTERNAL, None, {}, False),
        ("a call was open", EXTERNAL, None, {0: {"state": "reserving", **OPEN}}, True),
        ("its outcome was stored", EXTERNAL, None, {0: {"state": "reserved"}}, False),
        ("a local step was due", LOCAL, None, {}, True),
        ("a local step was due after an external one", MIXED, None, {0: {"state": "reserved"}}, True),
        ("the external one before it had not begun", MIXED, None, {}, False),
        ("the local one was done", LOCAL, None, {0: {"state": "reserved"}}, False),
        ("a local commit was due", LOCAL, "commit", {0: {"state": "reserved"}, 1: {"state": "reserved"}}, True),
        ("the local commit was done", LOCAL, "commit", {0: {"state": "committed"}, 1: {"state": "reserved"}}, False),
        ("a local release was due", LOCAL, "rollback", {0: {"state": "reserved"}, 1: {"state": "released"}}, True),
        ("everything was released", LOCAL, "rollback", {0: {"state": "released"}, 1: {"state": "released"}}, False),
    ],
)
async def test_a_lost_lease_counts_only_if_a_handler_was_running(
    desk: Desk, why: str, steps: list[Any], decision: str | None, journal: dict[int, Any], counted: bool
) -> None:
    id = await lost(desk, steps, decision, journal)
    await Leases(desk.pool, uuid4(), 15).sweep(100)
    row = await desk.row(id)
    assert (row["ready"], row["lost_leases"]) == (True, int(counted)), why


@pytest.mark.parametrize(
    ("before", "alone", "after"),
    [(0, False, 1), (1, False, 2), (2, False, 2), (2, True, 3), (3, False, 3), (4, True, 5)],
)
async def test_a_suspect_is_blamed_only_for_what_happens_while_it_is_alone(
    desk: Desk, before: int, alone: bool, after: int
) -> None:
    id = await lost(desk, EXTERNAL, None, {0: {"state": "reserving", **OPEN}}, before, alone)
    await Leases(desk.pool, uuid4(), 15).sweep(100)
    row = await desk.row(id)
    assert row["lost_leases"] == after
    assert (row["status"] == "needs_attention", row["ready"]) == (after == POISON_AT, after != POISON_AT)


async def test_what_slept_is_not_blamed(desk: Desk) -> None:
    id = await lost(desk, LOCAL, None, {})
    await desk.pool.execute("update operations set lease_owner = null, lease_expires_at = null where id = $1", UUID(id))
    await Leases(desk.pool, uuid4(), 15).sweep(100)
    assert (await desk.row(id))["lost_leases"] == 0


async def test_no_ordinary_claim_takes_a_suspect(desk: Desk) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    counts = [chance.randrange(POISON_AT) for _ in range(20)]
    expected = set()
    for count in counts:
        script = await desk.scripted(step("a"))
        await desk.pool.execute(
            "update operations set lost_leases = $2, status = 'running' where id = $1", UUID(script.id), count
        )
        expected |= {script.id} if count < SUSPECT_AT else set()
    leases = Leases(desk.pool, uuid4(), 15)
    claimed = await leases.claim([("scripted", 1)], 100)
    assert {str(each.operation.id) for each in claimed} == expected
    alone = [await leases.claim_suspect([("scripted", 1)]) for _ in range(len(counts) - len(expected))]
    assert all(each is not None and each.lost_leases >= SUSPECT_AT for each in alone)
    assert await leases.claim_suspect([("scripted", 1)]) is None


async def lost(
    desk: Desk,
    steps: list[Any],
    decision: str | None,
    journal: dict[int, Any],
    lost_leases: int = 0,
    alone: bool = False,
) -> str:
    """An operation whose lease has just run out."""
    script = await desk.scripted(*(step(*each) for each in steps))
    await desk.pool.execute(LOST, UUID(script.id), decision, lost_leases, alone)
    for position, fields in journal.items():
        key, kind, effect = steps[position]
        await desk.pool.execute(
            JOURNALED, UUID(script.id), position, key, kind, effect, fields["state"], "call_ends_at" in fields
        )
    return script.id


LOST = """
update operations
set status = 'running', phase = 'reserving', decision = $2, ready = false, lease_epoch = 1,
    lease_owner = gen_random_uuid(), lease_expires_at = clock_timestamp(), next_wake_at = clock_timestamp(),
    started_at = clock_timestamp(), lost_leases = $3, lease_alone = $4
where id = $1
"""
JOURNALED = """
insert into operation_steps (tenant, operation_id, position, key, kind, effect, state, call_ends_at)
select tenant, id, $2, $3, $4, $5, $6, case when $7 then clock_timestamp() + interval '30 seconds' end
from operations
where id = $1
"""
