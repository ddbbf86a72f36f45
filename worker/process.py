"""The composition root of a worker process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Final

import msgspec

from operations_api.changes import Changes
from operations_api.domain.change import Change
from operations_api.domain.operation import FOR_EVER
from operations_api.domain.registry import Registry
from operations_api.endings import end
from operations_api.meter import UNMETERED, Meter
from operations_api.metrics import Metrics
from operations_api.otlp import tracer_of_environment
from operations_api.settings import Settings
from operations_api.store.cleaning import Kept
from operations_api.store.connection import Pool, open_pool
from operations_api.store.definitions import remember
from operations_api.store.journal import Journal
from operations_api.store.leases import Leases
from operations_api.store.schedules import Schedules
from operations_api.store.store import Store
from operations_api.store.type_limits import TypeLimits
from operations_api.store.webhooks import Webhooks
from worker.addresses import Guard, networks
from worker.announce import Announcer
from worker.call import Calls
from worker.clean import Cleaner
from worker.clock import Clock
from worker.courier import Courier
from worker.dispatch import Dispatcher
from worker.expose import exposed
from worker.lease import Leaseholder
from worker.schedules import Scheduler
from worker.script import Services
from worker.webhooks import Deliverer

JOURNAL_SESSIONS: Final = 10
"""Beside those of local handlers: two for the journal, one each for progress, claims, and each of the other rounds, and
two for what is started in a schedule's turn."""

FAREWELL_SECONDS: Final = 2.0
"""Everything has been given back by then; a supervisor waits no longer than five seconds more."""


class WorkerProcess(msgspec.Struct, frozen=True):
    """A running worker: what wakes it, and what drains it."""

    dispatcher: Dispatcher
    leaseholder: Leaseholder


@asynccontextmanager
async def working(settings: Settings, registry: Registry) -> AsyncIterator[WorkerProcess]:
    """A worker that claims and executes while the block runs, and drains at its end."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    owner = uuid.uuid4()  # random per start: no host name is trusted to be unique
    pool = await _open(settings)
    await remember(pool, registry)
    changes = Publisher(settings.redis_url)
    meter = UNMETERED if settings.metrics_port is None else Metrics()
    services = Services(
        journal=Journal(pool, owner, changes.publish, transactions=settings.pool_size, meter=meter),
        calls=Calls(),
        clock=Clock(),
        result_limit_bytes=settings.result_limit_bytes,
        meter=meter,
        tracer=tracer_of_environment("operations-api worker"),
    )
    leaseholder = Leaseholder(settings.database_url, owner, settings.lease_seconds)
    leases = Leases(pool, owner, settings.lease_seconds, changes.publish)
    type_limits = TypeLimits(pool, registry.versions, registry.limits)
    dispatcher = Dispatcher(registry, leases, type_limits, leaseholder, services, slots=settings.worker_slots)
    leaseholder.start()
    dispatching = asyncio.create_task(dispatcher.keep_dispatching())
    announcer = Announcer(pool, registry.versions, changes.publish)
    courier = Courier(Guard(networks(settings.webhook_networks)))
    deliverer = Deliverer(Webhooks(pool), courier, meter, services.tracer)
    scheduler = Scheduler(
        Schedules(pool), Store(pool), registry, settings.retention_days, dispatcher.wake,
        meter=meter, tracer=services.tracer,
    )  # fmt: skip
    rounds = (
        announcer.keep_announcing(),
        Cleaner(pool, _kept(settings), meter=meter).keep_cleaning(),
        deliverer.keep_delivering(),
        scheduler.keep_starting(),
    )
    beside = [asyncio.create_task(each) for each in rounds]
    try:
        async with _exposed(meter, settings):
            yield WorkerProcess(dispatcher, leaseholder)
    finally:
        dispatcher.claim_no_more()
        await dispatching
        await dispatcher.drain(settings.drain_seconds)
        await end(*beside)
        await deliverer.stop()
        await leaseholder.stop()
        await services.journal.drain()
        await changes.close()
        await _close(pool)
        await asyncio.to_thread(services.tracer.close)


async def _open(settings: Settings) -> Pool:
    assert settings.database_url is not None
    return await open_pool(
        settings.database_url,
        size=settings.pool_size + JOURNAL_SESSIONS,
        session=_session(settings),
        patience_seconds=settings.lease_seconds,  # Postgres itself gives a statement up before
    )


def _kept(settings: Settings) -> Kept:
    numbers = (
        settings.webhook_retention_days,
        settings.webhook_dead_retention_days,
        settings.webhook_event_retention_days,
    )
    return Kept(*(timedelta(days=min(number, FOR_EVER.days)) for number in numbers))


def _exposed(meter: Meter, settings: Settings) -> AbstractAsyncContextManager[None]:
    if not isinstance(meter, Metrics) or settings.metrics_port is None:
        return nullcontext()
    return exposed(meter.render, settings.host, settings.metrics_port)


async def _close(pool: Pool) -> None:
    """Say good-bye to Postgres; a connection whose other end is gone must not keep the process from stopping."""
    try:
        await asyncio.wait_for(pool.close(), FAREWELL_SECONDS)
    except TimeoutError:
        pool.terminate()


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
