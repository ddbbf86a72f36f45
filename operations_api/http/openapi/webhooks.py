"""Webhooks as the document shows them: secrets, endpoints, deliveries, and what a receiver is sent."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from operations_api.http.openapi.headers import request_header, response_headers
from operations_api.http.openapi.operation_schema import MAYBE_TIME, TIME, UUID, open_object, words
from operations_api.http.openapi.problems import EVERYWHERE, problem_responses
from operations_api.http.webhook_receivers import NewEndpoint, NewSecret

Json = dict[str, Any]

TAG: Final = "Webhooks"

BODY_PROBLEMS: Final = ("malformed-json", "validation-error", "content-too-large", "unsupported-media-type")

WEBHOOK_TYPES: Final = ("succeeded", "failed", "canceled", "needs_attention")


def webhook_paths() -> Json:
    """The paths."""
    return {
        "/webhook-secrets": {"post": _create_secret(), "get": _list_secrets()},
        "/webhook-endpoints": {"post": _create_endpoint(), "get": _list_endpoints()},
        "/webhook-endpoints/{id}": {"parameters": [_id("The endpoint's `id`.")], "delete": _remove_endpoint()},
        "/webhook-deliveries": {"get": _list_deliveries()},
        "/webhook-deliveries/{id}/replay": {
            "parameters": [_id("The delivery's `id`, which is its `webhook-id`.")],
            "post": _replay(),
        },
        "/webhooks/{source}": {"parameters": [SOURCE], "post": _take()},
    }


def _take() -> Json:
    example = {"type": "order.made", "data": {"id": "4711"}}
    body = {"schema": {"type": "object", "additionalProperties": True}, "example": example}
    return {
        "operationId": "takeWebhook",
        "tags": [TAG],
        "summary": "Take a webhook of another system",
        "description": TAKE,
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "202": {
                "description": "Taken: `Location` is the operation, if one was started by this event.",
                "headers": response_headers("Location", "Idempotent-Replayed", "Cache-Control"),
            },
            "204": {
                "description": "Taken and kept; nothing is started by it.",
                "headers": response_headers("Cache-Control"),
            },
            **problem_responses(*TAKE_PROBLEMS),
        },
    }


TAKE: Final = """\
Needs no key but a signature: Standard Webhooks, Stripe's or GitHub's, as the registry says of the source. The event's
own id is the idempotency key, so that a redelivery is a replay.
"""

TAKE_PROBLEMS: Final = (
    "bad-request",
    "forbidden",
    "not-found",
    "malformed-json",
    "idempotency-key-in-flight",
    "content-too-large",
    "too-many-requests",
    "internal-error",
    "service-unavailable",
    "outcome-unknown",
)

SOURCE: Final[Json] = {
    "name": "source",
    "in": "path",
    "required": True,
    "description": "The name of the source in the registry.",
    "schema": {"type": "string", "examples": ["billing"]},
}


def sent_webhooks() -> Json:
    """The value of ``webhooks``: what receivers are sent."""
    return {
        f"operation.{word}": {
            "post": {
                "operationId": f"told{''.join(part.capitalize() for part in word.split('_'))}",
                "tags": [TAG],
                "summary": f"An operation is `{word}`",
                "description": SENT,
                "security": [],
                "parameters": SENT_HEADERS,
                "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Webhook")}}},
                "responses": {
                    "2XX": {"description": "Taken."},
                    "410": {"description": "Send nothing more to this address."},
                    "default": {"description": "Not taken: it is sent again, not before `Retry-After` says."},
                },
            }
        }
        for word in WEBHOOK_TYPES
    }


SENT: Final = """\
Standard Webhooks 1.0, sent to the operation's `callback_url` and to every endpoint its tenant had when it was started.
`data` is the operation as it is when this is sent, without `result`: fetch that with your key. The same `webhook-id`
comes with every attempt, so a receiver that has seen it need not look further. Of one operation a receiver is told in
order. Answer with any `2xx` within 15 seconds and work afterwards.
"""


def _sent_header(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}


SENT_HEADERS: Final = [
    _sent_header("webhook-id", "The same on every attempt."),
    _sent_header("webhook-timestamp", "When this attempt was made, in seconds since 1970."),
    _sent_header("webhook-signature", "`v1,` and the signature; several, separated by spaces, while secrets rotate."),
]


def _route(operation_id: str, summary: str, description: str, success: Json, *problems: Any, **more: Any) -> Json:
    return {
        "operationId": operation_id,
        "tags": [TAG],
        "summary": summary,
        "description": f"{description} Needs the scope `operate`.",
        "parameters": [*more.pop("parameters", []), request_header("Operations-Tenant")],
        **more,
        "responses": success | problem_responses(*EVERYWHERE, *problems),
    }


def _success(status: int, description: str, schema: str) -> Json:
    content = {"application/json": {"schema": _ref(schema)}}
    headers = response_headers("Cache-Control")
    return {str(status): {"description": description, "headers": headers, "content": content}}


def _body(schema: str, example: Json, *, required: bool) -> Json:
    return {"required": required, "content": {"application/json": {"schema": _ref(schema), "example": example}}}


def _create_secret() -> Json:
    return _route(
        "createWebhookSecret",
        "Make a secret, or rotate it",
        "Webhooks are signed with the newest secret and, for `overlap_seconds`, with the one before. The answer shows "
        "it, and nothing later does.",
        _success(201, "The secret.", "WebhookSecret"),
        *BODY_PROBLEMS,
        requestBody=_body("NewWebhookSecret", {"overlap_seconds": 86_400}, required=False),
    )


def _list_secrets() -> Json:
    return _route(
        "listWebhookSecrets",
        "List the secrets in use",
        "Which there are and until when, the newest first.",
        _success(200, "Them, without what they are.", "WebhookSecretList"),
    )


def _create_endpoint() -> Json:
    return _route(
        "createWebhookEndpoint",
        "Add a receiver",
        "It is told of every operation that is started from then on. A secret has to be there first.",
        _success(201, "The endpoint.", "WebhookEndpoint"),
        *BODY_PROBLEMS,
        requestBody=_body("NewWebhookEndpoint", {"url": "https://example.com/hooks"}, required=True),
    )


def _list_endpoints() -> Json:
    return _route(
        "listWebhookEndpoints",
        "List receivers",
        "The oldest first. One that has answered `410` is disabled.",
        _success(200, "All of them.", "WebhookEndpointList"),
    )


def _remove_endpoint() -> Json:
    return _route(
        "removeWebhookEndpoint",
        "Remove a receiver",
        "It hears of nothing that happens from then on.",
        {"204": {"description": "Removed.", "headers": response_headers()}},
        "not-found",
    )


def _list_deliveries() -> Json:
    return _route(
        "listWebhookDeliveries",
        "List what was told to whom",
        "The newest first: waiting for an attempt, delivered, or dead after ten attempts in 75 hours.",
        _success(200, "A page.", "WebhookDeliveryList"),
        "validation-error",
        parameters=[
            _query("operation_id", "Only of this operation.", UUID),
            _query("state", "Only these: `pending`, `delivered` or `dead`.", {"type": "string"}),
            _query("page_size", "How many; 0 or absent: 50; more than 200: 200.", {"type": "integer", "minimum": 0}),
            _query("page_token", "`next_page_token` of the page before.", {"type": "string"}),
        ],
    )


def _replay() -> Json:
    return _route(
        "replayWebhookDelivery",
        "Send one again",
        "Under the same `webhook-id`, now, with the whole schedule before it. One that waits for an attempt anyway "
        "is left to it.",
        _success(202, "It is on its way.", "WebhookDelivery"),
        "not-found",
    )


def _id(description: str) -> Json:
    return {"name": "id", "in": "path", "required": True, "description": description, "schema": UUID}


def _query(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _ref(schema: str) -> Json:
    return {"$ref": f"#/components/schemas/{schema}"}


def webhook_schemas() -> Json:
    """The component schemas of what is sent and answered here."""
    sent = msgspec.json.schema_components([NewSecret, NewEndpoint])[1]
    return {
        "NewWebhookSecret": sent["NewSecret"] | {"additionalProperties": False},
        "NewWebhookEndpoint": sent["NewEndpoint"] | {"additionalProperties": False},
        **SCHEMAS,
    }


SCHEMAS: Final[Json] = {
    "WebhookSecret": open_object(
        "A secret that webhooks are signed with.",
        {
            "id": UUID,
            "created_at": TIME,
            "expires_at": MAYBE_TIME | {"description": "Null: until there is a newer one."},
            "secret": {"type": "string", "description": "Only in the answer that made it.", "examples": ["whsec_..."]},
        },
        optional=("secret",),
    ),
    "WebhookSecretList": open_object("Those in use.", {"secrets": {"type": "array", "items": _ref("WebhookSecret")}}),
    "WebhookEndpoint": open_object(
        "A receiver of whatever its tenant starts.",
        {
            "id": UUID,
            "url": {"type": "string", "examples": ["https://example.com/hooks"]},
            "created_at": TIME,
            "disabled_at": MAYBE_TIME | {"description": "Since when it says that it is gone."},
        },
    ),
    "WebhookEndpointList": open_object(
        "All of them.", {"endpoints": {"type": "array", "items": _ref("WebhookEndpoint")}}
    ),
    "WebhookDelivery": open_object(
        "What one receiver is told of one change.",
        {
            "id": UUID | {"description": "Its `webhook-id`."},
            "operation_id": UUID,
            "type": words("What happened.", *(f"operation.{word}" for word in WEBHOOK_TYPES)),
            "url": {"type": "string"},
            "endpoint_id": {"type": ["string", "null"], "description": "Null: the operation's own `callback_url`."},
            "state": words("Where it is.", "pending", "delivered", "dead"),
            "attempts": {"type": "integer", "minimum": 0},
            "created_at": TIME,
            "next_attempt_at": MAYBE_TIME,
            "delivered_at": MAYBE_TIME,
            "dead_at": MAYBE_TIME,
            "answer_status": {"type": ["integer", "null"], "description": "Of the last attempt."},
            "failure": {"type": ["string", "null"], "description": "Why the last attempt failed."},
        },
    ),
    "WebhookDeliveryList": open_object(
        "A page of deliveries.",
        {
            "deliveries": {"type": "array", "items": _ref("WebhookDelivery")},
            "next_page_token": {"type": ["string", "null"]},
        },
    ),
    "Webhook": open_object(
        "What a receiver is sent.",
        {
            "type": words("What happened.", *(f"operation.{word}" for word in WEBHOOK_TYPES)),
            "timestamp": TIME | {"description": "When it happened."},
            "data": _ref("Operation"),
        },
    ),
}
