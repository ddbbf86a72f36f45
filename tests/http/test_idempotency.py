"""One key, one operation: every row of the table."""

import asyncio
import math
import time
from datetime import timedelta
from uuid import UUID

import pytest

from operations_api import Registry
from tests.http.service import Client, Service, new_key, note, running, strict_note

RETRYABLE = {"reason": "RETRIES_EXHAUSTED", "retryable": True, "effect": "none"}


def uuid7_made(ago: timedelta) -> str:
    milliseconds = int((time.time() - ago.total_seconds()) * 1000)
    random = UUID(int=time.monotonic_ns()).int & 0xFFFF_FFFF_FFFF
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}-7abc-9def-{random:012x}"


async def test_an_unknown_key_starts(service: Service, client: Client, tenant: str):
    response = await client.start()
    assert response.status_code == 202
    assert "idempotent-replayed" not in response.headers
    assert await service.count(tenant) == 1


async def test_the_same_request_again_is_a_replay(service: Service, client: Client, tenant: str):
    first = await client.start({"input": {"text": "a", "count": 1}}, key="same")
    again = await client.start(b'{ "input": {"count": 1.0, "text": "\\u0061"} }', key="same")
    assert again.status_code == 202
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert await service.count(tenant) == 1


async def test_both_spellings_name_the_same_operation(client: Client):
    bare = await client.start(key="abc")
    quoted = await client.start(key='"abc"')
    assert bare.json()["id"] == quoted.json()["id"]
    assert bare.headers["idempotency-key"] == quoted.headers["idempotency-key"] == '"abc"'


async def test_a_replay_shows_the_operation_as_it_is_now(service: Service, client: Client):
    first = await client.started(key="finished")
    await service.succeed(first["id"], '{"text":"written"}')
    again = await client.start(key="finished")
    assert again.status_code == 202
    assert again.json()["status"] == "succeeded"
    assert again.json()["result"] == {"text": "written"}
    assert "retry-after" not in again.headers


async def test_a_reused_key_with_another_body_is_refused(service: Service, client: Client, tenant: str):
    first = await client.start({"input": {"text": "a"}}, key="reused")
    other = await client.start({"input": {"text": "b"}}, key="reused")
    assert other.status_code == 422
    assert other.json()["type"] == f"{service.base_url}/problems/idempotency-key-reused"
    assert other.json()["operation_id"] == first.json()["id"]
    assert other.headers["location"] == first.headers["location"]
    assert await service.count(tenant) == 1


async def test_null_is_another_body_than_absent(client: Client):
    await client.started({"input": {}}, key="null")
    assert (await client.start({"input": {}, "deadline": None}, key="null")).status_code == 422


async def test_headers_are_no_part_of_the_fingerprint(client: Client):
    await client.started(key="headers")
    assert (await client.start(key="headers", headers={"X-Trace": "1", "Prefer": "respond-async"})).status_code == 202


async def test_a_key_is_scoped_to_tenant_and_type(service: Service, client: Client):
    first = await client.started({"input": {"text": "a"}}, key="scoped")
    other_type = await client.start({"input": {"text": "b"}}, key="scoped", type="memo")
    async with service.client(await service.new_key()) as stranger:
        other_tenant = await stranger.start({"input": {"text": "c"}}, key="scoped")
    assert other_type.status_code == other_tenant.status_code == 202
    assert len({first["id"], other_type.json()["id"], other_tenant.json()["id"]}) == 3


async def test_two_hundred_concurrent_identical_starts_are_one_operation(service: Service, client: Client, tenant: str):
    responses = await asyncio.gather(*[client.start({"input": {"text": "x"}}, key="storm") for _ in range(200)])
    assert [response.status_code for response in responses] == [202] * 200
    assert len({response.json()["id"] for response in responses}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in responses) == 1
    assert await service.count(tenant) == 1


