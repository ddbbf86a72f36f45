"""Redis is slow, forgets everything, or remembers what is long over: that costs latency and nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import redis.asyncio

from operations_api.domain.registry import Registry
from operations_api.embedded.valkey import Valkey
from operations_api.queue import BELL, QUEUE, WAKE, connect
from tests.http.service import Client, running
from tests.proof.bench import Bench
from tests.proof.books import PATIENCE_SECONDS, POLL_SECONDS
from tests.proof.definitions import Part, Whole, definition
from tests.proof.slow_line import SlowLine

LATENCY_SECONDS = 10.0
OPERATIONS = 20
OLD_JOBS = 200
PARTS = (Part("one"), Part("two", effect="local"), Part("mail", "action"))


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Any]:
    """A connection of the test's own."""
    client = redis.asyncio.from_url(redis_url)
    yield client
    await client.aclose()


async def test_ten_seconds_of_latency_delay_no_answer_and_no_operation(
    bench: Bench, database: str, redis_url: str
) -> None:
    async with SlowLine.to(redis_url, LATENCY_SECONDS) as line, api(database, line.url) as client:
        worker = bench.start_worker(REDIS_URL=line.url)
        await bench.done(await bench.start(*PARTS))  # it is up
        begun = asyncio.get_running_loop().time()
        ids = [await start(bench, client) for _ in range(OPERATIONS)]
        assert asyncio.get_running_loop().time() - begun < LATENCY_SECONDS, "a start waited for Redis"
        assert set((await bench.check()).values()) == {"succeeded"}
        assert max([await lasted(bench, id) for id in ids]) < LATENCY_SECONDS, "an operation waited for Redis"
        await bench.books.order("one", "reserve", "wait")
        canceled = await start(bench, client)
        await bench.books.reached(canceled, 1)
        assert (await client.post(f"/operations/{canceled}/cancel")).status_code == 202
        await bench.books.withdraw("one", "reserve")
        assert (await bench.check())[canceled] == "canceled"
        assert worker.process.poll() is None


async def test_wake_ups_that_come_back_from_a_stale_replica_do_nothing_again(
    bench: Bench, database: str, redis_url: str, client: Any
) -> None:
    async with api(database, redis_url) as http, client.pubsub(ignore_subscribe_messages=True) as bells:
        await bells.subscribe(BELL)
        await bells.get_message(timeout=PATIENCE_SECONDS)  # the answer to that
        for _ in range(OPERATIONS):
            await start(bench, http)
        canceled = await start(bench, http)
        await http.post(f"/operations/{canceled}/cancel")
        old = await remembered(client)
        rung = [bell["data"] async for bell in heard(bells)]
        worker = bench.start_worker()
        statuses = await bench.check()
        calls = (await bench.books.read()).total
        assert old, "there were wake-ups to come back"
        assert rung, "and bells"
        for _ in range(3):
            await come_back(client, old)
            await enqueue_old_jobs(redis_url)
            for bell in rung:
                await client.publish(BELL, bell)
            await bench.done(await bench.start(*PARTS))
        await used_up(client)
        assert worker.process.poll() is None
        after = await bench.check()
        assert {id: after[id] for id in statuses} == statuses
        assert (await bench.books.read()).total == calls + 3 * CALLS


async def test_a_redis_that_is_replaced_by_an_empty_one_loses_nothing(
    bench: Bench, database: str, own_valkey: Valkey
) -> None:
    async with api(database, own_valkey.url) as client:
        worker = bench.start_worker(REDIS_URL=own_valkey.url)
        await bench.books.order("two", "reserve", "wait")
        for _ in range(OPERATIONS):
            await start(bench, client)
        await bench.books.called("two", "reserve", OPERATIONS)
        own_valkey.stop()
        for _ in range(OPERATIONS):
            await start(bench, client)
        shutil.rmtree(own_valkey.data)
        own_valkey.prepare()
        own_valkey.start()
        await asyncio.to_thread(own_valkey.wait_until_ready)
        for _ in range(OPERATIONS):
            await start(bench, client)
        await bench.books.withdraw("two", "reserve")
        assert list((await bench.check()).values()) == ["succeeded"] * 3 * OPERATIONS
        assert worker.process.poll() is None


CALLS = 2 * 2 + 1
"""Of one operation with these parts that nobody disturbs."""


@asynccontextmanager
async def api(database: str, redis_url: str) -> AsyncIterator[Client]:
    """The API on this Redis, and a client."""
    async with (
        running(database, redis_url, registry=Registry([definition("proof")])) as service,
        service.client(await service.new_key("dev")) as client,
    ):
        yield client


async def start(bench: Bench, client: Client) -> UUID:
    """Start one over HTTP."""
    body = {"input": msgspec.to_builtins(Whole(PARTS))}
    id = UUID((await client.started(body, type="proof"))["id"])
    bench.remember(id, PARTS)
    return id


async def lasted(bench: Bench, id: UUID) -> float:
    operation = await bench.get(id)
    assert operation.finished_at is not None
    return (operation.finished_at - operation.created_at).total_seconds()


async def remembered(client: Any) -> dict[bytes, bytes]:
    """Every key there is, as Redis itself would copy it."""
    return {key: await client.dump(key) for key in await client.keys("*")}


async def come_back(client: Any, old: dict[bytes, bytes]) -> None:
    for key, value in old.items():
        await client.restore(key, 0, value, replace=True)


async def heard(bells: Any) -> AsyncIterator[dict[str, Any]]:
    """What was published so far."""
    while (bell := await bells.get_message(timeout=0.2)) is not None:
        yield bell


async def enqueue_old_jobs(redis_url: str) -> None:
    """As many producers left them once upon a time."""
    queue = connect(redis_url)
    for _ in range(OLD_JOBS):
        await queue.enqueue_job(WAKE, _job_id=uuid4().hex)
    await queue.aclose(close_connection_pool=True)


async def used_up(client: Any) -> None:
    """Return when the worker has taken every old wake-up."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if not await client.zcard(QUEUE):
                break
            await client.publish(BELL, msgspec.msgpack.encode([]))
            await asyncio.sleep(POLL_SECONDS)
