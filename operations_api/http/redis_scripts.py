"""Scripts in Redis, for what all API processes count together. Each is one atomic step, by the clock of Redis."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

PATIENCE_SECONDS: Final = 0.25
"""A Redis that does not answer within this time costs a request no more."""

SILENT_SECONDS: Final = 1.0
"""For so long it is not asked again: the others need not wait as well."""

log = structlog.get_logger(__name__)


class RedisScripts:
    """One per process: one pool of connections, and one memory of whether Redis answers."""

    def __init__(self, redis_url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        )
        self._known: dict[str, Any] = {}
        self._silent_until = 0.0

    async def run(self, script: str, key: str, *args: Any) -> Any:
        """What the script gives, which must not be nil; None while Redis cannot be asked. Never raises."""
        if self.clock() < self._silent_until:
            return None
        known = self._known.get(script) or self._known.setdefault(script, self._redis.register_script(script))
        try:
            return await known(keys=[key], args=args)
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = self.clock() + SILENT_SECONDS
            log.warning("limits are kept by each process for itself", error=str(error))
            return None

    async def close(self) -> None:
        """Disconnect."""
        with suppress(RedisError, OSError):
            await self._redis.aclose()