async def test_of_concurrent_starts_with_two_bodies_one_body_wins(service: Service, client: Client, tenant: str):
    bodies = [{"input": {"text": str(turn % 2)}} for turn in range(100)]
    responses = await asyncio.gather(*[client.start(body, key="contest") for body in bodies])
    statuses = [response.status_code for response in responses]
    assert sorted(set(statuses)) == [202, 422]
    assert len(set(statuses[::2])) == len(set(statuses[1::2])) == 1
    assert await service.count(tenant) == 1


async def test_a_key_whose_transaction_is_open_waits_for_it(service: Service, client: Client, tenant: str):
    """The other transaction is a session of the test's own, so that it ends exactly when the test says so."""
    operation = await client.started({"input": {"text": "first"}}, key="slow")
    async with service.store.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "insert into idempotency_keys (tenant, type, key, fingerprint, operation_id)"
            " select tenant, type, 'held', fingerprint, operation_id from idempotency_keys where tenant = $1",
            tenant,
        )
        start = asyncio.create_task(client.start({"input": {"text": "first"}}, key="held"))
        await blocked_on_a_lock(service)
        await transaction.commit()
    response = await start
    assert response.status_code == 202
    assert response.json()["id"] == operation["id"]
    assert response.headers["idempotent-replayed"] == "true"


async def test_a_key_that_stays_in_flight_is_a_409_to_be_repeated(service: Service, client: Client, tenant: str):
    await client.started(key="template")
    async with service.store.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "insert into idempotency_keys (tenant, type, key, fingerprint, operation_id)"
            " select tenant, type, 'stuck', fingerprint, operation_id from idempotency_keys where tenant = $1",
            tenant,
        )
        response = await client.start(key="stuck")
        await transaction.rollback()
    assert response.status_code == 409
    assert response.json()["type"].endswith("/problems/idempotency-key-in-flight")
    assert response.headers["retry-after"] == "1"
    assert (await client.start(key="stuck")).status_code == 202


async def test_a_retryable_failure_starts_again_when_asked_to(service: Service, client: Client):
    failed = await client.started(key="again")
    await service.fail(failed["id"], RETRYABLE)
    plain = await client.start(key="again")
    assert plain.json()["id"] == failed["id"]
    retried = await client.start(key="again", headers={"Idempotency-Retry": "?1"})
    assert retried.status_code == 202
    assert "idempotent-replayed" not in retried.headers
    assert retried.json()["retry_of"] == failed["id"]
    assert retried.json()["id"] != failed["id"]
    assert (await client.start(key="again")).json()["id"] == retried.json()["id"]
    assert (await client.get(failed["links"]["self"])).json()["status"] == "failed"


async def test_of_several_retries_one_starts(service: Service, client: Client):
    failed = await client.started(key="race")
    await service.fail(failed["id"], RETRYABLE)
    retry = {"Idempotency-Retry": "?1"}
    responses = await asyncio.gather(*[client.start(key="race", headers=retry) for _ in range(30)])
    assert len({response.json()["id"] for response in responses}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in responses) == 1


@pytest.mark.parametrize(
    "error",
    [
        {"reason": "INSUFFICIENT_FUNDS", "retryable": False, "effect": "none"},
        {"reason": "FORCE_CLOSED", "retryable": True, "effect": "unknown"},
    ],
)
async def test_any_other_failure_is_a_replay_even_when_asked(service: Service, client: Client, error):
    failed = await client.started(key="final")
    await service.fail(failed["id"], error)
    response = await client.start(key="final", headers={"Idempotency-Retry": "?1"})
    assert response.json()["id"] == failed["id"]
    assert response.headers["idempotent-replayed"] == "true"


async def test_the_key_of_a_deleted_operation_runs_nothing(service: Service, client: Client, tenant: str):
    operation = await client.started(key="deleted")
    await service.succeed(operation["id"])
    assert (await client.delete(operation["links"]["self"])).status_code == 204
    response = await client.start(key="deleted")
    assert response.status_code == 409
    assert response.json()["type"].endswith("/problems/operation-expired")
    assert response.json()["status"] == 409
    other = await client.start({"input": {"text": "other"}}, key="deleted")
    assert other.status_code == 409
    assert await service.count(tenant) == 1


