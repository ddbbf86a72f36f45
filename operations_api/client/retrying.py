"""Whether a request is repeated after what came of it, and when. Nothing here does I/O or looks at a clock.

A start may always be repeated, because its key makes it the same start. What is not worth repeating is what would be
answered the same again: every 4xx but the three below, and a 500, which is a defect that was logged.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

FIRST_PAUSE_SECONDS: Final = 0.2
"""A connection that broke once is mostly there again at once."""

LONGEST_PAUSE_SECONDS: Final = 10.0
"""A restarted API is back within seconds; later than this nobody need learn of it."""

LONGEST_DOUBLING: Final = 16
"""By then every pause is the longest; a power of two for each attempt of a whole night would overflow."""

BUSY: Final = frozenset({502, 503, 504})
"""Nobody can answer now, said by the API (503) or by a proxy before it."""

NOTHING_DONE: Final = frozenset({429})
"""Refused before anything was looked at, so that even what must not happen twice may be repeated."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of one attempt. ``status`` is None when no answer came; ``slug`` names the problem, if it is one."""

    status: int | None = None
    slug: str = ""
    retry_after_seconds: float | None = None


def pause_before_next(outcome: Outcome, attempt: int, chance: float, *, repeatable: bool = True) -> float | None:
    """The seconds until the next attempt; None when there is to be none.

    ``attempt`` counts from 0, ``chance`` is uniform in [0, 1): the pause is jittered over its whole length, so that
    clients that failed together do not come back together. What ``Retry-After`` says is waited for in any case, and the
    jitter comes on top. ``repeatable`` is whether doing it twice is as good as once.
    """
    if not (is_passing(outcome) if repeatable else outcome.status in NOTHING_DONE):
        return None
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * (1 << min(attempt, LONGEST_DOUBLING)))
    return (outcome.retry_after_seconds or 0.0) + chance * longest


def is_passing(outcome: Outcome) -> bool:
    """Whether the same request may soon be answered otherwise."""
    if outcome.status is None or outcome.status in BUSY or outcome.status in NOTHING_DONE:
        return True
    return outcome.status == 409 and outcome.slug == "idempotency-key-in-flight"


def seconds_of(retry_after: str | None, now: float) -> float | None:
    """``Retry-After`` (RFC 9110 section 10.2.3): seconds or a date. ``now`` is in seconds since the epoch."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except ValueError:
        return None
