"""Starting under an id of one's own: the id does what a key would do."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from operations_api import Registry
from tests.http.service import Client, Service, note, running, strict_note
from tests.http.test_idempotency import blocked_on_a_lock

BODY = {"input": {"text": "x"}}


async def put(client: Client, id: object, body: Any = BODY, *, type: str = "note", **more: Any) -> httpx.Response:
    headers = {"Content-Type": "application/json", **more.pop("headers", {})}
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await client.put(f"/operations/{type}/{id}", content=content, headers=headers, **more)


async def operations_of(service: Service, tenant: str) -> list[UUID]:
    rows = await service.store.pool.fetch("select id from operations where tenant = $1", tenant)
    assert await service.store.pool.fetchval("select count(*) from idempotency_keys where tenant = $1", tenant) == 0
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    "id", [uuid4(), UUID(int=0), UUID(int=2**128 - 1), UUID("0190a000-0000-7000-8000-000000000000")]
)
async def test_any_uuid_names_the_operation_it_starts(service: Service, client: Client, tenant: str, id: UUID):
    response = await put(client, id, {"input": {"text": "x"}, "labels": {"channel": "web"}})
    operation = response.json()
    assert response.status_code == 202
    assert (operation["id"], operation["idempotency_key"], operation["status"]) == (str(id), None, "pending")
    assert operation["labels"] == {"channel": "web"}
    assert response.headers["location"] == f"{service.base_url}/operations/{id}"
    assert response.headers["operation-location"] == f"{service.base_url}/operations/{id}"
    assert response.headers["content-location"] == f"/operations/{id}"
    assert response.headers["etag"] == '"1"'
    assert not {"idempotency-key", "idempotent-replayed"} & set(response.headers)
    assert (await client.get(f"/operations/{id}")).json() == operation
    assert await operations_of(service, tenant) == [id]


async def test_the_same_body_again_is_a_replay_of_the_operation_as_it_is_now(service: Service, client: Client):
    id = uuid4()
    await put(client, id, b'{"input": {"text": "x", "count": 1}}')
    await service.succeed(str(id))
    again = await put(
        client, str(id).upper(), b'{"input":{"count":1.0,"text":"x"}}', headers={"Idempotency-Retry": "?1"}
    )
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert (again.json()["id"], again.json()["status"]) == (str(id), "succeeded")
    assert "retry-after" not in again.headers


async def test_another_body_is_refused_and_names_the_owner(service: Service, client: Client, tenant: str):
    id = uuid4()
    await put(client, id)
    response = await put(client, id, {"input": {"text": "y"}})
    assert response.status_code == 422
    assert response.json()["type"] == f"{service.base_url}/problems/idempotency-key-reused"
    assert response.json()["operation_id"] == str(id)
    assert response.headers["location"] == f"{service.base_url}/operations/{id}"
    assert await operations_of(service, tenant) == [id]


async def test_an_operation_that_was_started_under_a_key_is_not_replayed_by_its_id(service: Service, client: Client):
    operation = await client.started(BODY)
    assert (await put(client, operation["id"])).status_code == 422


async def test_an_id_of_another_type_is_refused(service: Service, client: Client, tenant: str):
    id = uuid4()
    await put(client, id)
    response = await put(client, id, type="memo")
    assert response.status_code == 409
    assert response.json()["type"] == f"{service.base_url}/problems/operation-type-mismatch"
    assert response.json()["operation_id"] == str(id)
    assert await operations_of(service, tenant) == [id]


async def test_two_tenants_may_choose_the_same_id(service: Service, client: Client):
    id = uuid4()
    await put(client, id)
    async with service.client(await service.new_key()) as stranger:
        assert (await stranger.get(f"/operations/note/{id}")).status_code == 404
        theirs = await put(stranger, id, {"input": {"text": "theirs"}})
        assert theirs.status_code == 202
        assert "idempotent-replayed" not in theirs.headers
        assert (await stranger.get(f"/operations/{id}?view=full")).json()["input"] == {"text": "theirs"}
    assert (await client.get(f"/operations/{id}?view=full")).json()["input"] == {"text": "x"}


async def test_a_hundred_concurrent_puts_are_one_operation(service: Service, client: Client, tenant: str):
    id = uuid4()
    responses = await asyncio.gather(*[put(client, id) for _ in range(100)])
    assert [response.status_code for response in responses] == [202] * 100
    assert sum("idempotent-replayed" not in response.headers for response in responses) == 1
    assert await operations_of(service, tenant) == [id]


async def test_of_concurrent_puts_with_two_bodies_one_body_wins(client: Client):
    id = uuid4()
    responses = await asyncio.gather(*[put(client, id, {"input": {"text": str(turn % 2)}}) for turn in range(60)])
    statuses = [response.status_code for response in responses]
    assert sorted(set(statuses)) == [202, 422]
    assert len(set(statuses[::2])) == len(set(statuses[1::2])) == 1


async def test_an_id_whose_transaction_is_open_is_waited_for(service: Service, client: Client, tenant: str):
    """The other transaction is a session of the test's own, which stores a copy under the id that is asked for."""
    first, held = uuid4(), uuid4()
    await put(client, first)
    async with service.store.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(COPY, tenant, first, held)
        start = asyncio.create_task(put(client, held))
        await blocked_on_a_lock(service)
        await transaction.commit()
    response = await start
    assert (response.status_code, response.headers["idempotent-replayed"]) == (202, "true")


