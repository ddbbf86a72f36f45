"""How far the ticks of schedules have been looked at, and which schedules are paused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import msgspec

from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.schedule import Schedule
from operations_api.store.connection import CONFLICTS, Connection, Pool, connected
from operations_api.store.queries import columns, load

SQL: Final = load("schedules")


class ScheduleState(msgspec.Struct, frozen=True):
    """What the database knows of a schedule."""

    name: str
    last_tick_at: datetime | None = None
    paused_at: datetime | None = None


class Turn(msgspec.Struct, frozen=True):
    """A schedule's turn: nobody else looks at its ticks, which were looked at up to ``after``, and it is ``now``."""

    schedule: Schedule
    after: datetime
    now: datetime
    connection: Connection

    async def advance(self, last_tick_at: datetime | None) -> None:
        """Everything up to ``now`` has been looked at."""
        schedule = self.schedule
        await self.connection.execute(
            SQL["advance_schedule"], schedule.tenant, schedule.name, self.now, last_tick_at
        )  # fmt: skip


class Schedules:
    """One per process. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, schedules: Sequence[Schedule], now: datetime | None = None) -> None:
        """Note those that are new; what they missed before they were there is nobody's."""
        names = columns(((each.tenant, each.name) for each in schedules), width=2)
        async with connected(self._pool) as connection:
            await connection.execute(SQL["begin_schedules"], *names, now)

    @asynccontextmanager
    async def turn(self, schedule: Schedule, now: datetime | None = None) -> AsyncIterator[Turn | None]:
        """Its turn, in a transaction; None while it is paused or somebody else has it. ``now`` is Postgres' clock's."""
        async with connected(self._pool) as connection, connection.transaction():
            row = await connection.fetchrow(SQL["lock_schedule"], schedule.tenant, schedule.name)
            yield None if row is None else Turn(schedule, row["looked_until"], now or row["now"], connection)

    async def states(self, tenant: str, names: Sequence[str]) -> dict[str, ScheduleState]:
        """Those of one tenant, by name; one that no worker has looked at yet is not there."""
        rows = await self._fetch("read_schedules", tenant, list(names))
        return {row["name"]: ScheduleState(**row) for row in rows}

    async def pause(self, tenant: str, name: str) -> ScheduleState:
        """Let its ticks pass from now on."""
        return ScheduleState(**(await self._fetch("pause_schedule", tenant, name))[0])

    async def resume(self, tenant: str, name: str) -> ScheduleState:
        """Let its ticks count again; those that passed meanwhile do not."""
        return ScheduleState(**(await self._fetch("resume_schedule", tenant, name))[0])

    async def _fetch(self, statement: str, *args: Any) -> list[Any]:
        try:
            async with connected(self._pool) as connection:
                rows: list[Any] = await connection.fetch(SQL[statement], *args)
                return rows
        except CONFLICTS as error:
            raise StoreUnavailable(f"a worker is looking at this schedule: {error}") from error
