"""How many requests a tenant may send: a token bucket in Redis, filled by and shared among all API processes.

One script reads, fills and spends in one step. While Redis cannot be asked, each process goes on with buckets of its
own: a tenant then has up to as many shares as there are processes, and is never locked out.
"""

from __future__ import annotations

from typing import Final

import msgspec
from cachetools import LRUCache

from operations_api.domain.problem import TOO_MANY_REQUESTS, Problem
from operations_api.http.redis_scripts import RedisScripts

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


class Standing(msgspec.Struct, frozen=True):
    """What is left of a tenant's quota, in requests; ``per_second`` is the quota."""

    allowed: bool
    left: float
    per_second: int

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

    def __init__(self, scripts: RedisScripts) -> None:
        self._scripts = scripts
        self._local: LRUCache[str, tuple[float, float]] = LRUCache(REMEMBERED_TENANTS)

    async def spend(self, tenant: str, per_second: int, cost: int = 1) -> Standing:
        """Take ``cost`` from the tenant's bucket, all or nothing; a negative one gives back. Never raises."""
        answer = await self._scripts.run(SPEND, f"operations-api:rate:{tenant}", per_second, cost)
        if answer is None:
            return self._spend_here(tenant, float(per_second), cost)
        return Standing(bool(answer[0]), float(answer[1]), per_second)

    def _spend_here(self, tenant: str, full: float, cost: int) -> Standing:
        now = self._scripts.clock()
        tokens, at = self._local.get(tenant, (full, now))
        tokens = min(full, tokens + (now - at) * full)
        allowed = tokens >= cost
        tokens = min(full, tokens - cost) if allowed else tokens
        self._local[tenant] = tokens, now
        return Standing(allowed, tokens, int(full))
