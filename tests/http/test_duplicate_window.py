"""A type with a window for duplicates: within it the same body is the same operation, whatever its key is."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api import Registry
from operations_api.embedded.servers import ServerUrls
from tests.conftest import database_named, run_sql
from tests.http.service import MEMO, Client, Service, new_key, note, running

WINDOW_SECONDS = 300
WITH_WINDOW = Registry([note(duplicate_window_seconds=WINDOW_SECONDS), MEMO])
BODY = {"input": {"text": "pay"}}
ELAPSED = "update recent_bodies set until = clock_timestamp() - interval '1 us' where tenant = $1"


@pytest.fixture(scope="module")
async def services(servers: ServerUrls, template: str) -> AsyncIterator[list[Service]]:
    """Two API processes' worth on one database."""
    name = f"window_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    async with (
        running(url, servers.redis_url, registry=WITH_WINDOW) as one,
        running(url, servers.redis_url, registry=WITH_WINDOW) as other,
    ):
        yield [one, other]
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def clients(services: list[Service], tenant: str) -> AsyncIterator[list[Client]]:
    key = await services[0].new_key(tenant)
    async with services[0].client(key) as one, services[1].client(key) as other:
        yield [one, other]


async def counted(service: Service, tenant: str) -> tuple[int, int]:
    """How many operations and how many keys there are."""
    return (
        await service.store.pool.fetchval("select count(*) from operations where tenant = $1", tenant),
        await service.store.pool.fetchval("select count(*) from idempotency_keys where tenant = $1", tenant),
    )


async def test_another_key_with_the_same_body_is_a_replay_and_names_the_operation_too(clients: list[Client]):
    first = await clients[0].start(BODY, key="first")
    second = await clients[1].start(BODY, key="second")
    assert second.status_code == 202
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["idempotency-key"] == '"second"', "the request's own"
    assert second.json()["idempotency_key"] == "first"
    refused = await clients[0].start({"input": {"text": "another"}}, key="second")
    assert refused.status_code == 422
    assert refused.json()["operation_id"] == first.json()["id"]


async def test_of_many_keys_at_once_over_two_processes_one_starts(
    services: list[Service], clients: list[Client], tenant: str
):
    for round in range(5):
        body = {"input": {"count": round}}
        answers = await asyncio.gather(*(clients[number % 2].start(body, key=new_key()) for number in range(40)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert await counted(services[0], tenant) == (5, 200)


async def test_of_one_key_with_many_bodies_at_once_one_starts(
    services: list[Service], clients: list[Client], tenant: str
):
    starts = [clients[number % 2].start({"input": {"count": number}}, key="same") for number in range(20)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*starts))
    assert statuses == [202, *[422] * 19]
    assert await counted(services[0], tenant) == (1, 1)
    bodies = await services[0].store.pool.fetchval("select count(*) from recent_bodies where tenant = $1", tenant)
    assert bodies == 1, "a body that started nothing is not remembered"


async def test_the_body_is_compared_by_its_meaning(clients: list[Client]):
    one = await clients[0].start(b'{"input": {"count": 1, "text": "x"}}')
    other = await clients[0].start(b'{"input":{"text":"x","count":1.0}}')
    assert one.json()["id"] == other.json()["id"]


async def test_another_body_tenant_or_type_is_another_operation(services: list[Service], clients: list[Client]):
    ids = {(await clients[0].started(BODY))["id"], (await clients[0].started({"input": {"text": "more"}}))["id"]}
    ids.add((await clients[0].started(BODY, type="memo"))["id"])
    ids.add((await clients[0].started(BODY, type="memo"))["id"])
    async with services[0].client(await services[0].new_key()) as stranger:
        ids.add((await stranger.started(BODY))["id"])
    assert len(ids) == 5


async def test_after_the_window_the_same_body_starts_again(services: list[Service], clients: list[Client], tenant: str):
    first = await clients[0].started(BODY, key="first")
    await services[0].store.pool.execute(ELAPSED, tenant)
    second = await clients[0].started(BODY, key="second")
    third = await clients[1].started(BODY, key="third")
    assert first["id"] != second["id"] == third["id"]
    assert (await clients[0].started(BODY, key="first"))["id"] == first["id"], "its key has no window"


async def test_a_replay_does_not_make_the_window_longer(services: list[Service], clients: list[Client], tenant: str):
    until = "select until from recent_bodies where tenant = $1"
    await clients[0].started(BODY)
    before = await services[0].store.pool.fetchval(until, tenant)
    await clients[0].started(BODY)
    assert await services[0].store.pool.fetchval(until, tenant) == before


async def test_what_was_deleted_is_not_replayed(services: list[Service], clients: list[Client]):
    first = await clients[0].started(BODY)
    await services[0].succeed(first["id"])
    replayed = await clients[0].started(BODY)
    assert (replayed["id"], replayed["status"]) == (first["id"], "succeeded")
    assert (await clients[0].delete(first["links"]["self"])).status_code == 204
    assert (await clients[0].started(BODY))["id"] != first["id"]


async def test_a_failure_is_tried_again_under_any_of_its_keys(services: list[Service], clients: list[Client]):
    first = await clients[0].started(BODY, key="first")
    await services[0].fail(first["id"], {"retryable": True, "effect": "none", "reason": "RETRIES_EXHAUSTED"})
    assert (await clients[0].started(BODY, key="second"))["id"] == first["id"]
    again = await clients[0].started(BODY, key="second", headers={"Idempotency-Retry": "?1"})
    assert again["retry_of"] == first["id"]


async def test_under_the_clients_own_id_there_is_no_window(clients: list[Client]):
    first = await clients[0].started(BODY)
    own = uuid4()
    headers = {"Content-Type": "application/json"}
    response = await clients[0].put(f"/operations/note/{own}", content=msgspec.json.encode(BODY), headers=headers)
    assert UUID(response.json()["id"]) == own != UUID(first["id"])
