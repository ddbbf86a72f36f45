"""How many requests a tenant may send: a token bucket in Redis, filled by and shared among all API processes.

One script reads, fills and spends in one step, by the clock of Redis. While Redis cannot be asked, each process goes on
with buckets of its own: a tenant then has up to as many shares as there are processes, and is never locked out.
Headers as in draft-ietf-httpapi-ratelimit-headers-08.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
import redis.asyncio as redis
import structlog
from cachetools import LRUCache
from redis.exceptions import RedisError

from operations_api.domain.problem import TOO_MANY_REQUESTS, Problem

PATIENCE_SECONDS: Final = 0.25
"""A Redis that does not answer within this time costs a request no more."""

SILENT_SECONDS: Final = 1.0
"""For so long it is not asked again: the others need not wait as well."""

REMEMBERED_TENANTS: Final = 10_000
"""A tenant that is forgotten starts with a full bucket."""

SPEND: Final = """
local rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local elapsed = math.max(0, now - (tonumber(bucket[2]) or now))
local tokens = math.min(rate, (tonumber(bucket[1]) or rate) + elapsed * rate)
local allowed = tokens >= cost
if allowed then tokens = math.min(rate, tokens - cost) end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.17g', now))
redis.call('PEXPIRE', KEYS[1], 2000)
return {allowed and 1 or 0, string.format('%.17g', tokens)}
"""
"""A bucket holds what a second gives, so after two seconds without a request it is full and may go."""

log = structlog.get_logger(__name__)


class Standing(msgspec.Struct, frozen=True):
    """What is left of a tenant's quota, in requests; ``per_second`` is the quota."""

    allowed: bool
    left: float
    per_second: int

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What a client is told with every answer."""
        return [
            ("RateLimit-Policy", f'"tenant";q={self.per_second};w=1'),
            ("RateLimit", f'"tenant";r={math.floor(self.left)};t=1'),
        ]

    def refusal(self) -> Problem:
        """The 429. A whole second later the bucket is full again."""
        return Problem(
            f"More than {self.per_second} requests per second came from your tenant; repeat this one after Retry-After "
            "seconds.",
            kind=TOO_MANY_REQUESTS,
            headers={"Retry-After": "1"},
        )


class RateLimit:
    """One per process."""

    def __init__(self, redis_url: str, per_second: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        )
        self._script: Any = self._redis.register_script(SPEND)
        self._per_second = per_second
        self._clock = clock
        self._local: LRUCache[str, tuple[float, float]] = LRUCache(REMEMBERED_TENANTS)
        self._silent_until = 0.0

    async def spend(self, tenant: str, cost: int = 1) -> Standing:
        """Take ``cost`` from the tenant's bucket, all or nothing; a negative one gives back. Never raises."""
        if self._clock() < self._silent_until:
            return self._spend_here(tenant, cost)
        try:
            key = f"operations-api:rate:{tenant}"
            allowed, left = await self._script(keys=[key], args=[self._per_second, cost])
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = self._clock() + SILENT_SECONDS
            log.warning("requests are counted by each process for itself", error=str(error))
            return self._spend_here(tenant, cost)
        return Standing(bool(allowed), float(left), self._per_second)

    async def close(self) -> None:
        """Disconnect."""
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    def _spend_here(self, tenant: str, cost: int) -> Standing:
        now, full = self._clock(), float(self._per_second)
        tokens, at = self._local.get(tenant, (full, now))
        tokens = min(full, tokens + (now - at) * full)
        allowed = tokens >= cost
        tokens = min(full, tokens - cost) if allowed else tokens
        self._local[tenant] = tokens, now
        return Standing(allowed, tokens, self._per_second)
