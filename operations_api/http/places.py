"""The place of each start in the fair order: by its tenant's weight, and by whose turn it is now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.fair_order import FairOrder, Priority

LOOK_SECONDS: Final = 0.5
"""How old the knowledge of whose turn it is may be while operations are started. Nobody looks while none are."""

log = structlog.get_logger(__name__)


class Places:
    """One per process. ``weight_of`` says how much of the workers a tenant has; ``read_head`` asks whose turn it is."""

    def __init__(self, weight_of: Callable[[str], int], read_head: Callable[[], Awaitable[int | None]]) -> None:
        self._order = FairOrder()
        self._weight_of = weight_of
        self._read_head = read_head
        self._looked_at = -LOOK_SECONDS
        self._looking: asyncio.Task[None] | None = None

    def next(self, tenant: str, priority: Priority) -> int:
        """The next place of this tenant and priority."""
        is_looking = self._looking is not None and not self._looking.done()
        if not is_looking and time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return self._order.place(tenant, time.time_ns(), priority=priority, weight=self._weight_of(tenant))

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            await self._looking

    async def _look(self) -> None:
        try:
            head = await self._read_head()
        except StoreUnavailable as error:
            log.debug("whose turn it is cannot be asked now", error=str(error))
        else:
            self._order.observe_head(head, time.time_ns())
