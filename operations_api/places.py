"""The place of each start in the fair order: by its tenant's weight, and by whose turn it is now.

What has to wait for room, because its type has a limit, stands in a line of that type: whose turn it is there is known
of nobody else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

from operations_api.domain.definition import Definition
from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.fair_order import FairOrder, Priority

LOOK_SECONDS: Final = 0.5
"""How old the knowledge of whose turn it is may be while operations are started. Nobody looks while none are."""

LATEST_SECONDS: Final = 9_000_000_000
"""In the year 2255: nanoseconds of later times are more than a bigint holds."""

ReadHead = Callable[[str | None], Awaitable[int | None]]
"""Asks whose turn it is: of a type with a limit, or of everything else."""

log = structlog.get_logger(__name__)


class Places:
    """One per process. ``weight_of`` says how much of the workers a tenant has."""

    def __init__(self, weight_of: Callable[[str], int], read_head: ReadHead) -> None:
        self._weight_of = weight_of
        self._read_head = read_head
        self._lines: dict[str | None, _Line] = {}

    def next(self, tenant: str, definition: Definition, priority: Priority, not_before: datetime | None = None) -> int:
        """The next place of this tenant and priority. What starts later has a place of then."""
        line = self._line_of(definition)
        line.look_now_and_then()
        due_seconds = 0 if not_before is None else min(int(not_before.timestamp()), LATEST_SECONDS)
        return line.order.place(
            tenant,
            time.time_ns(),
            priority=priority,
            weight=self._weight_of(tenant),
            due_ns=due_seconds * 1_000_000_000,
        )

    async def look(self, definition: Definition) -> None:
        """Ask whose turn it is, before places are given to what nobody has asked for lately."""
        await self._line_of(definition).look()

    async def close(self) -> None:
        """Look no more."""
        for line in self._lines.values():
            await line.close()

    def _line_of(self, definition: Definition) -> _Line:
        name = None if definition.concurrency_limit is None else definition.name
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = _Line(lambda: self._read_head(name))
        return line


class _Line:
    """Everything that waits for the same."""

    def __init__(self, read_head: Callable[[], Awaitable[int | None]]) -> None:
        self.order = FairOrder()
        self._read_head = read_head
        self._looked_at = -LOOK_SECONDS
        self._looking: asyncio.Task[None] | None = None

    def look_now_and_then(self) -> None:
        is_looking = self._looking is not None and not self._looking.done()
        if not is_looking and time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looking = asyncio.get_running_loop().create_task(self.look())

    async def look(self) -> None:
        self._looked_at = time.monotonic()
        try:
            head = await self._read_head()
        except StoreUnavailable as error:
            log.debug("whose turn it is cannot be asked now", error=str(error))
        else:
            self.order.observe_head(head, time.time_ns())

    async def close(self) -> None:
        if self._looking is not None:
            await self._looking
