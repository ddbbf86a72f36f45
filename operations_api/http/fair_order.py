"""Fair order by start-time fair queueing: when an operation should run, as if every tenant had a lane of its own.

A tenant that starts now and then gets the present time. One that starts a hundred thousand at once gets times further
and further ahead, so ten of another tenant's, started a second later, are not behind all of them.
"""

from __future__ import annotations

from typing import Final

SPACING_US: Final = 1_000
"""What one operation costs its tenant: a tenant has up to a thousand places per second in the common order."""

MAX_REMEMBERED: Final = 10_000
"""Tenants whose last place is past are forgotten when there are more than this."""


class FairOrder:
    """Gives places to operations. One per process: processes know nothing of each other, which is fair enough."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def place(self, tenant: str, now_us: int) -> int:
        """The next place of this tenant, in microseconds since the epoch; lower runs earlier."""
        place = max(now_us, self._last.get(tenant, 0) + SPACING_US)
        self._last[tenant] = place
        if len(self._last) > MAX_REMEMBERED:
            self._forget_before(now_us)
        return place

    def _forget_before(self, now_us: int) -> None:
        # a place less than one spacing ago still holds the next one back
        self._last = {tenant: last for tenant, last in self._last.items() if last + SPACING_US > now_us}
