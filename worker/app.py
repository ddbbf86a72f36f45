"""The composition root of a worker process, and the settings arq's own command line expects.

``operations-api worker`` runs ``run``; ``arq worker.app.WorkerSettings`` runs the same engine in arq's stock loop.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
import structlog
from arq.worker import func

from operations_api.changes import Changes
from operations_api.domain.change import Change
from operations_api.domain.registry import Registry
from operations_api.queue import QUEUE, WAKE, deserialize, redis_settings, serialize
from operations_api.settings import Settings
from operations_api.store.connection import open_pool
from operations_api.store.definitions import remember
from operations_api.store.journal import Journal
from operations_api.store.leases import Leases
from worker.bell import listen
from worker.call import Caller
from worker.clock import Clock
from worker.dispatch import Dispatcher
from worker.lease import Leaseholder
from worker.script import Services

STOCK_POLL_SECONDS: Final = 0.1
"""arq's loop cannot be woken: this is what an operation waits at most under ``arq worker.app.WorkerSettings``."""

log = structlog.get_logger(__name__)


class WorkerProcess(msgspec.Struct, frozen=True):
    """A running worker: what wakes it, and what drains it."""

    dispatcher: Dispatcher
    leaseholder: Leaseholder


async def run(settings: Settings, registry: Registry) -> None:
    """Work until SIGTERM or SIGINT, then drain: claim no more, finish or give back what is under way."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    assert settings.redis_url is not None
    async with working(settings, registry) as worker:
        bell = asyncio.create_task(
            listen(settings.redis_url, worker.dispatcher.wake, worker.leaseholder.request_cancel)
        )
        await _first(stopped.wait(), bell)
        bell.cancel()
        await asyncio.gather(bell, return_exceptions=True)


@asynccontextmanager
async def working(settings: Settings, registry: Registry) -> AsyncIterator[WorkerProcess]:
    """A worker that claims and executes while the block runs, and drains at its end."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    owner = uuid.uuid4()  # random per start: no host name is trusted to be unique
    pool = await open_pool(settings.database_url, size=settings.pool_size, session=_session(settings))
    await remember(pool, registry)
    changes = Publisher(settings.redis_url)
    services = Services(
        journal=Journal(pool, owner, changes.publish),
        caller=Caller(),
        clock=Clock(),
        result_limit_bytes=settings.result_limit_bytes,
    )
    leaseholder = Leaseholder(settings.database_url, owner, settings.lease_seconds)
    leases = Leases(pool, owner, settings.lease_seconds)
    dispatcher = Dispatcher(registry, leases, leaseholder, services, slots=settings.worker_slots)
    leaseholder.start()
    dispatching = asyncio.create_task(dispatcher.keep_dispatching())
    try:
        yield WorkerProcess(dispatcher, leaseholder)
    finally:
        await dispatcher.drain(settings.drain_seconds)
        await dispatching
        leaseholder.stop()
        services.caller.close()
        await services.journal.drain()
        await changes.close()
        await pool.close()


class Publisher:
    """Publishes changes off the journal's path, those of one moment together."""

    def __init__(self, redis_url: str) -> None:
        self._changes = Changes(redis_url)
        self._waiting: list[Change] = []
        self._sender: asyncio.Task[None] | None = None

    def publish(self, changes: list[Change]) -> None:
        """Send soon; never waits, never fails."""
        self._waiting += changes
        if self._waiting and (self._sender is None or self._sender.done()):
            self._sender = asyncio.get_running_loop().create_task(self._send())

    async def close(self) -> None:
        """Send what is left and disconnect."""
        if self._sender is not None:
            await self._sender
        await self._changes.close()

    async def _send(self) -> None:
        while self._waiting:
            changes, self._waiting = self._waiting, []
            await self._changes.publish(changes)


def _session(settings: Settings) -> dict[str, str]:
    """A paused worker must not keep a row locked for longer than its lease."""
    limit_ms = str(int(settings.lease_seconds * 1000 * 0.8))
    return {
        "application_name": "operations-api worker",
        "statement_timeout": limit_ms,
        "idle_in_transaction_session_timeout": limit_ms,
        "tcp_user_timeout": limit_ms,
    }


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
        await ctx["stack"].aclose()

    return type(
        "WorkerSettings",
        (),
        {
            "functions": [func(wake, name=WAKE)],
            "on_startup": on_startup,
            "on_shutdown": on_shutdown,
            "redis_settings": redis_settings(settings.redis_url),
            "queue_name": QUEUE,
            "keep_result": 0,
            "max_tries": 1,
            "poll_delay": STOCK_POLL_SECONDS,
            "job_serializer": serialize,
            "job_deserializer": deserialize,
            "log_results": False,
        },
    )
