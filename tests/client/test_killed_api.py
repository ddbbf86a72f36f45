"""The API is killed with -9 while clients wait and watch; what they get is the result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from operations_api.client import Client
from operations_api.client.operation import AnyOperation
from tests.cli.test_serving import wait_for_answer
from tests.client.faulty_proxy import FaultyProxy, faulty_proxy
from tests.http.process import REGISTRY, Api, api
from tests.http.service import RUN, SUCCEED
from tests.processes import module, running


async def test_clients_that_wait_and_watch_live_through_a_killed_api(database: str, redis_url: str) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(api(database, redis_url, {}))
        proxy = await stack.enter_async_context(faulty_proxy(first.port))
        client = await stack.enter_async_context(Client(proxy.url, await first.new_key()))
        operation = await client.start("note", {})
        waiting = asyncio.ensure_future(operation.result(timeout=60))
        other = await client.operation(operation.url)
        watching = asyncio.ensure_future(watched(other))
        await seen(proxy, 4)
        first.process.kill()
        await asyncio.to_thread(first.process.wait)
        starting = asyncio.ensure_future(client.start("note", {"text": "while it is away"}))
        await seen(proxy, 7)
        assert not starting.done()
        await stack.enter_async_context(started_again(database, redis_url, first))
        await first.store.pool.execute(RUN, UUID(operation.id))
        await first.store.pool.execute(SUCCEED, UUID(operation.id), '{"text":"done"}')
        assert await waiting == {"text": "done"}
        assert (await watching)[-1] == "succeeded"
        assert not (await starting).replayed
        assert await first.store.pool.fetchval("select count(*) from operations") == 2


async def watched(operation: AnyOperation) -> list[str]:
    return [now.status async for now in operation.watch()]


@asynccontextmanager
async def started_again(database: str, redis_url: str, killed: Api) -> AsyncIterator[None]:
    """Another API at the same address."""
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "HOST": "127.0.0.1",
        "PORT": str(killed.port),
        "OPERATIONS_REGISTRY": REGISTRY,
        "OPERATIONS_DRAIN_SECONDS": "1",
    }
    with running(module("operations_api", "serve"), environment) as process:
        await asyncio.to_thread(wait_for_answer, process, killed.port)
        yield


async def seen(proxy: FaultyProxy, count: int) -> None:
    """Wait until the proxy has seen so many requests."""
    async with asyncio.timeout(60):
        while len(proxy.seen) < count:  # noqa: ASYNC110 -- a list has no event
            await asyncio.sleep(0.01)
