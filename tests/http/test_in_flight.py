"""How many operations a tenant may have in flight: refused beyond it, but never what was accepted before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from operations_api.embedded.servers import ServerUrls
from operations_api.http.in_flight import COUNTED_SECONDS, InFlight
from operations_api.http.limits import REREAD_SECONDS
from operations_api.http.redis_scripts import RedisScripts
from operations_api.store.tenant_limits import NO_LIMIT, TenantLimits
from tests.conftest import database_named, run_sql
from tests.http.process import Api, api
from tests.http.service import Client, Service, new_key, new_tenant, running
from tests.http.test_changes import NOWHERE

LIMIT = 3
RETRYABLE = {"reason": "RETRIES_EXHAUSTED", "retryable": True, "effect": "none"}
PATIENCE_SECONDS = 30


@pytest.fixture
async def limited(database: str, redis_url: str) -> AsyncIterator[Service]:
    async with running(database, redis_url, in_flight_limit=LIMIT) as service:
        yield service


@pytest.fixture
async def guest(limited: Service, tenant: str) -> AsyncIterator[Client]:
    async with limited.client(await limited.new_key(tenant)) as client:
        yield client


async def filled(guest: Client) -> list[dict[str, Any]]:
    """As many operations as there may be."""
    return [await guest.started(key=f"key-{number}") for number in range(LIMIT)]


async def accepted(guest: Client, **more: Any) -> httpx.Response:
    """The answer once there is room again: at most a count later, which nothing else tells."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (response := await guest.start(**more)).status_code == 429:  # noqa: ASYNC110 -- it is counted elsewhere
            await asyncio.sleep(0.1)
    assert response.status_code == 202
    return response


async def test_one_too_many_is_a_429_that_binds_no_key(limited: Service, guest: Client, tenant: str):
    operations = await filled(guest)
    response = await guest.start(key="mine")
    assert response.status_code == 429
    assert response.json()["type"] == f"{limited.base_url}/problems/too-many-requests"
    assert str(LIMIT) in response.json()["detail"]
    assert int(response.headers["retry-after"]) >= COUNTED_SECONDS
    assert response.headers["ratelimit"] == '"in-flight";r=0'
    assert await limited.count(tenant) == LIMIT
    await limited.succeed(operations[0]["id"])
    again = await accepted(guest, key="mine")
    assert "idempotent-replayed" not in again.headers


async def test_under_an_own_id_too(limited: Service, guest: Client):
    path = f"/operations/note/{uuid4()}"
    assert (await guest.put(path, json={"input": {}})).status_code == 202
    await asyncio.gather(*[guest.start() for _ in range(LIMIT)])
    assert (await guest.put(f"/operations/note/{uuid4()}", json={"input": {}})).status_code == 429
    replay = await guest.put(path, json={"input": {}})
    assert (replay.status_code, replay.headers["idempotent-replayed"]) == (202, "true")


async def test_a_replay_is_never_refused_and_takes_no_room(guest: Client):
    await filled(guest)
    for _ in range(2 * LIMIT):
        replay = await guest.start(key="key-0")
        assert (replay.status_code, replay.headers["idempotent-replayed"]) == (202, "true")
    assert (await guest.start({"input": {"text": "other"}}, key="key-0")).status_code == 422


async def test_replays_leave_as_much_room_as_there_was(guest: Client):
    await guest.started(key="mine")
    for _ in range(2 * LIMIT):
        assert (await guest.start(key="mine")).headers["ratelimit"] == f'"in-flight";r={LIMIT - 1}'


async def test_what_is_wrong_in_itself_is_said_first(limited: Service, guest: Client, tenant: str):
    await filled(guest)
    for body, status in ((b"{", 400), ({"input": {"text": 1}}, 400), ({"input": {}}, 429)):
        assert (await guest.start(body)).status_code == status
    async with limited.client(await limited.new_key(tenant, ["read"])) as reader:
        assert (await reader.start()).status_code == 403


async def test_trying_a_start_says_whether_there_is_room_and_takes_none(guest: Client):
    for _ in range(2 * LIMIT):
        assert (await guest.start(params={"validate_only": "true"})).status_code == 204
    await filled(guest)
    assert (await guest.start(params={"validate_only": "true"})).status_code == 429


async def test_starting_a_failed_one_again_is_a_start(limited: Service, guest: Client):
    again = {"Idempotency-Retry": "?1"}
    failed = await guest.started(key="failed")
    await limited.fail(failed["id"], RETRYABLE)
    await asyncio.sleep(COUNTED_SECONDS)
    await filled(guest)
    assert (await guest.start(key="failed", headers=again)).status_code == 429
    assert (await guest.start(key="failed")).json()["id"] == failed["id"]
    assert (await guest.start(key="key-0", headers=again)).status_code == 202
    await limited.succeed((await guest.start(key="key-0")).json()["id"])
    response = await accepted(guest, key="failed", headers=again)
    assert response.json()["retry_of"] == failed["id"]


async def test_every_answer_says_how_much_room_there_is(limited: Service, guest: Client):
    operation = await guest.started()
    for path, status in ((operation["links"]["self"], 200), ("/operations", 200), ("/nothing", 404)):
        response = await guest.get(path)
        assert response.status_code == status
        assert response.headers["ratelimit-policy"] == f'"in-flight";q={LIMIT};qu="concurrent-requests"'
        assert response.headers["ratelimit"] == f'"in-flight";r={LIMIT - 1}'
    async with limited.client("wrong") as nobody:
        response = await nobody.get("/operations")
        assert response.status_code == 401
        assert "ratelimit" not in response.headers


