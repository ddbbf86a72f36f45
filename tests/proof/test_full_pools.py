"""Every connection of a process waits for a lock that somebody else holds: it says so at once, and recovers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest

from operations_api.domain.registry import Registry
from tests.http.service import Client, new_key, running
from tests.proof.bench import Bench
from tests.proof.books import PATIENCE_SECONDS, POLL_SECONDS
from tests.proof.definitions import Part, Whole, definition
from tests.store.conftest import blocked
from tests.worker.crew import Worker

POOL_SIZE = 3
REQUESTS = 10
PARTS = (Part("one"), Part("two", effect="local"))
BODY = {"input": msgspec.to_builtins(Whole(PARTS))}


@pytest.fixture
async def client(database: str, redis_url: str) -> AsyncIterator[Client]:
    """A client of an API with few connections, whose key that API knows already."""
    async with (
        running(database, redis_url, registry=Registry([definition("proof")]), pool_size=POOL_SIZE) as service,
        service.client(await service.new_key("dev")) as client,
    ):
        await client.get("/operations")
        yield client


async def test_an_api_whose_connections_are_all_held_says_503_and_recovers(client: Client, database: str) -> None:
    operation = await client.started(BODY, type="proof")
    keys = [new_key() for _ in range(REQUESTS)]
    requests = [
        lambda key: client.start(BODY, type="proof", key=key),
        lambda _: client.get(operation["links"]["self"]),
        lambda _: client.get(operation["links"]["self"], params={"view": "full"}),
        lambda _: client.get("/operations"),
        lambda _: client.post(operation["links"]["cancel"]),
    ]
    asked = [(request, key) for key in keys for request in requests]
    async with held(database):
        refused = await asyncio.gather(*(request(key) for request, key in asked))
        for response in refused:
            assert response.status_code == 503, (response.request.method, response.text)
            assert int(response.headers["retry-after"]) >= 1
            assert response.json()["effect"] == "none"
        assert (await client.get("/health/live")).status_code == 200
    answers = await asyncio.gather(*(request(key) for request, key in asked))
    assert {response.status_code for response in answers} == {200, 202}
    started = [response for response in answers if "idempotency-key" in response.headers]
    assert len({response.json()["id"] for response in started}) == REQUESTS
    assert not any("idempotent-replayed" in response.headers for response in started), "nothing had been accepted"


async def test_a_worker_whose_connections_are_all_held_goes_on_when_they_are_free(bench: Bench, database: str) -> None:
    worker = bench.start_worker(OPERATIONS_POOL_SIZE=str(POOL_SIZE), OPERATIONS_LEASE_SECONDS="15")
    await bench.books.order("one", "reserve", "wait")
    for _ in range(REQUESTS):
        await bench.start(*PARTS)
    await bench.books.called("one", "reserve", REQUESTS)
    async with held(database):
        await bench.books.withdraw("one", "reserve")
        await blocked(database, POOL_SIZE)
        await said(worker, "lock timeout")  # and it tries again
    assert set((await bench.check()).values()) == {"succeeded"}
    assert "could not be run" not in worker.said(), "a lease was lost over it"
    assert worker.process.poll() is None


async def said(worker: Worker, words: str) -> None:
    """Return when the worker has logged this."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if words in worker.said():
                break
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def held(database: str) -> AsyncIterator[None]:
    """Nobody else can so much as read the operations while the block runs."""
    connection: Any = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute("lock table operations in access exclusive mode")
            yield
    finally:
        await connection.close()
