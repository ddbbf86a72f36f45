"""The wake-up: after a start is committed, tell some worker to look.

A wake-up is a hint. Postgres remembers what is to be done and every worker looks by itself each second, so losing all
of Redis costs latency and nothing else. It is a message on the bell, which workers that listen hear at once, and an
arq job for those that poll. The message names the operations whose cancellation was asked for.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from operations_api.endings import end

QUEUE: Final = "operations:queue"
BELL: Final = "operations:bell"
WAKE: Final = "wake"

HINT_LIFE_SECONDS: Final = 60
"""Workers look by themselves each second: an older hint is worth nothing, and the queue must not grow without them."""

JOB_SPACING_SECONDS: Final = 0.1
"""As often as workers poll that do not listen. A job is nine round trips and a ring is one: a ring goes with every
burst of starts, a job with what came since the last one.
"""

RING_SPACING_SECONDS: Final = 0.005
"""A ring makes every worker claim: a busy moment's wake-ups share one, and the first after a pause waits for none."""

REDIS_TIMEOUT_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


def serialize(job: dict[str, Any]) -> bytes:
    """msgpack: what is in Redis may be written by others, and unpickling it would run their code."""
    return msgspec.msgpack.encode(job)


def deserialize(data: bytes) -> dict[str, Any]:
    """The reverse of ``serialize``."""
    decoded: dict[str, Any] = msgspec.msgpack.decode(data)
    return decoded


def redis_settings(redis_url: str) -> RedisSettings:
    """arq's settings for this URL, made to survive a restart of Redis (arq gives up otherwise)."""
    settings = RedisSettings.from_dsn(redis_url)
    settings.conn_timeout = int(REDIS_TIMEOUT_SECONDS)
    settings.retry_on_timeout = True
    return settings


def connect(redis_url: str, kind: type[ArqRedis] = ArqRedis) -> ArqRedis:
    """A connection pool that connects when it is first used."""
    pool = ConnectionPool.from_url(
        redis_url, socket_connect_timeout=REDIS_TIMEOUT_SECONDS, socket_timeout=REDIS_TIMEOUT_SECONDS
    )
    return kind(pool, job_serializer=serialize, job_deserializer=deserialize, default_queue_name=QUEUE)


class Queue:
    """One per process that starts operations."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._asked = asyncio.Event()
        self._rings = False
        self._cancels: list[tuple[str, UUID]] = []
        self._next_job_at = 0.0
        self._job_later: asyncio.TimerHandle | None = None
        self._sender = asyncio.get_running_loop().create_task(self._send_when_asked())

    @classmethod
    async def open(cls, redis_url: str) -> Queue:
        """Never fails: without Redis the workers' own look each second does the work."""
        return cls(connect(redis_url))

    def wake(self) -> None:
        """Tell a worker to look. At once when idle; what comes within a moment after that becomes one more."""
        self._rings = True
        self._asked.set()

    def cancel_requested(self, tenant: str, id: UUID) -> None:
        """Tell the worker that may be at this operation; its next heartbeat would tell it too."""
        self._cancels.append((tenant, id))
        self.wake()

    async def close(self) -> None:
        """Stop sending."""
        if self._job_later is not None:
            self._job_later.cancel()
        await end(self._sender)
        await self._redis.aclose(close_connection_pool=True)

    async def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def _send_when_asked(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._send()
            except Exception as error:  # whatever it is: without a sender every start would be found late, for ever
                log.warning("no wake-up could be sent; workers find the operation within a second", error=repr(error))
            await asyncio.sleep(RING_SPACING_SECONDS)

    async def _send(self) -> None:
        if self._rings:
            self._rings = False
            cancels, self._cancels = self._cancels, []
            await self._redis.publish(BELL, msgspec.msgpack.encode(cancels))
        loop = asyncio.get_running_loop()
        if loop.time() >= self._next_job_at:
            self._next_job_at = loop.time() + JOB_SPACING_SECONDS
            await self._queue_job()
        elif self._job_later is None:
            self._job_later = loop.call_at(self._next_job_at, self._asked.set)

    async def _queue_job(self) -> None:
        if self._job_later is not None:
            self._job_later.cancel()
            self._job_later = None
        oldest_ms = int((time.time() - HINT_LIFE_SECONDS) * 1000)  # arq scores jobs by the sender's clock
        await self._redis.zremrangebyscore(QUEUE, "-inf", oldest_ms)
        await self._redis.enqueue_job(WAKE, _job_id=uuid4().hex, _expires=HINT_LIFE_SECONDS)
