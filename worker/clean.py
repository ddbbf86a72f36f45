"""Forgetting what is old: in small batches with pauses, by whichever worker comes first, one at a time."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime
from typing import Final

import msgspec
import structlog

from operations_api.domain.errors import StoreUnavailable
from operations_api.meter import UNMETERED, Meter
from operations_api.store.cleaning import DEFAULT, Cleaned, Kept, clean_batch
from operations_api.store.connection import Pool

CLEAN_BATCH: Final = 500
"""A few milliseconds of locks, on rows that nobody needs any more."""

CLEAN_SECONDS: Final = 60.0
"""How late something is forgotten that lived for days."""

PAUSE_TIMES: Final = 3.0
"""So many times what a full batch took is waited before the next one: others have the disk for three quarters of the
time, and where there is nobody else several thousand operations a second go, more than a worker finishes."""

log = structlog.get_logger(__name__)


class Cleaner:
    """Cleans while its worker runs."""

    def __init__(self, pool: Pool, kept: Kept = DEFAULT, *, batch: int = CLEAN_BATCH, meter: Meter = UNMETERED) -> None:
        self._pool = pool
        self._kept = kept
        self._meter = meter
        self._batch = batch

    async def keep_cleaning(self) -> None:
        """Rounds until cancelled; one that fails, as while Postgres is away, is left out."""
        while True:
            cleaned, begun = Cleaned(), time.monotonic()
            try:
                cleaned = await self.run_once()
            except Exception as error:  # whatever it is: a worker that cleans no more lets the tables grow for ever
                unexpected = None if isinstance(error, StoreUnavailable) else error
                log.warning("nothing can be cleaned", error=str(error), exc_info=unexpected)
            pause = self.pause_after(cleaned, time.monotonic() - begun)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 -- so that workers take turns

    async def run_once(self, now: datetime | None = None) -> Cleaned:
        """One batch, as if it were ``now``. Raises ``StoreUnavailable``."""
        cleaned = await clean_batch(self._pool, self._batch, self._kept, now)
        self._meter.cleaned(msgspec.structs.asdict(cleaned))
        if cleaned != Cleaned():
            log.info("cleaned", **msgspec.structs.asdict(cleaned))
        return cleaned

    def pause_after(self, cleaned: Cleaned, took_seconds: float) -> float:
        """Seconds until the next batch, which is soon while there is more."""
        return PAUSE_TIMES * took_seconds if self.is_full(cleaned) else CLEAN_SECONDS

    def is_full(self, cleaned: Cleaned) -> bool:
        """Whether there may be more to do at once."""
        # operations may have more keys than one, and fewer: they say nothing of what is left
        counts = msgspec.structs.asdict(cleaned)
        return any(count >= self._batch for kind, count in counts.items() if kind != "keys")