@pytest.mark.parametrize("ago", [timedelta(days=31), timedelta(minutes=-6)])
async def test_an_unknown_uuid7_key_out_of_its_time_runs_nothing(service: Service, client: Client, tenant: str, ago):
    response = await client.start(key=uuid7_made(ago))
    assert response.status_code == 412
    assert response.json()["type"].endswith("/problems/idempotency-key-expired")
    assert await service.count(tenant) == 0


async def test_retention_is_that_of_the_type(client: Client):
    key = uuid7_made(timedelta(days=3))
    assert (await client.start(key=key)).status_code == 202
    assert (await client.start(key=key, type="memo")).status_code == 412


async def test_what_is_kept_for_ever_takes_a_key_of_any_age_and_shows_no_end(database: str, redis_url: str):
    registry = Registry([note(retention_days=math.inf)])
    async with running(database, redis_url, registry=registry) as service, service.client(await service.new_key()) as c:
        operation = await c.started(key=uuid7_made(timedelta(days=9_000)))
        await service.succeed(operation["id"])
        await service.store.pool.execute(
            "update operations set expires_at = finished_at + make_interval(secs => retention_seconds)"
        )
        shown = (await c.get(operation["links"]["self"])).json()
        info = (await c.get("/service-info")).json()
    assert (shown["status"], shown["expires_at"]) == ("succeeded", None)
    assert [each["retention_days"] for each in info["types"]] == [None]


async def test_a_known_uuid7_key_is_a_replay_whatever_its_age(service: Service, client: Client, tenant: str):
    key = uuid7_made(timedelta(days=29))
    first = await client.started(key=key)
    old = uuid7_made(timedelta(days=300))
    await service.store.pool.execute("update operations set idempotency_key = $2 where tenant = $1", tenant, old)
    await service.store.pool.execute("update idempotency_keys set key = $2 where tenant = $1", tenant, old)
    again = await client.start(key=old)
    assert again.status_code == 202
    assert again.json()["id"] == first["id"]


async def test_a_stricter_schema_does_not_break_a_retry(database: str, redis_url: str):
    key, body = new_key(), {"input": {"text": "hi"}}
    async with running(database, redis_url) as service:
        secret = await service.new_key("keeper")
        async with service.client(secret) as client:
            first = await client.started(body, key=key)
    async with (
        running(database, redis_url, registry=Registry([note(), strict_note()])) as service,
        service.client(secret) as client,
    ):
        again = await client.start(body, key=key)
        assert again.status_code == 202
        assert again.json()["id"] == first["id"]
        mismatch = await client.start({"input": {"wrong": True}}, key=key)
        assert mismatch.status_code == 422
        fresh = await client.start(body)
        assert fresh.status_code == 400


async def test_a_replay_is_found_after_its_deadline(service: Service, client: Client, tenant: str):
    body = {"input": {}, "deadline": "2999-01-01T00:00:00Z"}
    first = await client.started(body, key="late")
    past = {"input": {}, "deadline": "2001-01-01T00:00:00Z"}
    assert (await client.start(past)).status_code == 400
    await service.store.pool.execute(
        "update idempotency_keys set fingerprint = sha256($2) where tenant = $1",
        tenant,
        b'["note",{"deadline":"2001-01-01T00:00:00Z","input":{}}]',
    )
    again = await client.start(past, key="late")
    assert again.json()["id"] == first["id"]


async def blocked_on_a_lock(service: Service, sessions: int = 1) -> None:
    """Return when so many other sessions of this database wait for a lock."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    while await service.store.pool.fetchval(waiting) < sessions:  # noqa: ASYNC110 -- Postgres has no event for it
        await asyncio.sleep(0.01)
