"""The worker as arq sees it.

``operations-api worker`` runs ``run``, where arq's loop is woken instead of polling: the bell wakes the worker, and the
queue is looked at a little later. arq's own loop looks every half second, so an idle operation waits a quarter of a
second on average, and polling faster costs CPU while nothing happens. ``arq worker.app.WorkerSettings`` runs the same
engine in the stock loop, which cannot begin without Redis, but goes on without it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.exceptions import RedisError

from operations_api.domain.registry import Registry
from operations_api.endings import end
from operations_api.queue import BELL, QUEUE, WAKE, connect, deserialize, redis_settings, serialize
from operations_api.settings import Settings
from worker.process import working

STOCK_POLL_SECONDS: Final = 0.1
"""arq's loop cannot be woken: this is what an operation waits at most under ``arq worker.app.WorkerSettings``."""

JOBS_SECONDS: Final = 0.1
"""How long after a ring the queue is looked at, once for all that rang meanwhile: it costs much more than hearing."""

SILENCE_SECONDS: Final = 5.0
"""The bell may be lost; the queue is looked at this often anyway, and Postgres every second."""

PAUSES_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""How long to wait before Redis is tried again, the last one for as long as it is away."""

CancelRequests = list[tuple[str, UUID]]

log = structlog.get_logger(__name__)


async def run(settings: Settings, registry: Registry) -> None:
    """Work until SIGTERM or SIGINT, then drain: claim no more, finish or give back what is under way."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    assert settings.redis_url is not None
    async with working(settings, registry) as worker:
        bell = asyncio.create_task(listen(settings.redis_url, worker.dispatcher.wake, worker.leaseholder.hint_cancel))
        await _first(stopped.wait(), bell)
        await end(bell)


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
        async def wake_job(ctx: dict[Any, Any]) -> None:
            wake()

        super().__init__(
            [func(wake_job, name=WAKE)],
            redis_pool=connect(redis_url, WaryRedis),
            queue_name=QUEUE,
            handle_signals=False,
            keep_result=0,
            max_tries=1,
            job_serializer=serialize,
            job_deserializer=deserialize,
            log_results=False,
        )
        self.heard = False
        self._wake = wake
        self._cancel = cancel

    async def main(self) -> None:
        """Wake whenever the bell rings, and soon take the jobs that came with it. Raises what Redis raises."""
        async with self.pool.pubsub(ignore_subscribe_messages=True) as bell:
            await bell.subscribe(BELL)
            while True:
                await self._poll_iteration()
                self.heard = True
                if await self._listen(bell, SILENCE_SECONDS):
                    looks_at = time.monotonic() + JOBS_SECONDS
                    while (left := looks_at - time.monotonic()) > 0:
                        await self._listen(bell, left)

    async def leave(self) -> None:
        """Give the connections back."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await self.pool.aclose(close_connection_pool=True)

    async def _listen(self, bell: Any, seconds: float) -> bool:
        """Whether it rang."""
        message = await bell.get_message(timeout=seconds)
        if message is None:
            return False
        self._wake()
        self._hear(message["data"])
        return True

    def _hear(self, data: bytes) -> None:
        try:
            cancels = msgspec.msgpack.decode(data, type=CancelRequests)
        except ValueError:  # no msgpack, of another shape, or text that is no UTF-8
            log.warning("something that is no bell was published", channel=BELL)
            return
        for tenant, id in cancels:
            self._cancel(tenant, id)


class WaryRedis(ArqRedis):
    """What is queued, without what no sender of ours has put there: a job's id that is no text would end arq's loop."""

    async def zrangebyscore(self, *args: Any, **options: Any) -> Any:
        ids = await super().zrangebyscore(*args, **options)
        if alien := [id for id in ids if not _is_text(id)]:
            log.warning("something that is no wake-up was queued", count=len(alien))
            await self.zrem(QUEUE, *alien)
        return [id for id in ids if id not in alien]


class PatientRedis(WaryRedis):
    """What arq's own loop asks, answered by "nothing" while Redis is away.

    The first command that failed would end the loop, and one that fails while it ends keeps ``on_shutdown``, which
    drains the worker, from being called.
    """

    _is_away = False

    async def zrangebyscore(self, *args: Any, **options: Any) -> Any:
        return await self._ask(super().zrangebyscore(*args, **options), [])

    async def zcard(self, *args: Any) -> Any:
        return await self._ask(super().zcard(*args), 0)

    async def psetex(self, *args: Any) -> Any:
        return await self._ask(super().psetex(*args), None)

    async def delete(self, *args: Any) -> Any:
        return await self._ask(super().delete(*args), 0)

    async def _ask(self, asked: Any, otherwise: Any) -> Any:
        was_away, self._is_away = self._is_away, False
        try:
            return await asked
        except (RedisError, OSError, TimeoutError) as error:
            if not was_away:
                log.warning("Redis is away; operations are found by looking every second", error=str(error))
            self._is_away = True
            return otherwise


def _is_text(id: bytes) -> bool:
    try:
        id.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _first(*awaitables: Any) -> None:
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()


def __getattr__(name: str) -> Any:
    """Make ``WorkerSettings`` when arq asks for it: importing this module reads no environment."""
    if name != "WorkerSettings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _arq_settings()


def _arq_settings() -> type:
    from operations_api.embedded.servers import connect_or_start
    from operations_api.loading import load_registry

    servers = contextlib.ExitStack()
    atexit.register(servers.close)
    settings = servers.enter_context(connect_or_start(Settings.from_environment()))
    registry = load_registry(settings)
    assert settings.redis_url is not None

    async def wake(ctx: dict[Any, Any]) -> None:
        ctx["worker"].dispatcher.wake()

    async def on_startup(ctx: dict[Any, Any]) -> None:
        ctx["stack"] = contextlib.AsyncExitStack()
        ctx["worker"] = await ctx["stack"].enter_async_context(working(settings, registry))

    async def on_shutdown(ctx: dict[Any, Any]) -> None:
        if stack := ctx.get("stack"):  # without Redis there is no startup, but a shutdown all the same
            await stack.aclose()

    return type(
        "WorkerSettings",
        (),
        {
            "functions": [func(wake, name=WAKE)],
            "on_startup": on_startup,
            "on_shutdown": on_shutdown,
            "redis_pool": connect(settings.redis_url, PatientRedis),
            "redis_settings": redis_settings(settings.redis_url),  # for `arq --check`
            "queue_name": QUEUE,
            "keep_result": 0,
            "max_tries": 1,
            "poll_delay": STOCK_POLL_SECONDS,
            "job_serializer": serialize,
            "job_deserializer": deserialize,
            "log_results": False,
        },
    )
