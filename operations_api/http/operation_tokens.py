"""``POST /operation-tokens``: a key for one start, made here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, post

from operations_api.domain import inputs, strict_json
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.operation_token import DEFAULT_SECONDS, LONGEST_SECONDS, SHORTEST_SECONDS, new_token
from operations_api.domain.representation import timestamp
from operations_api.http.answer import Answer
from operations_api.http.bodies import read_body, require_json
from operations_api.http.exchange import exchange_of
from operations_api.http.operation_answers import JSON
from operations_api.http.resources import Resources

Lifetime = Annotated[int, msgspec.Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="How long it may be used.")]


class TokenAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token is to be for: the type of operation it starts."""

    type: str
    expires_in_seconds: Lifetime = DEFAULT_SECONDS


class ShownToken(msgspec.Struct, frozen=True):
    """The token, once: it is not shown again."""

    token: str
    type: str
    expires_at: str


def token_route(resources: Resources) -> Any:
    """The route that makes tokens."""

    @post("/operation-tokens", status_code=201)
    async def create_operation_token(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("submit").tenant
        asked = await _asked(request, resources)
        made = new_token(tenant, asked.type, datetime.now(UTC) + timedelta(seconds=asked.expires_in_seconds))
        await resources.operation_tokens.keep(made)
        resources.meter.token_handled(made.type, "made")
        shown = ShownToken(made.token, made.type, timestamp(made.expires_at))
        return Answer(201, [("Cache-Control", "no-store")], msgspec.json.encode(shown), JSON)

    return create_operation_token


async def _asked(request: Any, resources: Resources) -> TokenAsked:
    """The body. Raises ``ValidationFailed`` for a type that there is not."""
    body = await read_body(request, resources.settings.body_limit_bytes)
    require_json(request)
    asked = inputs.decode(TokenAsked, strict_json.parse(body))
    known = resources.registry.current
    if asked.type not in known:
        detail = f"There is no such type; the types are {', '.join(sorted(known))}."
        raise ValidationFailed([{"detail": detail, "pointer": "/type"}])
    return asked
