"""Claims are fair and exclusive, every claim fences the one before, and the sweep forgets nothing."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from operations_api.domain.first_call import FirstCall
from operations_api.store.connection import open_pool
from operations_api.store.journal import Journal
from operations_api.store.leases import Held, Leases, claim_statement, renew
from worker.entry import parked_before

from . import factory
from .conftest import KNOWN
from .factory import LONG_AGO, SOON

READY = {"ready": True, "next_wake_at": None, "lease_owner": None, "lease_expires_at": None, "lease_epoch": 0}


async def row_of(connection, id):
    return await connection.fetchrow("select * from operations where id = $1", id)


async def expire(connection, id):
    """The lease ran out long ago."""
    await connection.execute(
        "update operations set lease_expires_at = $2, next_wake_at = $2 where id = $1", id, LONG_AGO
    )


def held(leased):
    return Held(leased.operation.tenant, leased.operation.id, leased.epoch)


# -- claim -------------------------------------------------------------------------------------------------------------


async def test_a_claim_takes_the_operation_and_its_time(connection, leases):
    created = await factory.operation(connection)
    (leased,) = await leases.claim(KNOWN, 10)
    row = await row_of(connection, created["id"])
    assert (leased.epoch, leased.steps, leased.pins) == (1, {}, factory.PINS)
    assert (row["status"], row["phase"], row["ready"], row["version"]) == ("running", "reserving", False, 2)
    assert min(row["lease_expires_at"], row["next_wake_at"]) > leased.claimed_at
    assert row["started_at"] is not None
    assert await leases.claim(KNOWN, 10) == []


async def test_one_tenants_backlog_does_not_starve_another(connection, leases):
    for place in range(30):
        await factory.operation(connection, tenant="busy", fair_order=1000 + place * 1000)
    for place in range(3):
        await factory.operation(connection, tenant="quiet", fair_order=1500 + place * 1000)
    claimed = await leases.claim(KNOWN, 6)
    assert sorted(one.operation.tenant for one in claimed) == ["busy"] * 3 + ["quiet"] * 3


async def test_two_claimers_never_get_the_same_operation(connection, pool, leases):
    for place in range(200):
        await factory.operation(connection, fair_order=place)
    others = [Leases(pool, uuid4(), 15) for _ in range(3)]
    rounds = await asyncio.gather(*(one.claim(KNOWN, 17) for one in [leases, *others] * 4))
    claimed = [one.operation.id for batch in rounds for one in batch]
    assert len(claimed) == len(set(claimed)) == 200


async def test_a_claim_passes_over_what_another_is_just_claiming(connection, leases):
    first = await factory.operation(connection, fair_order=1)
    second = await factory.operation(connection, fair_order=2)
    async with connection.transaction():
        await connection.execute("select from operations where id = $1 for update", first["id"])
        (leased,) = await leases.claim(KNOWN, 10)
    assert leased.operation.id == second["id"]


async def test_what_a_worker_knows_is_claimed_in_one_order_whatever_its_type_and_version(connection, leases):
    kinds = [("type", 1), ("type", 2), ("other", 1), ("unknown", 1)]
    created = [
        await factory.operation(connection, type=type, definition_version=version, fair_order=place)
        for place, (type, version) in enumerate(kinds * 3)
    ]
    known = [row["id"] for row in created if row["type"] != "unknown"]
    rounds = [await leases.claim(kinds[:3], most) for most in (2, 5, 9)]
    claimed = [{one.operation.id for one in batch} for batch in rounds]
    assert claimed == [set(known[:2]), set(known[2:7]), set(known[7:])]


async def test_a_claim_locks_no_more_than_it_takes(connection, pool, leases):
    kinds = [("type", 1), ("other", 1)]
    for place in range(4):
        for type, _ in kinds:
            await factory.operation(connection, type=type, fair_order=place)
    async with connection.transaction():
        await connection.fetch(claim_statement(2), uuid4(), *map(list, zip(*kinds, strict=True)), 2, 15, *[None] * 7)
        assert len(await leases.claim(kinds, 8)) == 6


async def test_a_claim_is_planned_once_however_many_definitions_a_worker_knows(database, connection):
    pool = await open_pool(database, size=1)
    leases = Leases(pool, uuid4(), 15)
    for _ in range(2):
        await leases.claim([(f"type-{number}", 1) for number in range(60)], 1)
    planned = "select generic_plans from pg_prepared_statements where statement = $1"
    assert await pool.fetchval(planned, claim_statement(60)) == 2
    await pool.close()


async def test_a_worker_claims_only_versions_it_knows(connection, leases):
    known = await factory.operation(connection)
    await factory.operation(connection, definition_version=2)
    await factory.operation(connection, type="charge-card")
    claimed = await leases.claim([*KNOWN, ("charge-card", 2)], 10)
    assert [one.operation.id for one in claimed] == [known["id"]]


@pytest.mark.parametrize("status", ["canceling", "needs_attention"])
async def test_a_claim_changes_no_status_but_pending(connection, leases, status):
    asleep = {"ready": True, "next_wake_at": None, "lease_owner": None, "lease_expires_at": None}
    created = await factory.operation(connection, status=status, **asleep)
    await leases.claim(KNOWN, 1)
    assert (await row_of(connection, created["id"]))["status"] == status


async def test_a_later_claim_brings_the_journal_and_fences_the_earlier_one(connection, leases, leased):
    await factory.step(connection, {"tenant": leased.operation.tenant, "id": leased.operation.id}, state="reserving")
    await expire(connection, leased.operation.id)
    assert await leases.sweep(10) == 1
    assert await leases.reread(leased.operation.tenant, leased.operation.id, leased.epoch) is None
    (again,) = await leases.claim(KNOWN, 1)
    assert again.epoch > leased.epoch
    assert again.steps[0].state == "reserving"
    assert again.operation.started_at == leased.operation.started_at


async def test_every_claim_raises_the_epoch_also_after_a_lease_that_was_given_back(connection, leases):
    given_back = {"ready": True, "next_wake_at": None, "lease_owner": None, "lease_expires_at": None}
    await factory.operation(connection, status="running", lease_epoch=4, **given_back)
    (leased,) = await leases.claim(KNOWN, 1)
    assert leased.epoch == 5


FIRST = FirstCall(0, "stock", 30, msgspec.json.encode(factory.PINS).decode(), '{"completed":0,"total":4}')
FIRST_CALLS = {KNOWN[0]: FIRST}


async def steps_of(connection):
    return await connection.fetch("select * from operation_steps")


async def test_a_claim_begins_what_a_new_operation_begins_with(connection, pool):
    heard = []
    await factory.operation(connection)
    (leased,) = await Leases(pool, uuid4(), 15, heard.extend).claim(KNOWN, 10, FIRST_CALLS)
    [step] = await steps_of(connection)
    assert leased.begun == step["position"] == 0
    assert (step["key"], step["state"], step["handler"], step["attempts"]) == ("stock", "reserving", "reserve", 1)
    assert step["call_ends_at"] - step["called_since"] == timedelta(seconds=30)
    assert step["called_since"] == leased.claimed_at
    assert [(change.id, change.version) for change in heard] == [(leased.operation.id, 2)]


async def test_who_asks_how_far_an_operation_is_that_was_just_claimed_is_told(connection, leases):
    created = await factory.operation(connection)
    await leases.claim(KNOWN, 10, FIRST_CALLS)
    assert (await row_of(connection, created["id"]))["progress"] == FIRST.progress


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param({"cancel_requested_at": LONG_AGO, "status": "canceling", **READY}, id="asked to turn back"),
        pytest.param({"deadline": LONG_AGO}, id="too late"),
        pytest.param({"decision": "rollback"}, id="decided"),
        pytest.param({"lease_epoch": 1}, id="claimed before"),
        pytest.param({"steps": '[{"key":"stock","kind":"step","effect":"external"}]'}, id="pinned to other steps"),
        pytest.param({"definition_version": 2}, id="of another version"),
    ],
)
async def test_a_claim_begins_nothing_where_something_else_may_be_next(connection, leases, otherwise):
    await factory.operation(connection, **otherwise)
    (leased,) = await leases.claim([*KNOWN, (factory.TYPE, 2)], 10, FIRST_CALLS)
    assert leased.begun is None
    assert await steps_of(connection) == []


async def test_a_call_that_a_claim_has_begun_and_nobody_could_make_is_no_attempt(connection, pool, leases):
    await factory.operation(connection)
    (leased,) = await leases.claim(KNOWN, 10, FIRST_CALLS)
    await Journal(pool, leases._owner, lambda changes: None).write(parked_before(leased, "UNFIT", leased.claimed_at))
    [step] = await steps_of(connection)
    assert (step["attempts"], step["call_ends_at"], step["called_since"]) == (0, None, None)
    assert (await row_of(connection, leased.operation.id))["status"] == "needs_attention"


async def test_a_claim_of_many_does_not_fail_for_one_that_has_a_journal_already(connection, leases):
    odd = await factory.operation(connection)
    await factory.step(connection, odd, state="rejected")
    new = await factory.operation(connection)
    claimed = await leases.claim(KNOWN, 10, FIRST_CALLS)
    assert {one.operation.id: one.begun for one in claimed} == {odd["id"]: None, new["id"]: 0}


# -- sweep -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asleep",
    [
        {"ready": False, "next_wake_at": LONG_AGO, "not_before": LONG_AGO},
        {"status": "running", "next_wake_at": LONG_AGO, "lease_owner": None, "lease_expires_at": None},
        {"status": "running", "next_wake_at": LONG_AGO, "lease_expires_at": LONG_AGO},
        {"status": "needs_attention", "next_wake_at": LONG_AGO},
    ],
    ids=["not_before due", "retry due", "lease expired", "slow retry due"],
)
async def test_what_has_slept_long_enough_becomes_ready(connection, leases, asleep):
    created = await factory.operation(connection, **asleep)
    assert await leases.sweep(10) == 1
    row = await row_of(connection, created["id"])
    assert (row["ready"], row["next_wake_at"], row["lease_owner"]) == (True, None, None)
    assert row["lease_epoch"] == created["lease_epoch"] + (created["lease_owner"] is not None)
    assert await leases.sweep(10) == 0


@pytest.mark.parametrize(
    "resting",
    [
        {},
        {"status": "running"},
        {"ready": False, "next_wake_at": SOON},
        {"status": "needs_attention"},
        {"status": "failed"},
    ],
    ids=["ready", "leased", "asleep", "waiting for a person", "finished"],
)
async def test_nothing_else_is_touched(connection, leases, resting):
    created = await factory.operation(connection, **resting)
    assert await leases.sweep(10) == 0
    assert dict(await row_of(connection, created["id"])) == dict(created)


async def test_a_sweep_takes_the_longest_overdue_first_and_no_more_than_its_limit(connection, leases):
    for hours in (1, 3, 2):
        await factory.operation(
            connection, ready=False, next_wake_at=LONG_AGO - timedelta(hours=hours), fair_order=hours
        )
    assert await leases.sweep(2) == 2
    rows = await connection.fetch("select fair_order from operations where ready order by fair_order")
    assert [row["fair_order"] for row in rows] == [2, 3]


async def test_a_sweep_waits_for_nobody(connection, leases):
    created = await factory.operation(connection, ready=False, next_wake_at=LONG_AGO)
    async with connection.transaction():
        await connection.execute("select from operations where id = $1 for update", created["id"])
        assert await leases.sweep(10) == 0
    assert await leases.sweep(10) == 1


# -- heartbeat ---------------------------------------------------------------------------------------------------------


async def test_a_heartbeat_renews_and_tells_of_cancel_requests(connection, pool, store, leases, leased):
    await expire(connection, leased.operation.id)
    async with pool.acquire() as session:
        (first,) = await renew(session, leases._owner, 15, [held(leased)])
        await store.cancel(leased.operation.tenant, leased.operation.id)
        (second,) = await renew(session, leases._owner, 15, [held(leased)])
    assert (first.held, first.renewed, first.cancel_requested) == (True, True, False)
    assert (second.held, second.renewed, second.cancel_requested) == (True, True, True)
    assert await leases.sweep(10) == 0


async def test_a_heartbeat_passes_over_a_locked_row_and_neither_renews_nor_loses_it(connection, pool, leases, leased):
    other = await factory.operation(connection)
    (second,) = await leases.claim(KNOWN, 1)
    async with pool.acquire() as session, connection.transaction():
        await connection.execute("select from operations where id = $1 for update", leased.operation.id)
        renewals = await renew(session, leases._owner, 15, [held(leased), held(second)])
    by_id = {one.id: one for one in renewals}
    assert (by_id[leased.operation.id].held, by_id[leased.operation.id].renewed) == (True, False)
    assert (by_id[other["id"]].held, by_id[other["id"]].renewed) == (True, True)


async def test_a_heartbeat_learns_that_a_lease_is_lost(connection, pool, leases, leased):
    await expire(connection, leased.operation.id)
    await leases.sweep(10)
    async with pool.acquire() as session:
        swept = await renew(session, leases._owner, 15, [held(leased)])
        thief = Leases(pool, uuid4(), 15)
        await thief.claim(KNOWN, 1)
        claimed = await renew(session, leases._owner, 15, [held(leased)])
        unknown = await renew(session, leases._owner, 15, [Held("acme", uuid4(), 1)])
    assert [(one.held, one.renewed) for one in (*swept, *claimed, *unknown)] == [(False, False)] * 3


async def test_a_clock_that_was_set_back_does_not_keep_an_operation_from_starting(connection, leases):
    created = await factory.operation(connection, created_at=SOON, updated_at=SOON)
    (leased,) = await leases.claim(KNOWN, 1)
    assert leased.operation.started_at == created["created_at"]
    assert leased.operation.updated_at == created["updated_at"]
