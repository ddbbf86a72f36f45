"""Which limits hold for a tenant: those an operator set for it, else those of the settings."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from operations_api.http.in_flight import Room
from operations_api.http.rate_limit import Standing
from operations_api.settings import Settings
from operations_api.store.tenant_limits import NO_LIMIT, TenantLimit

REREAD_SECONDS: Final = 2.0
"""How much later a limit that was set holds, at most, on every replica."""

log = structlog.get_logger(__name__)


class Limit(msgspec.Struct, frozen=True):
    """What holds for one tenant. None: no limit. ``weight`` is its share of the workers while others wait, too."""

    requests_per_second: int | None
    operations_in_flight: int | None
    weight: int = 1


class Limits:
    """One per process. All that were set are read again every other second, so that no request costs a query."""

    def __init__(self, settings: Settings, read: Callable[[], Awaitable[Sequence[TenantLimit]]]) -> None:
        self._default = Limit(settings.rate_limit, settings.in_flight_limit)
        self._read = read
        self._own: dict[str, Limit] = {}
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read them, and go on reading."""
        await self.reread()
        self._task = asyncio.create_task(self._reread_for_ever())

    async def close(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def of(self, tenant: str) -> Limit:
        """What holds for this tenant."""
        return self._own.get(tenant, self._default)

    async def reread(self) -> None:
        """Learn what was set. While Postgres cannot be asked what was known holds."""
        try:
            found = await self._read()
        except Exception as error:  # whatever it is, requests are to be answered
            log.warning("limits of single tenants cannot be read now", error=repr(error))
            return
        self._own = {each.tenant: self._limit(each) for each in found}

    async def _reread_for_ever(self) -> None:
        while True:
            await asyncio.sleep(REREAD_SECONDS)
            await self.reread()

    def _limit(self, own: TenantLimit) -> Limit:
        return Limit(
            _chosen(own.requests_per_second, self._default.requests_per_second),
            _chosen(own.operations_in_flight, self._default.operations_in_flight),
            own.weight or 1,
        )


def limit_headers(standing: Standing | None, room: Room | None) -> list[tuple[bytes, bytes]]:
    """``RateLimit-Policy`` and ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers-10), with what there is to say."""
    policies, left = [], []
    if standing is not None:
        policies.append(f'"tenant";q={standing.per_second};w=1')
        left.append(f'"tenant";r={math.floor(standing.left)};t=1')
    if room is not None:
        policies.append(f'"in-flight";q={room.limit};qu="concurrent-requests"')
        left.append(f'"in-flight";r={room.left}')
    if not policies:
        return []
    return [(b"ratelimit-policy", ", ".join(policies).encode()), (b"ratelimit", ", ".join(left).encode())]


def _chosen(own: int | None, default: int | None) -> int | None:
    if own is None:
        return default
    return None if own == NO_LIMIT else own
