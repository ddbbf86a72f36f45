"""The versions this worker can execute, said again and again: operations of a version nobody knows need attention."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from operations_api.domain.change import Change
from operations_api.domain.errors import StoreUnavailable
from operations_api.store.connection import Pool
from operations_api.store.definitions import announce, park_orphans

ANNOUNCE_SECONDS: Final = 10.0
"""Often enough that several may be missed before anybody concludes that there is no such worker."""

PARK_BATCH: Final = 500

log = structlog.get_logger(__name__)


class Announcer:
    """Announces ``known`` (type, version), and marks what waits for a version that nobody announces."""

    def __init__(self, pool: Pool, known: Iterable[tuple[str, int]], on_change: Callable[[list[Change]], None]) -> None:
        self._pool = pool
        self._known = list(known)
        self._on_change = on_change

    async def keep_announcing(self) -> None:
        """Rounds until cancelled; one that fails, as while Postgres is away, is left out."""
        while True:
            try:
                await self.run_once()
            except Exception as error:  # whatever it is: who is not heard of for a minute counts as gone
                unexpected = None if isinstance(error, StoreUnavailable) else error
                log.warning("versions cannot be announced", error=str(error), exc_info=unexpected)
            await asyncio.sleep(ANNOUNCE_SECONDS)

    async def run_once(self) -> int:
        """One round: announce, then look for those nobody announces. How many operations wait for those."""
        await announce(self._pool, self._known)
        parked = await park_orphans(self._pool, PARK_BATCH)
        if parked:
            log.warning("no worker knows the version of these operations", operations=len(parked))
            self._on_change(parked)
        return len(parked)
