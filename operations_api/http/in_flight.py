"""How many operations a tenant may have in flight: counted at most once a second, and kept up to date in between.

The count is one for all API processes, in Redis: whoever finds none asks Postgres, which counts in an index of what is
not done and no further than the limit. Until that count is a second old every start adds one. So the limit is
approximate: what ended within the last second still counts, and what was being stored at the instant of counting may
not. While Redis cannot be asked each process counts for itself, and does not know what the others accept in that
second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from cachetools import LRUCache, TTLCache

from operations_api.domain.problem import TOO_MANY_REQUESTS, Problem
from operations_api.http.redis_scripts import RedisScripts

COUNTED_SECONDS: Final = 1
"""How long a count is good for; after it, whoever was refused learns what has ended since."""

REMEMBERED_TENANTS: Final = 10_000
"""A tenant that is forgotten is counted again."""

TAKE: Final = """
local known = tonumber(redis.call('GET', KEYS[1]) or -1)
local limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
if known < 0 then return {0, -1} end
if cost > 0 and known + cost > limit then return {0, known} end
if cost ~= 0 then known = redis.call('INCRBY', KEYS[1], math.max(cost, -known)) end
return {1, known}
"""

REMEMBER: Final = "return {redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0}"
"""Of several that counted at the same time the first is believed: the others would forget what was accepted since."""

Count = Callable[[str, int], Awaitable[int]]
"""How many operations of a tenant are not done, counting no further than the number given."""


class Room(msgspec.Struct, frozen=True):
    """Whether there is room, and for how many operations more; ``limit`` is how many there may be."""

    allowed: bool
    left: int
    limit: int

    def refusal(self) -> Problem:
        """The 429. When the next count will say otherwise, nobody knows."""
        return Problem(
            f"Your tenant has {self.limit} operations that are not done, as many as it may have; repeat this request "
            "after Retry-After seconds, or cancel some.",
            kind=TOO_MANY_REQUESTS,
            headers={"Retry-After": str(COUNTED_SECONDS)},
        )


class InFlight:
    """One per process."""

    def __init__(self, scripts: RedisScripts, count: Count) -> None:
        self._scripts = scripts
        self._count = count
        self._local: LRUCache[str, tuple[int, float]] = LRUCache(REMEMBERED_TENANTS)
        self._seen: TTLCache[str, Room] = TTLCache(REMEMBERED_TENANTS, COUNTED_SECONDS, timer=scripts.clock)
        self._counting: dict[str, asyncio.Future[None]] = {}

    async def take(self, tenant: str, limit: int, operations: int = 1) -> Room:
        """Take room for so many operations, all or nothing; for none, see how much there is.

        Raises what counting raises.
        """
        allowed, known = await self._take(tenant, limit, operations)
        if known < 0:
            await self._count_once(tenant, limit)
            allowed, known = await self._take(tenant, limit, operations)
        if known < 0:  # the count was slower than it is good for: better one too many than nobody
            allowed, known = True, operations
        room = self._seen[tenant] = Room(allowed, max(0, limit - known), limit)
        return room

    async def give_back(self, tenant: str, limit: int) -> Room | None:
        """Give back what was taken for one; None when nobody has counted lately. Never raises."""
        _, known = await self._take(tenant, limit, -1)
        if known < 0:
            return None
        room = self._seen[tenant] = Room(True, max(0, limit - known), limit)
        return room

    async def look(self, tenant: str, limit: int) -> Room:
        """How much room there is, up to a second ago. Raises what counting raises."""
        seen = self._seen.get(tenant)
        if seen is not None and seen.limit == limit:
            return seen
        return await self.take(tenant, limit, 0)

    async def _take(self, tenant: str, limit: int, operations: int) -> tuple[bool, int]:
        """Whether there was room, and how many there are now; -1 when nobody has counted lately."""
        answer = await self._scripts.run(TAKE, _key(tenant), limit, operations)
        if answer is not None:
            return bool(answer[0]), int(answer[1])
        return self._take_here(tenant, limit, operations)

    def _take_here(self, tenant: str, limit: int, operations: int) -> tuple[bool, int]:
        known, good_until = self._local.get(tenant, (-1, 0.0))
        if known < 0 or self._scripts.clock() >= good_until:
            return False, -1
        if operations > 0 and known + operations > limit:
            return False, known
        known = max(0, known + operations)
        self._local[tenant] = known, good_until
        return True, known

    async def _count_once(self, tenant: str, limit: int) -> None:
        """Concurrent requests of one tenant share one query."""
        counting = self._counting.get(tenant)
        if counting is None:
            counting = self._counting[tenant] = asyncio.ensure_future(self._count_anew(tenant, limit))
            counting.add_done_callback(lambda _: self._counting.pop(tenant, None))
        await asyncio.shield(counting)

    async def _count_anew(self, tenant: str, limit: int) -> None:
        counted = await self._count(tenant, limit)
        if await self._scripts.run(REMEMBER, _key(tenant), counted, COUNTED_SECONDS * 1000) is None:
            self._local[tenant] = counted, self._scripts.clock() + COUNTED_SECONDS


def _key(tenant: str) -> str:
    return f"operations-api:in-flight:{tenant}"
