"""``/webhook-secrets`` and ``/webhook-endpoints``: what a tenant's webhooks are signed with, and who hears of all."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Request, delete, get, post

from operations_api.domain import inputs, strict_json
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.problem import Problem
from operations_api.domain.representation import timestamp
from operations_api.domain.webhook import URL_LENGTH, url_fault
from operations_api.http.answer import Answer
from operations_api.http.bodies import read_body, require_json
from operations_api.http.exchange import exchange_of
from operations_api.http.monitor import uuid_of
from operations_api.http.operation_answers import JSON
from operations_api.http.problems import NOT_FOUND
from operations_api.http.resources import Resources
from operations_api.store.webhook_receivers import Endpoint, Secret

DAY_SECONDS: Final = 86_400
MAX_OVERLAP_SECONDS: Final = 30 * DAY_SECONDS
"""Who has not put the new secret in place by then will not."""

PRIVATE: Final = (("Cache-Control", "private, no-cache"),)
NEVER_KEPT: Final = (("Cache-Control", "no-store"),)

Body = TypeVar("Body", bound=msgspec.Struct)


class NewSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that makes a secret, which may be left out."""

    overlap_seconds: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=MAX_OVERLAP_SECONDS, description="For how long the one before still signs beside the new one."
        ),
    ] = DAY_SECONDS


class NewEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that adds a receiver."""

    url: Annotated[str, msgspec.Meta(max_length=URL_LENGTH, description="An https or http URL.")]


class ShownSecret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secret; ``secret`` is there only in the answer that made it."""

    id: str
    created_at: str
    expires_at: str | None
    secret: str | msgspec.UnsetType = msgspec.UNSET


class ShownEndpoint(msgspec.Struct, frozen=True):
    """A receiver of whatever its tenant starts."""

    id: str
    url: str
    created_at: str
    disabled_at: str | None


def secret_routes(resources: Resources) -> list[Any]:
    """The routes that make and list secrets."""

    @post("/webhook-secrets", status_code=201)
    async def create_secret(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        wanted = await _body(request, resources.settings.body_limit_bytes, NewSecret, b"{}")
        made, secret = await resources.webhook_receivers.new_secret(tenant, wanted.overlap_seconds)
        return Answer(201, NEVER_KEPT, msgspec.json.encode(_shown_secret(made, secret)), JSON)

    @get("/webhook-secrets", status_code=200)
    async def list_secrets(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        found = [_shown_secret(each) for each in await resources.webhook_receivers.secrets(tenant)]
        return Answer(200, PRIVATE, msgspec.json.encode({"secrets": found}), JSON)

    return [create_secret, list_secrets]


def endpoint_routes(resources: Resources) -> list[Any]:
    """The routes that add, list and remove receivers."""

    @post("/webhook-endpoints", status_code=201)
    async def create_endpoint(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        wanted = await _body(request, resources.settings.body_limit_bytes, NewEndpoint)
        await _check(wanted, tenant, resources)
        made = await resources.webhook_receivers.add_endpoint(tenant, wanted.url)
        return Answer(201, PRIVATE, msgspec.json.encode(_shown_endpoint(made)), JSON)

    @get("/webhook-endpoints", status_code=200)
    async def list_endpoints(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        found = [_shown_endpoint(each) for each in await resources.webhook_receivers.endpoints(tenant)]
        return Answer(200, PRIVATE, msgspec.json.encode({"endpoints": found}), JSON)

    @delete("/webhook-endpoints/{id:str}", status_code=200)
    async def remove_endpoint(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("operate").tenant
        id = uuid_of(request.path_params["id"])
        if id is None or not await resources.webhook_receivers.remove_endpoint(tenant, id):
            raise Problem("There is no such endpoint of your tenant.", kind=NOT_FOUND)
        return Answer(204)

    return [create_endpoint, list_endpoints, remove_endpoint]


async def _check(wanted: NewEndpoint, tenant: str, resources: Resources) -> None:
    fault = url_fault(wanted.url)
    if fault is None and not await resources.webhook_receivers.can_sign(tenant):
        fault = "Nothing could sign the webhooks; make a secret: POST /webhook-secrets."
    if fault is not None:
        raise ValidationFailed([{"detail": fault, "pointer": "/url"}])


async def _body(request: Any, limit_bytes: int, kind: type[Body], otherwise: bytes = b"") -> Body:
    body = await read_body(request, limit_bytes)
    if body or not otherwise:
        require_json(request)
    return inputs.decode(kind, strict_json.parse(body or otherwise))


def _shown_secret(secret: Secret, text: str | msgspec.UnsetType = msgspec.UNSET) -> ShownSecret:
    until = None if secret.expires_at is None else timestamp(secret.expires_at)
    return ShownSecret(str(secret.id), timestamp(secret.created_at), until, text)


def _shown_endpoint(endpoint: Endpoint) -> ShownEndpoint:
    since = None if endpoint.disabled_at is None else timestamp(endpoint.disabled_at)
    return ShownEndpoint(str(endpoint.id), endpoint.url, timestamp(endpoint.created_at), since)
