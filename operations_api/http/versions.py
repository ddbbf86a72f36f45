"""``GET /definitions``: which versions there are, who can execute them, and what is still in flight on each."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get

from operations_api.domain.representation import timestamp
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.operation_answers import JSON
from operations_api.http.resources import Resources
from operations_api.store.definitions import VersionInFlight, in_flight


class ShownVersion(msgspec.Struct, frozen=True):
    """One version. ``in_flight`` counts unfinished operations by status; a status that none has is absent."""

    type: str
    version: int
    has_worker: bool
    announced_at: str | None
    in_flight: dict[str, int]


class ShownVersions(msgspec.Struct, frozen=True):
    """All versions that were ever seen, by type, the newest first."""

    definitions: list[ShownVersion]


def versions_route(resources: Resources) -> Any:
    """The route that lists versions. A key with the scope ``admin`` sees everybody's operations counted."""

    @get("/definitions", status_code=200)
    async def list_definitions(request: Request[Any, Any, Any]) -> Answer:
        caller = exchange_of(request).require("operate")
        found = await in_flight(resources.store.pool, None if "admin" in caller.scopes else caller.tenant)
        body = msgspec.json.encode(ShownVersions([_shown(version) for version in found]))
        return Answer(200, [("Cache-Control", "private, no-cache")], body, JSON)

    return list_definitions


def _shown(version: VersionInFlight) -> ShownVersion:
    at = version.announced_at
    return ShownVersion(
        version.type, version.version, version.has_worker, None if at is None else timestamp(at), version.in_flight
    )
