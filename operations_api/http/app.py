"""The HTTP face of the service: what is served, by what, and in which order a request meets it.

A request passes the edge (``edge.py``: id, authentication, OPTIONS; ``cors.py`` is around it), Litestar's router
(polls and starts pass it by: ``express.py``), and one handler (``starts.py``, ``own_ids.py``, ``monitor.py``,
``events.py``, ``labels.py``, ``listing.py``, ``cancellation.py``, ``deletion.py``, ``operator.py``, ``versions.py``,
``schedules.py``, ``operation_tokens.py``, ``webhook_receivers.py``, ``webhook_deliveries.py``, ``incoming.py``,
``service_info.py``, ``metrics.py``, ``health.py``). Whatever is raised on the way becomes a problem document.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar import HttpMethod, Litestar, Request, post, route
from litestar.exceptions import HTTPException

from operations_api.domain.problem import UNKNOWN_OPERATION_TYPE, Problem
from operations_api.domain.registry import Registry
from operations_api.http import openapi
from operations_api.http.allowed_methods import OTHERWISE, AllowedMethods
from operations_api.http.answer import Answer
from operations_api.http.cancellation import cancel_route
from operations_api.http.cors import CrossOrigin
from operations_api.http.deletion import delete_route
from operations_api.http.edge import Edge
from operations_api.http.events import events_route
from operations_api.http.exchange import exchange_of
from operations_api.http.express import Express
from operations_api.http.health import health_routes
from operations_api.http.incoming import incoming_route
from operations_api.http.labels import patch_route
from operations_api.http.listing import list_route
from operations_api.http.metrics import metrics_route
from operations_api.http.monitor import monitor_route, typed_monitor_route, uuid_of
from operations_api.http.operation_tokens import token_route
from operations_api.http.operator import operator_routes
from operations_api.http.own_ids import put_route
from operations_api.http.problems import METHOD_NOT_ALLOWED, NOT_FOUND, answer_to, problem_of
from operations_api.http.resources import Resources
from operations_api.http.schedules import schedule_routes
from operations_api.http.service_info import service_info_route
from operations_api.http.starts import start_route
from operations_api.http.versions import versions_route
from operations_api.http.webhook_deliveries import delivery_routes
from operations_api.http.webhook_receivers import endpoint_routes, secret_routes
from operations_api.settings import Settings


def create_app(settings: Settings, registry: Registry) -> Edge | CrossOrigin:
    """The ASGI application. Its lifespan connects to the servers that ``settings`` names, which must name both."""
    resources = Resources(settings, registry)
    litestar = Litestar(
        route_handlers=handlers(resources),
        lifespan=[_connections(resources)],
        exception_handlers={Exception: _to_answer, HTTPException: _to_answer},
        openapi_config=None,  # openapi.routes serves a document of our own
        logging_config=None,
    )
    edge = Edge(litestar, Express(resources), AllowedMethods(litestar.routes), resources)
    return edge if settings.cors_origins is None else CrossOrigin(edge, settings.cors_origins)


def handlers(resources: Resources) -> list[Any]:
    """Every route there is."""
    return [
        *(start_route(definition, resources) for definition in resources.registry.current.values()),
        *(put_route(definition, resources) for definition in resources.registry.current.values()),
        *(typed_monitor_route(name, resources) for name in resources.registry.current),
        *_unknown_type_routes(resources.registry),
        monitor_route(resources),
        patch_route(resources),
        delete_route(resources),
        cancel_route(resources),
        events_route(resources),
        *operator_routes(resources),
        list_route(resources),
        versions_route(resources),
        metrics_route(resources),
        *secret_routes(resources),
        *endpoint_routes(resources),
        *delivery_routes(resources),
        incoming_route(resources),
        *schedule_routes(resources),
        token_route(resources),
        service_info_route(resources),
        *health_routes(resources),
        *openapi.routes(resources.registry),
    ]


def _unknown_type_routes(registry: Registry) -> list[Any]:
    """``POST`` and ``PUT`` to what is no type: an operation takes neither; other words learn the types."""

    @post("/operations/{id:str}", status_code=200, opt={OTHERWISE: True})
    async def start_unknown(request: Request[Any, Any, Any]) -> Answer:
        exchange_of(request).require_scope("submit")  # 404 and 405 go before 429
        if uuid_of(request.path_params["id"]) is not None:
            raise Problem(
                "An operation takes no POST; to start one, POST to /operations/{type}.", kind=METHOD_NOT_ALLOWED
            )
        raise _unknown_type(registry)

    @route("/operations/{word:str}/{id:str}", http_method=list(HttpMethod), status_code=200, opt={OTHERWISE: True})
    async def put_unknown(request: Request[Any, Any, Any]) -> Answer:
        if request.method != "PUT" or uuid_of(request.path_params["word"]) is not None:
            raise Problem("There is nothing at this path; see /docs for what there is.", kind=NOT_FOUND)
        exchange_of(request).require_scope("submit")  # 404 and 405 go before 429
        raise _unknown_type(registry)

    return [start_unknown, put_unknown]


def _unknown_type(registry: Registry) -> Problem:
    supported = sorted(registry.current)
    return Problem(
        f"There is no such type of operation; there are: {', '.join(supported)}.",
        kind=UNKNOWN_OPERATION_TYPE,
        extensions={"supported": supported},
    )


def _to_answer(request: Request[Any, Any, Any], error: Exception) -> Any:
    exchange = exchange_of(request)
    return answer_to(problem_of(error), exchange.base_url, exchange.request_id)


def _connections(resources: Resources) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def connected(_: Litestar) -> AsyncIterator[None]:
        await resources.open()
        try:
            yield
        finally:
            await resources.close()

    return connected
