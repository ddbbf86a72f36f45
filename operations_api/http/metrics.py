"""``GET /metrics``: what this process and those beside it have counted, and what is in the database, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from litestar import Request, get

from operations_api.domain.errors import KeyInFlight
from operations_api.domain.starting import IdReused, KeyReused, Started
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.resources import Resources
from operations_api.meter import Meter, StartOutcome
from operations_api.metrics import CONTENT_TYPE
from operations_api.store.stock import take_stock


def metrics_route(resources: Resources) -> Any:
    """The route. It counts everybody's operations, and names nobody's."""

    @get("/metrics", status_code=200)
    async def get_metrics(request: Request[Any, Any, Any]) -> Answer:
        exchange_of(request).require("operate")
        stock = await take_stock(resources.store.pool)
        text = resources.meter.render(stock, resources.registry.current)
        return Answer(200, [("Cache-Control", "no-store")], text, CONTENT_TYPE)

    return get_metrics


async def metered(meter: Meter, type: str, starting: Awaitable[Started]) -> Started:
    """What a start comes to, counted."""
    began = time.perf_counter()
    outcome: StartOutcome = "refused"
    try:
        started = await starting
        outcome = "replayed" if started.replayed else "started"
    except (KeyReused, IdReused):
        outcome = "mismatched"
        raise
    except KeyInFlight:
        outcome = "in_flight"
        raise
    finally:
        meter.start_answered(type, outcome, time.perf_counter() - began)
    if started.replayed:
        meter.replayed(type, (datetime.now(UTC) - started.operation.created_at).total_seconds())
    return started
