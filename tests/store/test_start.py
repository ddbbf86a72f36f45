"""The idempotency table, row by row, at the store: one key, one operation."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
import uuid_utils.compat as uuid_utils

from operations_api.domain.errors import KeyInFlight
from operations_api.domain.starting import KeyOfDeletedOperation, KeyReused

from . import factory
from .conftest import blocked
from .factory import FAILED, LONG_AGO, SOON, fingerprint, request


async def bound(connection, **overrides):
    """An operation and the key that names it."""
    row = await factory.operation(connection, **overrides)
    await factory.key(connection, row)
    return row


async def operations_of(connection):
    return await connection.fetch("select * from operations order by id")


async def test_an_unknown_key_starts_and_binds(store, connection):
    asked = request(labels={"channel": "web"}, traceparent="00-a-b-01")
    started = await store.start(asked)
    operation = started.operation
    assert (started.replayed, operation.id, operation.status, operation.phase) == (False, asked.id, "pending", "queued")
    assert (operation.labels, operation.idempotency_key) == ({"channel": "web"}, "order-1")
    (row,) = await operations_of(connection)
    assert (row["ready"], row["next_wake_at"], row["traceparent"]) == (True, None, "00-a-b-01")


async def test_the_same_key_and_body_replay_the_operation_as_it_is_now(store, connection):
    row = await bound(connection, status="succeeded")
    started = await store.start(request())
    assert (started.replayed, started.operation.id, started.operation.status) == (True, row["id"], "succeeded")
    assert len(await operations_of(connection)) == 1


async def test_another_body_is_refused_and_names_the_owner(store, connection):
    row = await bound(connection)
    with pytest.raises(KeyReused) as refused:
        await store.start(request(body="another"))
    assert refused.value.operation_id == row["id"]
    with pytest.raises(KeyReused):
        await store.find_key(factory.TENANT, factory.TYPE, "order-1", fingerprint("another"))


async def test_a_key_belongs_to_its_tenant_and_type(store, connection):
    await bound(connection)
    for other in ({"tenant": "globex"}, {"type": "charge-card"}, {"key": "order-2"}):
        assert not (await store.start(request(**other))).replayed
    assert len(await operations_of(connection)) == 4


async def test_a_not_before_lets_it_sleep_until_then_or_its_deadline(store, connection):
    await store.start(request(not_before=SOON, deadline=LONG_AGO))
    (row,) = await operations_of(connection)
    assert (row["ready"], row["next_wake_at"]) == (False, LONG_AGO)


async def test_two_hundred_identical_starts_at_once_give_one_operation(store, connection):
    answers = await asyncio.gather(*(store.start(request()) for _ in range(200)))
    assert sum(not answer.replayed for answer in answers) == 1
    assert len({answer.operation.id for answer in answers}) == 1
    assert len(await operations_of(connection)) == 1


async def test_one_that_is_refused_does_not_disturb_the_others_of_its_batch(store, connection):
    await bound(connection)
    bad = [request(body="another"), request(key="order-2", input=b'"\\u0000'), request(key="")]
    good = [request(key=f"new-{number}") for number in range(20)]
    answers = await asyncio.gather(
        *(store.start(one) for one in [*good[:10], *bad, *good[10:]]), return_exceptions=True
    )
    assert [type(answer) for answer in answers[10:13]] == [
        KeyReused,
        asyncpg.InvalidTextRepresentationError,
        asyncpg.CheckViolationError,
    ]
    assert not any(answer.replayed for answer in answers[:10] + answers[13:])


# -- expired, deleted --------------------------------------------------------------------------------------------------


async def test_an_expired_key_is_free_again_and_its_operation_stays_as_it_is(store, connection):
    old = await bound(connection, status="succeeded", expires_at=LONG_AGO)
    assert await store.find_key(factory.TENANT, factory.TYPE, "order-1", fingerprint("another")) is None
    started = await store.start(request(body="another"))
    assert (started.replayed, started.operation.retry_of) == (False, None)
    assert {row["id"]: dict(row) for row in await operations_of(connection)}[old["id"]] == dict(old)
    assert (await store.start(request(body="another"))).replayed


async def test_of_many_that_find_the_key_expired_one_starts(store, connection):
    await bound(connection, status="succeeded", expires_at=LONG_AGO)
    answers = await asyncio.gather(*(store.start(request()) for _ in range(20)))
    assert sum(not answer.replayed for answer in answers) == 1
    assert len(await operations_of(connection)) == 2


@pytest.mark.parametrize("body", ["body", "another"])
async def test_the_key_of_a_deleted_operation_starts_nothing_until_it_expires(store, connection, body):
    row = await bound(connection, status="succeeded", result=None, input=None, deleted_at=LONG_AGO)
    with pytest.raises(KeyOfDeletedOperation) as refused:
        await store.start(request(body=body))
    assert refused.value.operation_id == row["id"]
    await connection.execute("update operations set expires_at = $1", LONG_AGO)
    assert not (await store.start(request(body=body))).replayed


# -- Idempotency-Retry -------------------------------------------------------------------------------------------------


async def test_a_retryable_failure_is_replayed_unless_it_is_asked_to_start_again(store, connection):
    row = await bound(connection, status="failed")
    assert (await store.start(request())).operation.id == row["id"]
    started = await store.start(request(retry_failed=True))
    assert (started.replayed, started.operation.retry_of) == (False, row["id"])
    assert (await store.start(request())).operation.id == started.operation.id


async def test_of_twenty_that_ask_to_start_again_at_once_one_starts_and_the_others_replay_it(store, connection):
    await bound(connection, status="failed")
    answers = await asyncio.gather(*(store.start(request(retry_failed=True)) for _ in range(20)))
    assert sum(not answer.replayed for answer in answers) == 1
    assert len({answer.operation.id for answer in answers}) == 1
    assert len(await operations_of(connection)) == 2


@pytest.mark.parametrize("row", [{"status": "failed"}, {"status": "succeeded", "expires_at": LONG_AGO}], ids=str)
async def test_of_two_that_take_the_same_place_at_the_same_instant_one_starts(store, connection, database, row):
    await bound(connection, **row)
    async with connection.transaction():
        await connection.execute("select from idempotency_keys for update")
        first = asyncio.create_task(store.start(request(retry_failed=True)))
        await blocked(database)
        second = asyncio.create_task(store.start(request(retry_failed=True)))
        await blocked(database, 2)  # each has seen whose place it takes
    answers = await asyncio.gather(first, second)
    assert sorted(answer.replayed for answer in answers) == [False, True]
    assert answers[0].operation.id == answers[1].operation.id
    assert len(await operations_of(connection)) == 2


@pytest.mark.parametrize(
    "row",
    [
        {"status": "failed", "error": FAILED.replace("true", "false")},
        {"status": "failed", "error": FAILED.replace("none", "unknown")},
        {"status": "canceled"},
        {"status": "succeeded"},
        {"status": "running"},
        {"status": "needs_attention"},
    ],
)
async def test_what_may_not_start_again_is_replayed(store, connection, row):
    row = await bound(connection, **row)
    started = await store.start(request(retry_failed=True))
    assert (started.replayed, started.operation.id) == (True, row["id"])


async def test_starting_again_with_another_body_is_refused(store, connection):
    await bound(connection, status="failed")
    with pytest.raises(KeyReused):
        await store.start(request(retry_failed=True, body="another"))


# -- while another request is still in its transaction -----------------------------------------------------------------


async def test_a_key_that_is_just_being_bound_is_waited_for(store, connection, database):
    row = {"tenant": factory.TENANT, "type": factory.TYPE, "id": uuid_utils.uuid7()}
    binding = connection.transaction()
    await binding.start()
    await factory.operation(connection, **row)
    await factory.key(connection, row)
    waiting = asyncio.create_task(store.start(request()))
    await blocked(database)
    await binding.commit()
    started = await waiting
    assert (started.replayed, started.operation.id) == (True, row["id"])


async def test_a_key_whose_binding_is_undone_is_free(store, connection, database):
    binding = connection.transaction()
    await binding.start()
    await factory.key(connection, {"tenant": factory.TENANT, "type": factory.TYPE, "id": uuid4()})
    waiting = asyncio.create_task(store.start(request()))
    await blocked(database)
    await binding.rollback()
    assert not (await waiting).replayed


async def test_a_key_that_stays_in_its_transaction_is_in_flight_and_nobody_else_waits_for_it(store, connection):
    async with connection.transaction():
        await factory.key(connection, {"tenant": factory.TENANT, "type": factory.TYPE, "id": uuid4()})
        answers = await asyncio.gather(
            store.start(request()), store.start(request(key="order-2")), return_exceptions=True
        )
    assert isinstance(answers[0], KeyInFlight)
    assert not answers[1].replayed
