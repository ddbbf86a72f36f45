"""A schedule: which operation starts when, by a cron expression or at an interval. Data of the registry.

A tick is a moment at which an operation is due. Ticks are a function of the schedule alone, so that any number of
workers find the same ones, and each names its operation: ``scheduled:{name}:{time}`` is its idempotency key.

Where clocks are changed, cron expressions mean what Debian's cron takes them to mean. One with a fixed time of day
fires once on every day: a time that the clock leaps over is made up for when it has leapt, and of a time that comes
twice the first counts. One with ``*`` for minute or hour, and an interval, follow the time that passes: an hour that
is left out has no ticks, one that comes twice has twice as many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cronsim import CronSim, CronSimError

from operations_api.domain.errors import DefinitionError
from operations_api.domain.step import NAME

Missed = Literal["skip", "latest", "all"]

LONGEST_NAME: Final = 100

TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

LATE: Final = timedelta(minutes=1)
"""A tick that nobody looked for in this time was missed; workers look every second."""

MOST_MISSED: Final = 100
"""How many ticks are made up for at most: a service that comes back has other things to do as well."""

FIELDS: Final = 5
"""With a sixth one for seconds, the changes of clocks would mean something else."""

SHORTEST_SECONDS: Final = 1
LONGEST_SECONDS: Final = 366 * 86_400
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


MOST_COUNTED: Final = 1_000
"""Whoever has missed more need not know how many."""


class Schedule:
    """Starts operations of a type for a tenant, with one input, whenever it is time.

    ``cron`` is an expression of five fields in ``timezone``, a name of the IANA database. ``every`` is an interval in
    whole seconds instead: its ticks are the multiples since 1970-01-01T00:00:00Z. ``missed`` says what to do about
    ticks that passed while no worker ran: ``skip`` them, start the ``latest`` one, or ``all`` of them, at most the
    newest ``MOST_MISSED``.

    Raises ``DefinitionError``.
    """

    def __init__(
        self,
        name: str,
        type: str,
        input: msgspec.Struct,
        *,
        tenant: str,
        cron: str | None = None,
        every: int | None = None,
        timezone: str = "UTC",
        missed: Missed = "latest",
    ) -> None:
        self.name = name
        self.type = type
        self.input = input
        self.tenant = tenant
        self.cron = cron
        self.every = every
        self.timezone = timezone
        self.missed = missed
        self._check()
        self._zone = self._found_zone()
        self._check_cron()

    def due(self, after: datetime, until: datetime) -> list[datetime]:
        """The ticks after ``after``, up to and with ``until``, to start now, the oldest first; by ``missed``."""
        limit = MOST_MISSED if self.missed == "all" else 1
        newest = list(islice(takewhile(lambda tick: tick > after, self._backwards(until)), limit))
        if self.missed == "skip":
            newest = [tick for tick in newest if tick >= until - LATE]
        return newest[::-1]

    def passed(self, after: datetime, until: datetime) -> int:
        """How many ticks there were after ``after``, up to and with ``until``; counting stops at ``MOST_COUNTED``."""
        ticks = takewhile(lambda tick: tick > after, self._backwards(until))
        return sum(1 for _ in islice(ticks, MOST_COUNTED))

    def next_after(self, moment: datetime) -> datetime:
        """The first tick after this one."""
        if self.every is not None:
            return _multiple(moment, self.every) + timedelta(seconds=self.every)
        return next(CronSim(self._expression, moment.astimezone(self._zone))).astimezone(UTC)

    def key(self, tick: datetime) -> str:
        """The idempotency key of the operation of this tick."""
        return f"scheduled:{self.name}:{tick.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def __repr__(self) -> str:
        return f"Schedule({self.name!r}, {self.type!r})"

    @property
    def _expression(self) -> str:
        assert self.cron is not None
        return self.cron

    def _backwards(self, until: datetime) -> Iterator[datetime]:
        """The ticks up to and with ``until``, the newest first."""
        if self.every is not None:
            tick = _multiple(until, self.every)
            while True:
                yield tick
                tick -= timedelta(seconds=self.every)
        a_second_later = until.replace(microsecond=0) + timedelta(seconds=1)  # the iterator begins before its start
        for local in CronSim(self._expression, a_second_later.astimezone(self._zone), reverse=True):
            yield local.astimezone(UTC)

    def _check(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name) or len(self.name) > LONGEST_NAME:
            raise DefinitionError(
                f'schedule name "{self.name}": use lower-case words joined by hyphens, at most {LONGEST_NAME} '
                'characters, such as "nightly-report"'
            )
        if (self.cron is None) == (self.every is None):
            raise self._error('give it either cron="0 3 * * *" or every=3600')
        if self.every is not None and not _is_interval(self.every):
            raise self._error(f"every must be whole seconds, from {SHORTEST_SECONDS} to {LONGEST_SECONDS}")
        if self.missed not in ("skip", "latest", "all"):
            raise self._error('missed must be "skip", "latest" or "all"')
        if not isinstance(self.tenant, str) or not TENANT.fullmatch(self.tenant):
            raise self._error("tenant must be the name of a tenant: letters, digits, dots, hyphens and underscores")
        if not isinstance(self.input, msgspec.Struct):
            raise self._error(f"input must be a msgspec.Struct, not {self.input!r}")

    def _found_zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, OSError, ValueError, TypeError):  # unknown, or no name at all
            raise self._error(
                f'there is no time zone "{self.timezone}" on this machine: use a name such as "Europe/Berlin", and '
                "install the package tzdata where the system has no zones"
            ) from None

    def _check_cron(self) -> None:
        if self.cron is None:
            return
        try:
            if len(self.cron.split()) != FIELDS:
                raise CronSimError
            next(CronSim(self.cron, EPOCH.astimezone(self._zone)))
        except (CronSimError, TypeError, AttributeError):
            raise self._error(f"{self.cron!r} is no cron expression: use five fields, such as 0 3 * * 1-5") from None
        except StopIteration:
            raise self._error(f"{self.cron!r} never comes") from None

    def _error(self, sentence: str) -> DefinitionError:
        return DefinitionError(f'schedule "{self.name}": {sentence}')


def _is_interval(every: Any) -> bool:
    return isinstance(every, int) and not isinstance(every, bool) and SHORTEST_SECONDS <= every <= LONGEST_SECONDS


def _multiple(moment: datetime, seconds: int) -> datetime:
    """The last multiple of so many seconds since the epoch."""
    passed = int((moment - EPOCH) / timedelta(seconds=1)) if moment >= EPOCH else 0
    return EPOCH + timedelta(seconds=passed - passed % seconds)
