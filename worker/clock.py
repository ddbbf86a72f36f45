"""Postgres' clock, as this process knows it: leases, deadlines and retries are measured by it, never by the host's."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """The database's time at the last answer, carried on by the monotonic clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen_at = monotonic()
        self._seen = datetime.now(UTC)  # until the first answer, which comes with the first claim

    def observe(self, database_time: datetime) -> None:
        """Postgres said that it is this late."""
        self._seen, self._seen_at = database_time, self._monotonic()

    def now(self) -> datetime:
        """The time by Postgres' clock."""
        return self._seen + timedelta(seconds=self._monotonic() - self._seen_at)
