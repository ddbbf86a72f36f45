"""Fair order: when an operation should run, as if every tenant and each of its priorities had a lane of its own.

Self-clocked fair queueing (S. J. Golestani, A Self-Clocked Fair Queueing Scheme for Broadband Applications, INFOCOM
1994). A place is a time on a clock that is served: while something waits, it shows the place of whoever is next, and
else the present. An operation's place is one cost after that time, or after the last place of its lane, whichever is
later; the cost is smaller for a tenant with more weight, and for a high priority. Whoever starts a hundred thousand at
once gets places further and further ahead, so that ten of another tenant's are served in between.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

Priority: TypeAlias = Literal["high", "normal", "low"]

COST_NS: Final = 1_000_000
"""What one operation of normal priority costs a tenant of weight 1, on the clock that is served."""

COSTS: Final[dict[Priority, float]] = {"high": 1 / 8, "normal": 1, "low": 8}
"""While all wait, eight operations of one priority are served for one of the next lower: none of them starves."""

HEAD_IS_KNOWN_NS: Final = 2_000_000_000
"""Whoever was next longer ago than this has been served, or nobody has looked."""

MAX_REMEMBERED: Final = 10_000
"""Lanes whose last place has been served are forgotten when there are more than this."""

Lane = tuple[str, Priority]


class FairOrder:
    """Gives places to operations. One per process: processes know of each other only who is next, which is fair enough.

    ``chance`` gives numbers from 0 to 1: places differ by it where two processes count alike.
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._last: dict[Lane, int] = {}
        self._later: dict[Lane, tuple[int, int]] = {}
        self._forget_at = MAX_REMEMBERED
        self._chance = chance
        self._clock = 0
        self._somebody_waits = False
        self._head_at = 0

    def observe_head(self, place: int | None, now_ns: int) -> None:
        """Whose turn it is, among all that wait: None when nobody does.

        The clock never goes back: what is ready long after it started, as a retry is, has a place of then. Whoever
        started next would get places behind that one, before all who wait.
        """
        self._somebody_waits, self._head_at = place is not None, now_ns
        self._clock = max(self._clock, now_ns if place is None else min(place, now_ns))

    def place(
        self, tenant: str, now_ns: int, *, priority: Priority = "normal", weight: int = 1, due_ns: int = 0
    ) -> int:
        """The next place of this lane, in nanoseconds; lower runs earlier, and no two of a lane are alike.

        What is not due before a later time has its place behind that time, as if it were started then: what was
        planned in advance, however much it is, comes before nobody who starts meanwhile.
        """
        lane = (tenant, priority)
        cost = COST_NS * COSTS[priority] / weight
        begin = self._begin_later(lane, due_ns, int(cost)) if due_ns > now_ns else self._begin(lane, now_ns, int(cost))
        return begin + int(cost * (1 - self._chance() / 2))

    def _begin(self, lane: Lane, now_ns: int, cost: int) -> int:
        served = self._served(now_ns)
        begin = max(served, self._last.get(lane, 0))
        self._last[lane] = begin + cost
        if len(self._last) > self._forget_at:
            self._forget_before(served)
        return begin

    def _begin_later(self, lane: Lane, due_ns: int, cost: int) -> int:
        """Those of one time stand one behind the other; of each lane the latest such time is remembered."""
        last_due, last = self._later.get(lane, (0, 0))
        begin = last if due_ns == last_due else due_ns + int(COST_NS * self._chance())
        if len(self._later) >= MAX_REMEMBERED:
            self._later.clear()
        self._later[lane] = (due_ns, begin + cost)
        return begin

    def _served(self, now_ns: int) -> int:
        if not self._somebody_waits or now_ns - self._head_at > HEAD_IS_KNOWN_NS:
            return now_ns
        return min(now_ns, self._clock)

    def _forget_before(self, served: int) -> None:
        self._last = {lane: last for lane, last in self._last.items() if last > served}
        self._forget_at = max(MAX_REMEMBERED, 2 * len(self._last))  # where all still wait, not again at once
