"""The ASGI layer around the application: what holds for every request, whether or not there is a route for it.

Every answer gets an ``X-Request-Id``. A missing or wrong API key is a 401 even where there is nothing. ``OPTIONS``
answers with everything a path takes, ``HEAD`` is a ``GET`` whose body the server leaves out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from operations_api.connections import FULL
from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.problem import Problem
from operations_api.http.allowed_methods import AllowedMethods
from operations_api.http.answer import Answer
from operations_api.http.exchange import Exchange
from operations_api.http.express import Express
from operations_api.http.limits import limit_headers
from operations_api.http.problems import answer_to, problem_of, unavailable
from operations_api.http.resources import Resources

HEALTH_PATHS: Final = ("/health/live", "/health/ready")
"""Answered however many are connected: a full process is not a dead one."""

OPEN_PATHS: Final = ("/openapi.json", "/docs", "/service-info", *HEALTH_PATHS)
OPEN_BELOW: Final = ("/docs/", "/problems/", "/webhooks/")
"""What needs no API key: documentation, the questions of load balancers, and what senders sign instead."""


class Edge:
    """The outermost ASGI application."""

    def __init__(self, app: Any, express: Express, allowed: AllowedMethods, resources: Resources) -> None:
        self._app = app
        self._express = express
        self._allowed = allowed
        self._resources = resources

    def stop_waiting(self) -> None:
        """Answer whoever waits for an operation now, and let nobody wait from now on: the process is told to stop.

        For the server's signal handler: may be called from any thread, also before the lifespan began.
        """
        self._resources.stop_waiting()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, self._resources.settings.public_url)
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)  # every request is a task of its own
        sending = _Sending(send, exchange, lambda: self._allowed.of(scope["path"]))
        try:
            await self._serve(scope, exchange, receive, sending)
        except Exception as error:
            problem = problem_of(error)
            if sending.started:
                raise
            await answer_to(problem, exchange.base_url, exchange.request_id)(scope, receive, sending)

    async def _serve(self, scope: Any, exchange: Exchange, receive: Any, send: Any) -> None:
        path, method = scope["path"], scope["method"]
        if scope.get("state", {}).get(FULL) and path not in HEALTH_PATHS:
            raise _too_many_connections()
        allow = self._allowed.of(path) if method == "OPTIONS" else None
        if allow is not None:
            await Answer(204, [("Allow", allow)])(scope, receive, send)
            return
        if not _is_open(path):
            exchange.caller = await self._resources.authenticator.caller(scope["headers"])
            await self._note_limits(exchange, exchange.caller.tenant)
        inner = {**scope, "exchange": exchange, "method": "GET" if method == "HEAD" else method}
        answer = await self._express.answer(inner, receive, send)
        await (self._app if answer is None else answer)(inner, receive, send)

    async def _note_limits(self, exchange: Exchange, tenant: str) -> None:
        """How the tenant stands. It is refused later: 403, 404 and 405 go before 429."""
        limit = self._resources.limits.of(tenant)
        if limit.requests_per_second is not None:
            exchange.standing = await self._resources.rate_limit.spend(tenant, limit.requests_per_second)
        if limit.operations_in_flight is not None:
            with suppress(StoreUnavailable):  # whoever needs Postgres says so
                exchange.room = await self._resources.in_flight.look(tenant, limit.operations_in_flight)


class _Sending:
    """Completes the answer's headers, and knows whether the answer has begun."""

    def __init__(self, send: Any, exchange: Exchange, allow: Callable[[], str | None]) -> None:
        self._send = send
        self._exchange = exchange
        self._allow = allow
        self.started = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": self._completed(message["status"], message["headers"])}
        await self._send(message)

    def _completed(self, status: int, headers: Any) -> list[tuple[bytes, bytes]]:
        completed = [*headers, (b"x-request-id", self._exchange.request_id.encode("ascii"))]
        completed += limit_headers(self._exchange.standing, self._exchange.room)
        if status == 405:  # the router would also name methods that are only there to explain a refusal
            completed = [header for header in completed if header[0] != b"allow"]
            completed.append((b"allow", (self._allow() or "OPTIONS").encode("ascii")))
        return completed


def _too_many_connections() -> Problem:
    refusal = unavailable("Too many clients are connected to this process; nothing was accepted.", effect="none")
    refusal.headers = {**refusal.headers, "Connection": "close"}
    return refusal


def _is_open(path: str) -> bool:
    return path.rstrip("/") in OPEN_PATHS or path.startswith(OPEN_BELOW)
