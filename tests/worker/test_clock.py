"""The time of a worker is Postgres' time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from worker.clock import Clock

LONG_AHEAD = datetime(2126, 1, 1, tzinfo=UTC)


def test_the_time_is_what_postgres_said_last_carried_on_by_the_monotonic_clock() -> None:
    elapsed_seconds = 100.0
    clock = Clock(lambda: elapsed_seconds)
    clock.observe(LONG_AHEAD)
    assert clock.now() == LONG_AHEAD
    elapsed_seconds += 7.5
    assert clock.now() == LONG_AHEAD + timedelta(seconds=7.5)
    clock.observe(LONG_AHEAD - timedelta(hours=1))  # it was set back
    assert clock.now() == LONG_AHEAD - timedelta(hours=1)
