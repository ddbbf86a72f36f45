"""Redis comes, goes and forgets: that costs latency and nothing else."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from statistics import median
from uuid import uuid4

import msgspec
import redis.asyncio

from operations_api.embedded.valkey import Valkey
from operations_api.queue import BELL, QUEUE, Queue
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS, PROGRAM, Crew
from tests.worker.definitions import StepTold

NOWHERE = "redis://127.0.0.1:1/0"


async def test_a_worker_works_without_redis(crew: Crew) -> None:
    worker = crew.start_worker(REDIS_URL=NOWHERE)
    for _ in range(3):
        assert (await crew.done(await crew.begin(StepTold("first"), StepTold("second")))).status == "succeeded"
    assert worker.process.poll() is None
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0


async def test_the_stock_arq_command_goes_on_without_redis_and_drains_without_it(
    crew: Crew, own_valkey: Valkey
) -> None:
    command = [PROGRAM.with_name("arq"), "worker.app.WorkerSettings"]
    worker = crew.start_worker(command=command, REDIS_URL=own_valkey.url)
    await crew.done(await crew.begin(StepTold("warm-up")))
    own_valkey.stop()
    assert (await crew.done(await crew.begin(StepTold("without")))).status == "succeeded"
    slow = await crew.begin(StepTold("slow", trouble={"commit": "wait"}))
    await crew.seen(slow, "call", "slow", "commit")
    worker.send(signal.SIGTERM)
    crew.open_gate(slow, "slow", "commit")
    assert await worker.ended() == 0
    assert (await crew.get(slow)).status == "succeeded"


async def test_a_worker_hears_the_bell_again_when_redis_is_back(crew: Crew, own_valkey: Valkey) -> None:
    assert own_valkey.pid is not None
    url = own_valkey.url
    worker = crew.start_worker(REDIS_URL=url)
    queue = await Queue.open(url)
    await crew.done(await crew.begin(StepTold("warm-up")))
    own_valkey.stop()
    away = [await _seconds_to_start(crew, queue) for _ in range(3)]
    own_valkey.start()
    await asyncio.to_thread(own_valkey.wait_until_ready)
    await _subscribers(url, 1)
    back = [await _seconds_to_start(crew, queue) for _ in range(9)]
    assert median(back) * 4 < median(away), (back, away)
    assert worker.process.poll() is None
    await queue.close()


async def test_a_worker_survives_a_flush_and_rubbish(crew: Crew, redis_url: str) -> None:
    worker = crew.start_worker()
    await crew.done(await crew.begin(StepTold("warm-up")))
    client = redis.asyncio.from_url(redis_url)
    await client.flushdb()
    no_text = msgspec.msgpack.encode([["~~~", uuid4()]]).replace(b"~", b"\xff")
    for rubbish in (b"\xc1 no bell", no_text):
        await client.publish(BELL, rubbish)
    await client.zadd(QUEUE, {"no-such-job": 1})
    await client.set("arq:job:rubbish", b"\xc1")
    await client.zadd(QUEUE, {"rubbish": 1})
    await client.publish(BELL, b"\x90")
    await client.aclose()
    queue = await Queue.open(redis_url)
    for _ in range(3):
        await _seconds_to_start(crew, queue)
    assert worker.process.poll() is None
    await queue.close()


async def test_a_worker_gives_the_connections_of_a_lost_redis_back(crew: Crew, own_valkey: Valkey) -> None:
    worker = crew.start_worker(REDIS_URL=own_valkey.url)
    await _subscribers(own_valkey.url, 1)
    await crew.done(await crew.begin(StepTold("warm-up")))
    open_before = _sockets(worker.pid)
    for _ in range(4):
        client = redis.asyncio.from_url(own_valkey.url)
        await client.client_kill_filter(_type="pubsub")
        await client.aclose()
        await _subscribers(own_valkey.url, 1)
    assert _sockets(worker.pid) <= open_before + 1


async def _seconds_to_start(crew: Crew, queue: Queue) -> float:
    id = await crew.begin(StepTold("only"))
    queue.wake()
    operation = await crew.done(id)
    assert operation.started_at is not None
    return (operation.started_at - operation.created_at).total_seconds()


async def _subscribers(url: str, count: int) -> None:
    """Wait until so many workers listen to the bell."""
    client = redis.asyncio.from_url(url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if (await client.pubsub_numsub(BELL))[0][1] == count:
                break
            await asyncio.sleep(POLL_SECONDS)
    await client.aclose()


def _sockets(pid: int) -> int:
    return sum("socket:" in str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir())


async def test_a_cancel_request_is_heard_at_once_over_the_bell(crew: Crew, redis_url: str) -> None:
    crew.start_worker(OPERATIONS_LEASE_SECONDS="600")  # the next heartbeat is beyond all patience
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}))
    await crew.seen(id, "call", "slow", "reserve")
    queue = await Queue.open(redis_url)
    assert (await crew.store.cancel("dev", id)).outcome == "accepted"
    queue.cancel_requested("dev", id)
    await crew.seen(id, "cancel requested", "slow", "reserve")
    crew.open_gate(id, "slow", "reserve")
    assert (await crew.done(id)).status == "canceled"
    await queue.close()


async def test_a_bell_alone_cancels_nothing(crew: Crew, redis_url: str) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}))
    await crew.seen(id, "call", "slow", "reserve")
    before = (await crew.row(id))["lease_expires_at"]
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(redis_url)
    await client.publish(BELL, msgspec.msgpack.encode([("dev", id)]))
    await client.aclose()
    await crew.journaled(id, lambda row: row["lease_expires_at"] != before)  # a heartbeat has asked Postgres
    crew.open_gate(id, "slow", "reserve")
    assert (await crew.done(id)).status == "succeeded"


async def test_a_cancel_request_is_honoured_at_the_next_heartbeat_while_redis_is_away(crew: Crew) -> None:
    crew.start_worker(REDIS_URL=NOWHERE, OPERATIONS_LEASE_SECONDS="6")  # beats are far enough apart to be told apart
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}))
    await crew.seen(id, "call", "slow", "reserve")
    assert (await crew.store.cancel("dev", id)).outcome == "accepted"
    beats = {(await crew.row(id))["lease_expires_at"]}
    heard = asyncio.create_task(crew.seen(id, "cancel requested", "slow", "reserve"))
    while not heard.done():
        beats.add((await crew.row(id))["lease_expires_at"])
        await asyncio.sleep(POLL_SECONDS)
    await heard
    assert len(beats) <= 2, "the handler was not told at the first heartbeat after the request"
    crew.open_gate(id, "slow", "reserve")
    assert (await crew.done(id)).status == "canceled"