async def test_both_limits_are_said_together(database: str, redis_url: str):
    async with (
        running(database, redis_url, in_flight_limit=9, rate_limit=1000) as service,
        service.client(await service.new_key()) as client,
    ):
        response = await client.start()
    assert response.headers["ratelimit-policy"] == '"tenant";q=1000;w=1, "in-flight";q=9;qu="concurrent-requests"'
    assert response.headers["ratelimit"] == '"tenant";r=999;t=1, "in-flight";r=8'


async def test_one_tenant_does_not_take_the_room_of_another(limited: Service, guest: Client):
    await filled(guest)
    async with limited.client(await limited.new_key()) as other:
        assert (await other.start()).status_code == 202
    assert (await guest.start()).status_code == 429


async def test_without_redis_it_still_holds(database: str, tenant: str):
    async with running(database, NOWHERE, in_flight_limit=LIMIT) as service:
        async with service.client(await service.new_key(tenant)) as client:
            responses = await asyncio.gather(*[client.start() for _ in range(30)])
            assert [each.status_code for each in responses].count(202) == LIMIT
            operations = (await client.get("/operations")).json()["operations"]
            await service.succeed(operations[0]["id"])
            await accepted(client)
        assert await service.count(tenant) == LIMIT + 1


@pytest.fixture(scope="module")
async def pair(servers: ServerUrls, template: str) -> AsyncIterator[tuple[Api, Api]]:
    """Two API processes on the same servers."""
    name = f"pair_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    async with api(url, servers.redis_url, {}) as one, api(url, servers.redis_url, {}) as two:
        yield one, two
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@asynccontextmanager
async def clients_of(pair: tuple[Api, Api], limit: str, number: int) -> AsyncIterator[tuple[Client, Client]]:
    """A client of each, of one tenant with such a limit, once both processes know it."""
    one, two = pair
    tenant = new_tenant()
    await TenantLimits(one.store.pool).set(tenant, **{limit: number})
    key = await one.new_key(tenant)
    async with one.client(key) as first, two.client(key) as second:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for client in (first, second):
                while "ratelimit" not in (await client.get("/operations")).headers:  # noqa: ASYNC110 -- no event for it
                    await asyncio.sleep(0.05)
        yield first, second


async def test_two_processes_share_one_count_however_many_start_at_once(pair: tuple[Api, Api]):
    """Each alone would accept as many as both may together.

    No more at once than a busy machine does within the time in which Redis has to answer: beyond it each process counts
    for itself, which is as it should be, and not what is tried here.
    """
    limit = 16
    async with clients_of(pair, "operations_in_flight", limit) as clients:
        answers = await asyncio.gather(*[clients[number % 2].start() for number in range(4 * limit)])
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {202, 429}
    assert limit <= statuses.count(202) < 1.5 * limit


async def test_two_processes_share_one_rate_however_many_ask_at_once(pair: tuple[Api, Api]):
    rate, loop = 10, asyncio.get_running_loop()  # few at once, for the same reason
    async with clients_of(pair, "requests_per_second", rate) as clients:
        await asyncio.sleep(1)  # the bucket is full again
        began = loop.time()
        answers = await asyncio.gather(*[clients[number % 2].get("/operations") for number in range(6 * rate)])
        took = loop.time() - began
    allowed = [answer.status_code for answer in answers].count(200)
    assert rate <= allowed <= rate + rate * took + 1


async def test_counting_costs_a_query_a_second_at_most(redis_url: str):
    counted = 0

    async def count(tenant: str, at_most: int) -> int:
        nonlocal counted
        counted += 1
        return 0

    now, scripts = [100.0], RedisScripts(NOWHERE, clock=lambda: now[0])
    in_flight = InFlight(scripts, count)
    rooms = await asyncio.gather(*[in_flight.take("a", 100) for _ in range(150)])
    assert [room.allowed for room in rooms].count(True) == 100
    assert counted == 1
    now[0] += COUNTED_SECONDS
    assert (await in_flight.take("a", 100)).allowed
    assert counted == 2
    await scripts.close()


async def test_a_limit_of_ones_own_holds_within_seconds_and_until_it_is_taken_back(
    limited: Service, guest: Client, tenant: str
):
    own = TenantLimits(limited.store.pool)
    await filled(guest)
    assert (await guest.start()).status_code == 429
    await own.set(tenant, operations_in_flight=LIMIT + 1, requests_per_second=500)
    response = await accepted(guest)
    assert response.headers["ratelimit-policy"].startswith('"tenant";q=500;w=1, "in-flight";q=4')
    await own.set(tenant, operations_in_flight=NO_LIMIT)
    await accepted(guest)
    assert "in-flight" not in (await guest.get("/operations")).headers["ratelimit-policy"]
    await own.remove(tenant)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await guest.start(key=new_key())).status_code == 202:
            pass
    assert (await guest.get("/operations")).headers["ratelimit-policy"].startswith('"in-flight"')
    assert REREAD_SECONDS <= 2


async def test_a_limit_of_ones_own_needs_none_for_all(service: Service, client: Client, tenant: str):
    await TenantLimits(service.store.pool).set(tenant, requests_per_second=1)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await client.get("/operations")).status_code == 200:
            pass
    async with service.client(await service.new_key()) as other:
        assert "ratelimit" not in (await other.get("/operations")).headers
