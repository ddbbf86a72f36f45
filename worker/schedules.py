"""Starting what is scheduled: whichever worker comes, each tick under a key of its own, so that it starts once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
import structlog
import uuid_utils.compat as uuid_utils

from operations_api.domain.definition import Definition
from operations_api.domain.errors import KeyInFlight, StoreUnavailable
from operations_api.domain.fingerprint import canonical, fingerprint
from operations_api.domain.operation import pins_of
from operations_api.domain.registry import Registry
from operations_api.domain.schedule import Schedule
from operations_api.domain.starting import KeyOfDeletedOperation, KeyReused, StartRequest
from operations_api.meter import UNMETERED, Meter
from operations_api.places import Places
from operations_api.store.schedules import Schedules, Turn
from operations_api.store.store import Store
from operations_api.store.tenant_limits import TenantLimits
from operations_api.tracer import UNTRACED, Tracer

LOOK_SECONDS: Final = 1.0
"""How late a tick may be: what a query per schedule and worker costs is nothing beside it."""

log = structlog.get_logger(__name__)


class Ticked(msgspec.Struct, frozen=True):
    """What one round has done: operations it started, ticks that had one already."""

    started: int = 0
    replayed: int = 0


class Scheduler:
    """Looks at the registry's schedules while its worker runs; ``wake`` tells the worker of new operations."""

    def __init__(
        self,
        schedules: Schedules,
        store: Store,
        registry: Registry,
        retention_days: float,
        wake: Callable[[], None],
        *,
        meter: Meter = UNMETERED,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._meter = meter
        self._tracer = tracer
        self._schedules = schedules
        self._store = store
        self._registry = registry
        self._retention_days = retention_days
        self._wake = wake
        self._limits = TenantLimits(store.pool)
        self._weights: dict[str, int] = {}
        self._places = Places(lambda tenant: self._weights.get(tenant, 1), store.head_of_queue)

    async def keep_starting(self) -> None:
        """Rounds until cancelled, at once done where nothing is scheduled."""
        while self._registry.schedules:
            try:
                await self.run_once()
            except Exception as error:  # whatever it is: the ticks are made up for once it is over
                unexpected = None if isinstance(error, StoreUnavailable | KeyInFlight) else error
                log.warning("nothing scheduled can be started", error=str(error), exc_info=unexpected)
            await asyncio.sleep(LOOK_SECONDS)

    async def run_once(self, now: datetime | None = None) -> Ticked:
        """One round, as if it were ``now``. Raises ``StoreUnavailable`` and ``KeyInFlight``."""
        schedules = list(self._registry.schedules.values())
        await self._schedules.begin(schedules, now)
        replays: list[bool] = []
        for schedule in schedules:
            async with self._schedules.turn(schedule, now) as turn:
                if turn is not None:
                    replays += await self._take(turn)
        if not all(replays):
            self._wake()
        return Ticked(replays.count(False), replays.count(True))

    async def _take(self, turn: Turn) -> list[bool]:
        """Start what is due; for each tick whether it was a replay."""
        ticks = turn.schedule.due(turn.after, turn.now)
        if ticks:  # what the clock starts has its turn among all who wait, as what clients start
            self._weights = {each.tenant: each.weight or 1 for each in await self._limits.list()}
            await self._places.look(self._registry.current[turn.schedule.type])
        replays = await asyncio.gather(*(self._start(turn.schedule, tick) for tick in ticks))
        await turn.advance(ticks[-1] if ticks else None)
        self._count(turn, replays)
        return replays

    def _count(self, turn: Turn, replays: list[bool]) -> None:
        passed = turn.schedule.passed(turn.after, turn.now)
        if passed:
            name = turn.schedule.name
            self._meter.ticked(name, "started", replays.count(False))
            self._meter.ticked(name, "replayed", replays.count(True))
            self._meter.ticked(name, "skipped", max(passed - len(replays), 0))

    async def _start(self, schedule: Schedule, tick: datetime) -> bool:
        try:
            return await self._traced(schedule, tick)
        except (KeyReused, KeyOfDeletedOperation) as error:  # it has been started, and the input changed since
            log.warning("this tick has an operation already", schedule=schedule.name, tick=str(tick), error=str(error))
            return True

    async def _traced(self, schedule: Schedule, tick: datetime) -> bool:
        """Whether it was a replay. The first span of a trace, which every call of the operation will be below."""
        type, tenant = schedule.type, schedule.tenant
        with self._tracer.span(f"start {type}", None, type=type, tenant=tenant) as span:
            started = await self._store.start(self._request(schedule, tick, span.traceparent))
            span.end_with("replayed" if started.replayed else "started", operation=str(started.operation.id))
            return started.replayed

    def _request(self, schedule: Schedule, tick: datetime, traceparent: str | None) -> StartRequest:
        definition = self._registry.current[schedule.type]
        document = msgspec.json.decode(msgspec.json.encode(schedule.input))
        return StartRequest(
            tenant=schedule.tenant,
            type=schedule.type,
            key=schedule.key(tick),
            fingerprint=fingerprint(schedule.type, {"input": document}),
            id=uuid_utils.uuid7(),
            definition_version=definition.version,
            steps=pins_of(definition.steps_for(schedule.input)),
            input=canonical(document),
            labels={},
            deadline=None,
            not_before=None,
            traceparent=traceparent,
            retention_seconds=self._retention_seconds(definition),
            fair_order=self._places.next(schedule.tenant, definition, definition.priority),
            priority=definition.priority,
            limited=definition.concurrency_limit is not None,
        )

    def _retention_seconds(self, definition: Definition) -> int:
        return int(definition.retention(self._retention_days).total_seconds())
