"""A wake-up is one job and one ring: none of them keeps another from being heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio

from operations_api.embedded.valkey import Valkey
from operations_api.queue import BELL, QUEUE, Queue

# far beyond what anything here takes; only a test that fails ever waits so long
PATIENCE_SECONDS = 30.0


async def test_a_wake_up_that_nobody_took_keeps_no_later_one_out_of_the_queue(redis_url: str) -> None:
    client: Any = redis.asyncio.from_url(redis_url)
    queue = await Queue.open(redis_url)
    async with listening(client) as rung:
        for number in (1, 2, 3):
            queue.wake()
            await rung()
            assert await client.zcard(QUEUE) == number
    await queue.close()
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


@asynccontextmanager
async def listening(client: Any) -> AsyncIterator[Any]:
    """Gives what waits until the bell is rung."""
    async with client.pubsub(ignore_subscribe_messages=True) as bell:
        await bell.subscribe(BELL)

        async def rung() -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await bell.get_message(timeout=1.0) is None:
                    pass

        yield rung
