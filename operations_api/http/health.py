"""``/health/live`` and ``/health/ready``: for whoever restarts processes and balances load."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import get

from operations_api.domain.errors import MigrationError, StoreUnavailable
from operations_api.http.answer import Answer
from operations_api.http.operation_answers import JSON
from operations_api.http.problems import unavailable
from operations_api.http.resources import Resources
from operations_api.store.connection import unavailable_when_broken
from operations_api.store.migrate import pending_on

NO_STORE: Final = [("Cache-Control", "no-store")]


def health_routes(resources: Resources) -> list[Any]:
    """Both routes; neither needs an API key."""

    @get("/health/live", status_code=200)
    async def live() -> Answer:
        return _healthy({"status": "ok"})

    @get("/health/ready", status_code=200)
    async def ready() -> Answer:
        state = {"postgres": await _postgres(resources), "redis": await _redis(resources)}
        if state["postgres"] != "ok":
            raise unavailable("This process is not ready.", effect="none", extensions=state)
        return _healthy({"status": "ok", **state})

    return [live, ready]


async def _postgres(resources: Resources) -> str:
    """Required: it is reachable, and its schema is the one this program uses."""
    try:
        await resources.store.ping()
        async with unavailable_when_broken():
            missing = await pending_on(resources.store.pool)
    except StoreUnavailable:
        return "unavailable"
    except MigrationError as error:
        return str(error)
    return f"migrations are missing: {', '.join(missing)}" if missing else "ok"


async def _redis(resources: Resources) -> str:
    """Reported only: without it everything works, a little later."""
    return "ok" if await resources.queue.ping() else "unavailable"


def _healthy(state: dict[str, str]) -> Answer:
    return Answer(200, NO_STORE, msgspec.json.encode(state), JSON)