async def test_an_id_that_stays_in_flight_is_a_409_to_be_repeated(service: Service, client: Client, tenant: str):
    first, stuck = uuid4(), uuid4()
    await put(client, first)
    async with service.store.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(COPY, tenant, first, stuck)
        response = await put(client, stuck)
        await transaction.rollback()
    assert (response.status_code, response.headers["retry-after"]) == (409, "1")
    assert response.json()["type"] == f"{service.base_url}/problems/idempotency-key-in-flight"
    assert (await put(client, stuck)).status_code == 202


COPY = """
insert into operations (
    tenant, id, type, definition_version, steps, request_fingerprint, input, retention_seconds, ready, fair_order
)
select tenant, $3, type, definition_version, steps, request_fingerprint, input, retention_seconds, ready, fair_order
from operations where tenant = $1 and id = $2
"""


async def test_a_put_that_meets_a_lock_on_everything_is_a_503(database: str, redis_url: str):
    async with running(database, redis_url) as service, service.client(await service.new_key()) as client:
        async with service.store.pool.acquire() as other, other.transaction():
            await other.execute("lock table operations in access exclusive mode")
            responses = await asyncio.gather(*[put(client, uuid4()) for _ in range(3)])
        assert [response.status_code for response in responses] == [503] * 3
        assert {response.json()["effect"] for response in responses} == {"none"}


async def test_the_id_of_a_deleted_operation_runs_nothing(service: Service, client: Client, tenant: str):
    id = uuid4()
    await put(client, id)
    await service.succeed(str(id))
    await client.delete(f"/operations/{id}")
    response = await put(client, id)
    assert response.status_code == 409
    assert response.json()["type"] == f"{service.base_url}/problems/operation-expired"
    assert response.json()["operation_id"] == str(id)
    assert (await client.get(f"/operations/note/{id}")).status_code == 410


async def test_validate_only_finds_what_is_in_the_way_and_stores_nothing(service: Service, client: Client, tenant: str):
    id, free = uuid4(), uuid4()
    await put(client, id)
    for asked, body, status in ((free, BODY, 204), (id, BODY, 204), (id, {"input": {}}, 422), (free, {"x": 1}, 400)):
        assert (await put(client, asked, body, params={"validate_only": "true"})).status_code == status
    assert await operations_of(service, tenant) == [id]


async def test_waiting_and_a_minimal_answer_work_as_for_any_start(service: Service, client: Client):
    id = uuid4()
    minimal = await put(client, id, headers={"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content) == (202, b"")
    waiting = asyncio.create_task(put(client, id, headers={"Prefer": "wait=20"}))
    await service.succeed(str(id))
    assert (await waiting).json()["done"] is True


@pytest.mark.parametrize(
    "id", ["x", "1234", "{01a202eb-7af7-76c1-b416-4b4f0e17fd09}", "01a202eb7af776c1b4164b4f0e17fd09"]
)
async def test_what_is_no_uuid_is_refused(service: Service, client: Client, tenant: str, id: str):
    response = await put(client, id)
    assert response.status_code == 400
    assert response.json()["type"] == f"{service.base_url}/problems/validation-error"
    assert await operations_of(service, tenant) == []


async def test_bad_input_leaves_the_id_free(service: Service, client: Client, tenant: str):
    id = uuid4()
    assert (await put(client, id, b"{")).status_code == 400
    assert (await put(client, id, {"input": {"text": 1}})).status_code == 400
    assert (await put(client, id, headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await put(client, id)).status_code == 202
    assert await operations_of(service, tenant) == [id]


async def test_a_put_needs_the_scope_submit(service: Service, tenant: str):
    async with service.client(await service.new_key(tenant, ["read"])) as reader:
        assert (await put(reader, uuid4())).status_code == 403


async def test_a_put_to_what_is_no_type_is_told_the_types(service: Service, client: Client):
    response = await put(client, uuid4(), type="nothing")
    assert response.status_code == 404
    assert response.json()["type"] == f"{service.base_url}/problems/unknown-operation-type"
    assert response.json()["supported"] == ["memo", "note"]


async def test_the_typed_monitor_is_the_monitor_for_its_own_type_only(service: Service, client: Client):
    operation = await client.started()
    path = f"/operations/note/{operation['id']}"
    assert (await client.get(path)).json() == operation
    assert "input" in (await client.get(path, params={"view": "full"})).json()
    assert (await client.get(path, headers={"If-None-Match": '"1"'})).status_code == 304
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", '"1"')
    for other in (f"/operations/memo/{operation['id']}", f"/operations/note/{uuid4()}", "/operations/note/x"):
        response = await client.get(other)
        assert response.status_code == 404
        assert response.json()["type"] == f"{service.base_url}/problems/operation-not-found"


async def test_a_stricter_schema_does_not_break_a_repetition(database: str, redis_url: str):
    id = uuid4()
    async with running(database, redis_url) as service:
        secret = await service.new_key("keeper")
        async with service.client(secret) as client:
            await put(client, id)
    registry = Registry([note(), strict_note()])
    async with running(database, redis_url, registry=registry) as service, service.client(secret) as client:
        assert (await put(client, id)).headers["idempotent-replayed"] == "true"
        assert (await put(client, id, {"input": {"wrong": True}})).status_code == 422
        assert (await put(client, uuid4())).status_code == 400
