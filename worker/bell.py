"""arq's loop, woken instead of polling: it looks at the queue when the bell rings.

arq's own loop looks every half second, so an idle operation waits a quarter of a second on average; polling faster
costs CPU while nothing happens. The bell is a Redis message that comes with every wake-up job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError

from operations_api.queue import BELL, QUEUE, WAKE, connect, deserialize, serialize

SILENCE_SECONDS: Final = 5.0
"""The bell may be lost; the queue is looked at this often anyway, and Postgres every second."""

PAUSES_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""How long to wait before Redis is tried again, the last one for as long as it is away."""

CancelRequests = list[tuple[str, UUID]]

log = structlog.get_logger(__name__)


async def listen(redis_url: str, wake: Callable[[], None], cancel: Callable[[str, UUID], None]) -> None:
    """Take wake-ups until cancelled. While Redis is away it is tried again and again, and nobody else notices."""
    failures = 0
    while True:
        bell = Bell(redis_url, wake, cancel)
        try:
            await bell.async_run()
        except (RedisError, OSError, TimeoutError) as error:
            pause = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]
            failures = 0 if bell.heard else failures + 1
            log.warning("Redis is away; operations are found by looking every second", error=str(error))
            await asyncio.sleep(pause)
        finally:
            await bell.leave()


class Bell(Worker):
    """One connection's worth of arq's worker."""

    def __init__(self, redis_url: str, wake: Callable[[], None], cancel: Callable[[str, UUID], None]) -> None:
        async def wake_job(_ctx: dict[Any, Any]) -> None:
            wake()

        super().__init__(
            [func(wake_job, name=WAKE)],
            redis_pool=connect(redis_url),
            queue_name=QUEUE,
            handle_signals=False,
            keep_result=0,
            max_tries=1,
            job_serializer=serialize,
            job_deserializer=deserialize,
            log_results=False,
        )
        self.heard = False
        self._cancel = cancel

    async def main(self) -> None:
        """Look at the queue whenever the bell rings. Raises what Redis raises when it goes away."""
        async with self.pool.pubsub(ignore_subscribe_messages=True) as bell:
            await bell.subscribe(BELL)
            while True:
                await self._poll_iteration()
                self.heard = True
                message = await bell.get_message(timeout=SILENCE_SECONDS)
                if message is not None:
                    self._hear(message["data"])

    async def leave(self) -> None:
        """Give the connections back."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await self.pool.aclose()

    def _hear(self, data: bytes) -> None:
        try:
            cancels = msgspec.msgpack.decode(data, type=CancelRequests)
        except msgspec.DecodeError:
            log.warning("something that is no bell was published", channel=BELL)
            return
        for tenant, id in cancels:
            self._cancel(tenant, id)
