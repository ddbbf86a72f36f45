"""How long calls of coroutines may take: one timer of the loop for all of them. Threads have their own."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class TimeLimits:
    """Ends what takes longer than it may. One per loop.

    The loop has one timer, for the earliest end: thousands of calls a second begin and end before theirs, and a timer
    for each of them costs more than the rest of its limit.
    """

    def __init__(self) -> None:
        self._ends_at: dict[asyncio.Timeout, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = math.inf

    async def keep(self, call: Awaitable[T], seconds: float) -> T:
        """What the call returns or raises; after so many seconds it is cancelled: ``TimeoutError``."""
        async with asyncio.timeout(None) as limit:
            self._begin(limit, seconds)
            try:
                return await call
            finally:
                self._ends_at.pop(limit, None)

    def _begin(self, limit: asyncio.Timeout, seconds: float) -> None:
        self._ends_at[limit] = ends_at = asyncio.get_running_loop().time() + seconds
        if ends_at < self._looks_at:
            self._look_at(ends_at)

    def _look_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at = when
        self._timer = None if when == math.inf else asyncio.get_running_loop().call_at(when, self._look)

    def _look(self) -> None:
        """End what is over, if anything is: whoever the timer was set for may have ended in time. Then the next one."""
        now = max(self._looks_at, asyncio.get_running_loop().time())  # it may ring a little early
        for limit in [limit for limit, ends_at in self._ends_at.items() if ends_at <= now]:
            del self._ends_at[limit]
            limit.reschedule(now)
        self._look_at(min(self._ends_at.values(), default=math.inf))
