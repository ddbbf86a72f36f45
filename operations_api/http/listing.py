"""``GET /operations``: list and filter, newest first, page by page."""

from __future__ import annotations

from typing import Any, Final, get_args
from urllib.parse import urlencode

from litestar import Request, get

from operations_api.domain.operation import Operation
from operations_api.domain.representation import page_body
from operations_api.domain.states import OperationStatus
from operations_api.http import page_token, queries
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.operation_answers import JSON
from operations_api.http.resources import Resources
from operations_api.store.definitions import has_been_seen
from operations_api.store.store import ListFilter

STATUSES: Final = get_args(OperationStatus)
PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 200
FILTERS: Final = ("type", "status", "created_after", "created_before", "idempotency_key", "label", "group")


def list_route(resources: Resources) -> Any:
    """The route that lists."""

    @get("/operations", status_code=200)
    async def list_operations(request: Request[Any, Any, Any]) -> Answer:
        exchange = exchange_of(request)
        tenant = exchange.require("read").tenant
        given = {name: value for name in FILTERS if (value := queries.one(request, name)) is not None}
        wanted = _filter(request, tenant, given)
        await _check_type(resources, wanted.type)
        page = await resources.store.list_page(wanted)
        token = page_token.issue(tenant, given, _place(page.operations[-1])) if page.has_more else None
        return Answer(200, _headers(exchange.base_url, given, request, token), page_body(page.operations, token), JSON)

    return list_operations


def _filter(request: Any, tenant: str, given: dict[str, str]) -> ListFilter:
    token = queries.one(request, "page_token")
    return ListFilter(
        tenant=tenant,
        type=given.get("type"),
        statuses=_statuses(given.get("status")),
        created_after=queries.moment(request, "created_after"),
        created_before=queries.moment(request, "created_before"),
        idempotency_key=given.get("idempotency_key"),
        label=_label(given.get("label")),
        group=given.get("group"),
        after=page_token.read(token, tenant, given) if token else None,
        limit=page_size(queries.one(request, "page_size")),
    )


async def _check_type(resources: Resources, type: str | None) -> None:
    """Raises ``ValidationFailed`` for a word that is no type here and never was one: operations outlive definitions."""
    current = resources.registry.current
    if type is not None and type not in current and not await has_been_seen(resources.store.pool, type):
        raise queries.refused("type", f"must be a type of operation, such as {', '.join(sorted(current))}.")


def _statuses(text: str | None) -> list[str] | None:
    if text is None:
        return None
    statuses = text.split(",")
    for status in statuses:
        if status not in STATUSES:
            raise queries.refused("status", f"must be one or several of {', '.join(STATUSES)}, joined by commas.")
    return statuses


def _label(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    name, colon, value = text.partition(":")
    if not name or not colon:
        raise queries.refused("label", "must be a label's key and value, as in channel:web.")
    return name, value


def page_size(text: str | None) -> int:
    """How many a page holds, from what was asked for. Raises ``ValidationFailed``."""
    if text is None:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit()):
        raise queries.refused("page_size", f"must be a whole number from 0; 0 means {PAGE_SIZE}.")
    return min(int(text[:20]), MAX_PAGE_SIZE) or PAGE_SIZE


def _place(operation: Operation) -> page_token.Place:
    return operation.created_at, operation.id


def _headers(base_url: str, given: dict[str, str], request: Any, token: str | None) -> list[tuple[str, str]]:
    headers = [("Cache-Control", "private, no-cache")]
    if token is not None:
        size = queries.one(request, "page_size")
        parameters = given | ({"page_size": size} if size else {}) | {"page_token": token}
        headers.append(("Link", f'<{base_url}/operations?{urlencode(parameters)}>; rel="next"'))
    return headers
