"""``/webhook-deliveries``: what receivers were told, what they are still to be told, and what was given up."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, get_args
from uuid import UUID

import msgspec
from litestar import Request, get, post

from operations_api.domain.problem import Problem
from operations_api.domain.representation import timestamp
from operations_api.domain.webhook import State, Webhook
from operations_api.http import page_token, queries
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.listing import page_size
from operations_api.http.monitor import uuid_of
from operations_api.http.operation_answers import JSON
from operations_api.http.problems import NOT_FOUND
from operations_api.http.resources import Resources
from operations_api.http.webhook_receivers import PRIVATE

FILTERS: Final = ("operation_id", "state")
STATES: Final = get_args(State)


class ShownDelivery(msgspec.Struct, frozen=True):
    """One webhook on its way, taken or given up. ``id`` is its ``webhook-id``."""

    id: str
    operation_id: str
    type: str
    url: str
    endpoint_id: str | None
    state: str
    attempts: int
    created_at: str
    next_attempt_at: str | None
    delivered_at: str | None
    dead_at: str | None
    answer_status: int | None
    failure: str | None


class Deliveries(msgspec.Struct, frozen=True):
    """One page."""

    deliveries: list[ShownDelivery]
    next_page_token: str | None


def delivery_routes(resources: Resources) -> list[Any]:
    """The routes that list and replay."""

    @get("/webhook-deliveries", status_code=200)
    async def list_deliveries(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        return Answer(200, PRIVATE, msgspec.json.encode(await _page(request, resources, tenant)), JSON)

    @post("/webhook-deliveries/{id:str}/replay", status_code=202)
    async def replay_delivery(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        id = uuid_of(request.path_params["id"])
        again = None if id is None else await resources.webhook_deliveries.replay(tenant, id)
        if again is None:
            raise Problem("There is no such webhook of your tenant.", kind=NOT_FOUND)
        return Answer(202, PRIVATE, msgspec.json.encode(_shown(again)), JSON)

    return [list_deliveries, replay_delivery]


async def _page(request: Any, resources: Resources, tenant: str) -> Deliveries:
    given = {name: value for name in FILTERS if (value := queries.one(request, name)) is not None}
    token = queries.one(request, "page_token")
    size = page_size(queries.one(request, "page_size"))
    after = page_token.read(token, tenant, given) if token else None
    found = await resources.webhook_deliveries.page(tenant, size + 1, _operation(given), _state(given), after)
    last = found[size - 1] if len(found) > size else None
    following = None if last is None else page_token.issue(tenant, given, (last.created_at, last.id))
    return Deliveries([_shown(each) for each in found[:size]], following)


def _operation(given: dict[str, str]) -> UUID | None:
    text = given.get("operation_id")
    id = None if text is None else uuid_of(text)
    if text is not None and id is None:
        raise queries.refused("operation_id", "must be the id of an operation, a UUID.")
    return id


def _state(given: dict[str, str]) -> Any:
    state = given.get("state")
    if state is not None and state not in STATES:
        raise queries.refused("state", f"must be one of {', '.join(STATES)}.")
    return state


def _shown(webhook: Webhook) -> ShownDelivery:
    return ShownDelivery(
        id=str(webhook.id),
        operation_id=str(webhook.operation_id),
        type=webhook.type,
        url=webhook.url,
        endpoint_id=None if webhook.endpoint_id is None else str(webhook.endpoint_id),
        state=webhook.state,
        attempts=webhook.attempts,
        created_at=timestamp(webhook.created_at),
        next_attempt_at=_maybe(webhook.next_attempt_at),
        delivered_at=_maybe(webhook.delivered_at),
        dead_at=_maybe(webhook.dead_at),
        answer_status=webhook.answer_status,
        failure=webhook.failure,
    )


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
