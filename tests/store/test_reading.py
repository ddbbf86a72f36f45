"""Lists are complete and in order, and another tenant's operations are not there."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api.store.store import ListFilter

from . import factory
from .factory import LONG_AGO, SOON, TENANT


def ids(operations):
    return [operation.id for operation in operations]


async def pages(store, **wanted):
    """All pages of a list, walked to the end."""
    found, after = [], None
    while page := (await store.list_page(ListFilter(tenant=TENANT, after=after, **wanted))).operations:
        found.append(page)
        after = page[-1].created_at, page[-1].id
    return found


async def test_many_reads_at_once_each_get_their_own(store, connection):
    rows = [await factory.operation(connection) for _ in range(30)]
    found = await asyncio.gather(*(store.get(TENANT, row["id"]) for row in rows), store.get(TENANT, uuid4()))
    assert ids(found[:-1]) == [row["id"] for row in rows]
    assert found[-1] is None


async def test_another_tenants_operation_is_not_there(store, connection):
    row = await factory.operation(connection, tenant="globex")
    assert await store.get(TENANT, row["id"]) is None
    assert await store.get_full(TENANT, row["id"]) is None
    assert (await store.list_page(ListFilter(tenant=TENANT))).operations == []
    assert (await store.cancel(TENANT, row["id"])).operation is None
    assert (await store.delete(TENANT, row["id"])).operation is None


async def test_the_full_view_has_every_pinned_step_with_what_the_journal_knows(store, connection):
    row = await factory.operation(connection, status="running")
    await factory.step(connection, row, state="reserved", attempts=2, reservation='{"hold": 1}')
    _, (stock, funds), *_ = await store.get_full(TENANT, row["id"])
    assert (stock.key, stock.state, stock.attempts, bytes(stock.reservation)) == ("stock", "reserved", 2, b'{"hold":1}')
    assert (funds.key, funds.state, funds.attempts, funds.updated_at) == ("funds", "pending", 0, None)


# -- lists -------------------------------------------------------------------------------------------------------------


async def test_a_list_is_newest_first_without_duplicates_or_gaps_where_times_are_equal(store, connection):
    rows = [
        await factory.operation(connection, id=UUID(int=number), created_at=LONG_AGO + timedelta(seconds=number // 3))
        for number in range(10)
    ]
    newest_first = [row["id"] for row in sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)]
    walked = await pages(store, limit=4)
    assert [len(page) for page in walked] == [4, 4, 2]
    assert [id for page in walked for id in ids(page)] == newest_first


async def test_what_is_expired_is_not_listed_also_before_it_is_forgotten(store, connection):
    kept = await factory.operation(connection, status="succeeded")
    await factory.operation(connection, status="succeeded", expires_at=LONG_AGO)
    assert ids((await store.list_page(ListFilter(tenant=TENANT))).operations) == [kept["id"]]


async def test_what_is_started_meanwhile_moves_no_page(store, connection):
    rows = [await factory.operation(connection, created_at=LONG_AGO + timedelta(seconds=second)) for second in range(4)]
    first = (await store.list_page(ListFilter(tenant=TENANT, limit=2))).operations
    await factory.operation(connection, created_at=SOON)
    second = (
        await store.list_page(ListFilter(tenant=TENANT, limit=2, after=(first[-1].created_at, first[-1].id)))
    ).operations
    assert ids(first + second) == [row["id"] for row in reversed(rows)]


@pytest.mark.parametrize(
    ("wanted", "special"),
    [
        ({"type": "charge-card"}, {"type": "charge-card"}),
        ({"statuses": ["failed", "succeeded"]}, {"status": "failed"}),
        ({"created_after": LONG_AGO}, {"created_at": LONG_AGO + timedelta(microseconds=1)}),
        ({"created_before": LONG_AGO}, {"created_at": LONG_AGO - timedelta(microseconds=1)}),
        ({"idempotency_key": "order-9"}, {"idempotency_key": "order-9"}),
        ({"label": ("channel", "web")}, {"labels": '{"channel": "web", "other": "x"}'}),
        ({"group": "g"}, {"group_name": "g", "group_position": 1}),
    ],
    ids=lambda one: next(iter(one)),
)
async def test_a_filter_finds_what_it_names_and_nothing_else(store, connection, wanted, special):
    await factory.operation(connection, labels='{"channel": "shop"}', idempotency_key="order-1")
    match = await factory.operation(connection, **special)
    assert ids((await store.list_page(ListFilter(tenant=TENANT, **wanted))).operations) == [match["id"]]


# -- cancel ------------------------------------------------------------------------------------------------------------


async def test_what_nobody_has_begun_is_canceled_at_once(store, connection):
    row = await factory.operation(connection)
    result = await store.cancel(TENANT, row["id"])
    operation = result.operation
    assert (result.outcome, operation.status, operation.phase, operation.version) == (
        "accepted",
        "canceled",
        "finished",
        2,
    )
    assert msgspec.json.decode(operation.error)["reason"] == "CANCELED"
    assert operation.expires_at - operation.finished_at == pytest.approx(timedelta(days=1), abs=timedelta(seconds=1))


async def test_what_a_worker_holds_is_canceling_and_stays_its_own(store, connection):
    row = await factory.operation(connection, status="running")
    result = await store.cancel(TENANT, row["id"])
    assert (result.outcome, result.operation.status) == ("accepted", "canceling")
    after = await connection.fetchrow("select * from operations")
    assert [after[name] for name in ("ready", "lease_owner", "next_wake_at", "lease_epoch")] == [
        row[name] for name in ("ready", "lease_owner", "next_wake_at", "lease_epoch")
    ]


async def test_what_nobody_works_on_is_canceling_and_ready(store, connection):
    row = await factory.operation(connection, status="running", lease_owner=None, lease_expires_at=None)
    assert (await store.cancel(TENANT, row["id"])).operation.status == "canceling"
    after = await connection.fetchrow("select * from operations")
    assert (after["ready"], after["next_wake_at"]) == (True, None)


async def test_what_needs_attention_before_its_decision_can_be_canceled(store, connection):
    blocked = {"phase": "reserving", "decision": None, "blocked": '[{"reason": "X"}]'}
    row = await factory.operation(connection, status="needs_attention", **blocked)
    result = await store.cancel(TENANT, row["id"])
    assert (result.operation.status, result.operation.blocked) == ("canceling", None)


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ({"status": "running", "phase": "executing"}, "too_late"),
        ({"status": "running", "phase": "committing", "decision": "commit"}, "too_late"),
        ({"status": "running", "phase": "rolling_back", "decision": "rollback"}, "too_late"),
        ({"status": "running", "phase": "compensating", "decision": "compensate"}, "too_late"),
        ({"status": "needs_attention"}, "too_late"),
        ({"status": "running", "deadline": LONG_AGO}, "too_late"),
        ({"status": "succeeded"}, "too_late"),
        ({"status": "failed"}, "too_late"),
        ({"status": "canceling"}, "already"),
        ({"status": "canceled"}, "already"),
    ],
)
async def test_a_cancel_that_comes_too_late_or_again_changes_nothing(store, connection, row, outcome):
    row = await factory.operation(connection, **row)
    result = await store.cancel(TENANT, row["id"])
    assert (result.outcome, result.operation.id) == (outcome, row["id"])
    assert dict(await connection.fetchrow("select * from operations")) == dict(row)


async def test_a_cancel_of_another_version_is_stale(store, connection):
    row = await factory.operation(connection, version=3)
    assert (await store.cancel(TENANT, row["id"], if_version=2)).outcome == "stale"
    assert (await store.cancel(TENANT, row["id"], if_version=3)).outcome == "accepted"


async def test_of_many_cancels_at_once_one_is_accepted(store, connection):
    row = await factory.operation(connection, status="running")
    results = await asyncio.gather(*(store.cancel(TENANT, row["id"]) for _ in range(20)))
    assert sorted(result.outcome for result in results) == ["accepted"] + ["already"] * 19


# -- delete ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled"])
async def test_a_deleted_operation_keeps_nothing_of_the_client_and_its_place(store, connection, status):
    row = await factory.operation(
        connection, status=status, labels='{"a": "b"}', message="m", progress="{}", group_name="g"
    )
    await factory.step(connection, row, state="reserved")
    result = await store.delete(TENANT, row["id"])
    assert result.outcome == "deleted"
    operation = await store.get(TENANT, row["id"])
    assert operation.deleted_at is not None
    assert [operation.input, operation.result, operation.error, operation.message, operation.group] == [None] * 5
    assert (operation.labels, operation.version, operation.expires_at) == ({}, 2, row["expires_at"])
    assert await connection.fetch("select from operation_steps") == []
    assert (await store.list_page(ListFilter(tenant=TENANT))).operations == []
    assert (await store.delete(TENANT, row["id"])).outcome == "already"


@pytest.mark.parametrize("status", ["pending", "running", "canceling", "needs_attention"])
async def test_what_is_not_finished_cannot_be_deleted(store, connection, status):
    row = await factory.operation(connection, status=status)
    assert (await store.delete(TENANT, row["id"])).outcome == "not_terminal"
    assert dict(await connection.fetchrow("select * from operations")) == dict(row)


async def test_a_delete_of_another_version_is_stale(store, connection):
    row = await factory.operation(connection, status="failed", version=3)
    assert (await store.delete(TENANT, row["id"], if_version=2)).outcome == "stale"
    assert (await store.delete(TENANT, row["id"], if_version=3)).outcome == "deleted"
