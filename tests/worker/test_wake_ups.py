"""A wake-up is one job and one ring: none of them keeps another from being heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio

from operations_api.embedded.valkey import Valkey
from operations_api.queue import BELL, JOB_SPACING_SECONDS, QUEUE, RING_SPACING_SECONDS, Queue

# far beyond what anything here takes; only a test that fails ever waits so long
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.01
LAST = b"\x90 and no more"
CLOSED_TIMES = 5
"""redis-py loses a cancellation that meets a connection being given back: nearly each of them is lost here."""


async def test_a_wake_up_that_nobody_took_keeps_no_later_one_out_of_the_queue(redis_url: str) -> None:
    client: Any = redis.asyncio.from_url(redis_url)
    queue = await Queue.open(redis_url)
    for number in (1, 2, 3):
        queue.wake()
        await queued(client, number)
    await queue.close()
    await client.aclose()


async def test_many_wake_ups_ring_every_time_but_queue_a_job_only_now_and_then(redis_url: str) -> None:
    client: Any = redis.asyncio.from_url(redis_url)
    queue = await Queue.open(redis_url)
    began = time.monotonic()
    async with listening(client) as rung:
        for _ in range(100):
            queue.wake()
            await rung()
    queue.wake()
    await queued(client, 2)  # the last one gets its job too
    lasted = time.monotonic() - began
    assert await client.zcard(QUEUE) <= lasted / JOB_SPACING_SECONDS + 2
    await queue.close()
    await client.aclose()


async def test_wake_ups_of_a_busy_moment_share_their_rings_and_the_last_one_has_one(redis_url: str) -> None:
    client: Any = redis.asyncio.from_url(redis_url)
    queue = await Queue.open(redis_url)
    async with listening(client) as rung:
        queue.wake()
        await rung()
        began = time.monotonic()
        for _ in range(300):
            queue.wake()
            await asyncio.sleep(RING_SPACING_SECONDS / 30)
        await rung()
        lasted = time.monotonic() - began
        await queue.close()
        await client.publish(BELL, LAST)
        rings = 1
        while await rung() != LAST:
            rings += 1
    assert rings <= lasted / RING_SPACING_SECONDS + 1
    await client.aclose()


async def test_a_wake_up_that_could_not_be_sent_keeps_no_later_one_from_being_heard(own_valkey: Valkey) -> None:
    queue = await Queue.open(own_valkey.url)
    own_valkey.stop()
    queue.wake()
    assert not await queue.ping()  # asked after the wake-up was tried
    own_valkey.start()
    await asyncio.to_thread(own_valkey.wait_until_ready)
    client: Any = redis.asyncio.from_url(own_valkey.url)
    async with listening(client) as rung:
        queue.wake()
        await rung()
    await queue.close()
    await client.aclose()


async def test_a_queue_is_closed_also_while_a_wake_up_is_being_sent(redis_url: str) -> None:
    client: Any = redis.asyncio.from_url(redis_url)
    for _ in range(CLOSED_TIMES):
        queue = await Queue.open(redis_url)
        async with listening(client) as rung:
            queue.wake()
            await rung()
        await asyncio.wait_for(queue.close(), PATIENCE_SECONDS)
    await client.aclose()


async def queued(client: Any, jobs: int) -> None:
    """Return when there are so many jobs in the queue."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await client.zcard(QUEUE) < jobs:  # noqa: ASYNC110  # Redis has no event for it
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def listening(client: Any) -> AsyncIterator[Any]:
    """Gives what waits until the bell is rung."""
    async with client.pubsub(ignore_subscribe_messages=True) as bell:
        await bell.subscribe(BELL)

        async def rung() -> bytes:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (message := await bell.get_message(timeout=1.0)) is None:
                    pass
            said: bytes = message["data"]
            return said

        yield rung
