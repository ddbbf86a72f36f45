"""How many requests a tenant may send, and what it is told when there are too many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from operations_api.http.rate_limit import RateLimit
from operations_api.http.redis_scripts import RedisScripts
from tests.http.service import Client, Service, new_tenant, running
from tests.http.test_changes import NOWHERE

PER_SECOND = 3


@pytest.fixture
async def limited(database: str, redis_url: str) -> AsyncIterator[Service]:
    async with running(database, redis_url, rate_limit=PER_SECOND) as service:
        yield service


@pytest.fixture
async def guest(limited: Service, tenant: str) -> AsyncIterator[Client]:
    async with limited.client(await limited.new_key(tenant)) as client:
        yield client


class Bucket:
    """A tenant's bucket, to be emptied at will."""

    def __init__(self, redis_url: str, tenant: str) -> None:
        self._redis: Any = redis.asyncio.from_url(redis_url)
        self._key = f"operations-api:rate:{tenant}"

    async def empty(self) -> None:
        """As of a time that is yet to come: the next request finds it empty, however late it is."""
        await self._redis.hset(self._key, mapping={"tokens": 0, "at": 9_000_000_000})
        await self._redis.persist(self._key)

    async def close(self) -> None:
        await self._redis.delete(self._key)
        await self._redis.aclose()


@pytest.fixture
async def bucket(redis_url: str, tenant: str) -> AsyncIterator[Bucket]:
    bucket = Bucket(redis_url, tenant)
    yield bucket
    await bucket.close()


async def test_one_too_many_is_a_429_and_nothing_is_accepted(
    limited: Service, guest: Client, bucket: Bucket, tenant: str
):
    await bucket.empty()
    response = await guest.start(key="mine")
    assert response.status_code == 429
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"{limited.base_url}/problems/too-many-requests"
    assert int(response.headers["retry-after"]) >= 1
    assert response.headers["ratelimit"] == '"tenant";r=0;t=1'
    assert await limited.count(tenant) == 0
    await asyncio.sleep(int(response.headers["retry-after"]))
    again = await guest.start(key="mine")
    assert again.status_code == 202
    assert "idempotent-replayed" not in again.headers


async def test_every_answer_says_what_is_left(guest: Client):
    for path, status in (("/operations", 200), ("/nothing", 404), ("/operations?page_size=x", 400)):
        response = await guest.get(path)
        assert response.status_code == status
        assert response.headers["ratelimit-policy"] == f'"tenant";q={PER_SECOND};w=1'
        assert response.headers["ratelimit"] in {f'"tenant";r={left};t=1' for left in range(PER_SECOND)}


async def test_what_nobody_may_do_is_said_before_and_everything_else_after(
    limited: Service, guest: Client, bucket: Bucket, tenant: str
):
    async def status(client: Client, method: str, path: str, **more: Any) -> int:
        await bucket.empty()
        return (await client.request(method, path, **more)).status_code

    async with limited.client(await limited.new_key(tenant, ["read"])) as reader, limited.client("wrong") as nobody:
        assert await status(nobody, "POST", "/operations/note") == 401
        assert await status(reader, "POST", "/operations/note") == 403
    assert await status(guest, "GET", "/nothing") == 404
    assert await status(guest, "DELETE", "/operations/note") == 405
    assert await status(guest, "POST", "/operations/note", content=b"x" * 100_000) == 429
    assert await status(guest, "POST", "/operations/note", content=b"{") == 429
    assert await status(guest, "PUT", f"/operations/note/{uuid4()}") == 429
    assert await status(guest, "POST", "/operations/nothing") == 404
    assert await status(guest, "PUT", f"/operations/nothing/{uuid4()}") == 404
    assert await status(guest, "POST", f"/operations/{uuid4()}") == 405
    assert await status(guest, "GET", "/operations?page_size=x") == 429
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/cancel"), ("POST", "/retry"), ("GET", "/events")):
        assert await status(guest, method, f"/operations/{uuid4()}{path}") == 429


async def test_documentation_and_health_are_not_limited(limited: Service, bucket: Bucket):
    await bucket.empty()
    async with limited.client(None) as anybody:
        for path in ("/health/live", "/openapi.json", "/service-info"):
            response = await anybody.get(path)
            assert response.status_code == 200
            assert "ratelimit" not in response.headers


async def test_polls_of_a_young_operation_are_free(limited: Service, guest: Client, bucket: Bucket):
    operation = await guest.started()
    for path in (operation["links"]["self"], f"/operations/note/{operation['id']}"):
        await bucket.empty()
        assert (await guest.get(path)).status_code == 200
    await limited.store.pool.execute(AGE, UUID(operation["id"]))
    for path in (operation["links"]["self"], f"/operations/{uuid4()}", "/operations/x"):
        await bucket.empty()
        assert (await guest.get(path)).status_code == 429


AGE = "update operations set created_at = created_at - interval '11 seconds' where id = $1"


async def test_a_free_poll_leaves_as_much_as_there_was(guest: Client):
    path = (await guest.started())["links"]["self"]
    await asyncio.sleep(1)
    for _ in range(5):
        assert (await guest.get(path)).headers["ratelimit"] == f'"tenant";r={PER_SECOND};t=1'
    assert (await guest.get("/operations")).headers["ratelimit"] == f'"tenant";r={PER_SECOND - 1};t=1'


async def test_one_tenant_does_not_use_up_what_is_anothers(limited: Service, guest: Client, bucket: Bucket):
    await bucket.empty()
    async with limited.client(await limited.new_key()) as other:
        assert (await other.get("/operations")).status_code == 200
    assert (await guest.get("/operations")).status_code == 429


async def test_processes_share_one_bucket_however_many_ask_at_once(redis_url: str):
    """Each alone would let all of its fifteen pass. Of many more some would find Redis too slow on a busy machine."""
    scripts, tenant, began = [RedisScripts(redis_url) for _ in range(3)], new_tenant(), time.monotonic()
    limits = [RateLimit(each) for each in scripts]
    standings = await asyncio.gather(*[limit.spend(tenant, 20) for limit in limits for _ in range(15)])
    allowed = sum(standing.allowed for standing in standings)
    assert 20 <= allowed <= 20 + 20 * (time.monotonic() - began) + 1
    for each in scripts:
        await each.close()


async def test_without_redis_a_process_counts_for_itself():
    now = [100.0]
    scripts = RedisScripts(NOWHERE, clock=lambda: now[0])
    limit = RateLimit(scripts)
    assert [(await limit.spend("a", 2)).allowed for _ in range(4)] == [True, True, False, False]
    assert (await limit.spend("b", 2)).allowed
    now[0] += 0.5
    assert [(await limit.spend("a", 2)).allowed for _ in range(2)] == [True, False]
    now[0] += 60
    assert [(await limit.spend("a", 2)).allowed for _ in range(3)] == [True, True, False]
    assert (await limit.spend("a", 2, -1)).left == 1
    await scripts.close()


async def test_without_redis_the_service_answers_and_still_limits(database: str):
    async with running(database, NOWHERE, rate_limit=1) as service, service.client(await service.new_key()) as client:
        responses = await asyncio.gather(*[client.get("/operations") for _ in range(50)])
    assert {response.status_code for response in responses} == {200, 429}


async def test_there_is_no_limit_unless_one_is_set(client: Client):
    responses = await asyncio.gather(*[client.get("/operations") for _ in range(100)])
    assert {response.status_code for response in responses} == {200}
    assert "ratelimit" not in responses[0].headers
