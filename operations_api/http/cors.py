"""Pages of other origins that may call the API (CORS, as the Fetch standard has it). Off unless origins are set.

The outermost layer: the question that a browser asks first (the preflight) carries no API key, and an answer without
these headers is one that a page cannot read, refusals included. Credentials in the sense of CORS (cookies) are never
allowed; ``Authorization`` is a header like others. Which origins match is decided by Litestar's ``CORSConfig``; its
middleware is not used, for it takes every ``OPTIONS`` for a preflight and replaces ``Vary``.
"""

from __future__ import annotations

from typing import Any, Final

import uuid_utils.compat as uuid_utils
from litestar.config.cors import CORSConfig

from operations_api.http.answer import Answer
from operations_api.http.edge import Edge
from operations_api.http.openapi.headers import REQUEST_HEADERS, RESPONSE_HEADERS

ALLOWED_HEADERS: Final = ["Authorization", "Content-Type", *REQUEST_HEADERS]
EXPOSED_HEADERS: Final = list(dict.fromkeys(["Allow", *RESPONSE_HEADERS]))

PREFLIGHT_SECONDS: Final = 600
"""For so long a browser need not ask again."""


class CrossOrigin:
    """The edge, for pages of these origins as well."""

    def __init__(self, edge: Edge, origins: str) -> None:
        self._edge = edge
        self._config = CORSConfig(
            allow_origins=origins.split(","),
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )

    def stop_waiting(self) -> None:
        """As the edge's."""
        self._edge.stop_waiting()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._edge(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if scope["method"] == "OPTIONS" and origin and b"access-control-request-method" in headers:
            await self._preflight(origin)(scope, receive, send)
            return
        await self._edge(scope, receive, self._sending(send, origin))

    def _preflight(self, origin: str) -> Answer:
        """A 204; without permission where the origin has none, which is how a browser learns it."""
        allowed = self._config.preflight_headers if self._config.is_origin_allowed(origin) else {}
        headers = {**allowed, **dict(self._permission(origin)), "X-Request-Id": str(uuid_utils.uuid7())}
        return Answer(204, list(headers.items()))

    def _sending(self, send: Any, origin: str) -> Any:
        added = [(name.lower().encode(), value.encode("latin-1")) for name, value in self._permission(origin)]
        if origin and self._config.is_origin_allowed(origin):
            added.append((b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode()))

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return sending

    def _permission(self, origin: str) -> list[tuple[str, str]]:
        """Who may read the answer. Where that depends on who asks, caches are told, whoever asks."""
        if self._config.is_allow_all_origins:
            return [("Access-Control-Allow-Origin", "*")]
        allowed = [("Access-Control-Allow-Origin", origin)] if self._config.is_origin_allowed(origin) else []
        return [*allowed, ("Vary", "Origin")]
