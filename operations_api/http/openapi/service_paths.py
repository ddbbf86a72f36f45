"""What needs no API key, as the document shows it: health, the document itself, and its pages."""

from __future__ import annotations

from typing import Any, Final

from operations_api.http.openapi.headers import response_headers
from operations_api.http.openapi.operation_schema import open_object, words
from operations_api.http.openapi.problems import problem_responses

Json = dict[str, Any]


def service_paths() -> Json:
    """The paths."""
    return {
        "/service-info": {"get": _service_info()},
        "/health/live": {"get": _live()},
        "/health/ready": {"get": _ready()},
        "/openapi.json": {"get": _page("getOpenapiDocument", "This document", "application/json")},
        "/docs": {"get": _page("getDocs", "This document, to read and to try", "text/html")},
        "/problems/{slug}": {"parameters": [SLUG_PARAMETER], "get": _problem_page()},
    }


def _service_info() -> Json:
    return _open_route("getServiceInfo", "The service's policy") | {
        "description": "How long things are kept, what is refused, which types there are with their schemas, and every "
        "kind of refusal.",
        "responses": {"200": _json("The policy.", "ServiceInfo"), **problem_responses("internal-error")},
    }


TOKENS: Final = open_object(
    "JSON Web Tokens of this issuer are believed.",
    {
        "issuer": {"type": "string", "description": "Their `iss`."},
        "audience": {"type": "string", "description": "Among their `aud`."},
        "tenant_claim": {"type": "string", "description": "Which claim names the tenant."},
        "scopes_claim": {"type": "string", "description": "Which claim names the scopes: a list, or words and spaces."},
        "algorithms": {"type": "array", "items": {"type": "string"}, "description": "How they may be signed."},
    },
)

SERVICE_INFO: Final = open_object(
    "What a client may need to know before it starts anything.",
    {
        "name": {"type": "string", "examples": ["operations-api"]},
        "version": {"type": "string", "examples": ["0.1.0"]},
        "authentication": open_object(
            "What may follow `Authorization: Bearer`.",
            {
                "api_keys": {"type": "boolean"},
                "tokens": {
                    "anyOf": [TOKENS, {"type": "null"}],
                    "description": "Null: none are believed.",
                },
            },
        ),
        "idempotency_key": open_object(
            "What an `Idempotency-Key` is.",
            {
                "pattern": {"type": "string", "description": "A regular expression that the header's value matches."},
                "retention_days": {"type": "number", "description": "How long one is kept after the operation's end."},
            },
        ),
        "limits": open_object(
            "What is refused, or cut to size.",
            {
                name: {"type": "integer"}
                for name in ("body_bytes", "result_bytes", "nesting", "largest_integer", "labels", "wait_seconds")
            }
            | {name: {"type": "integer"} for name in ("head_bytes", "page_size", "max_page_size")}
            | {name: {"type": "number"} for name in ("receive_seconds", "send_seconds")}
            | {
                name: {"type": ["integer", "null"], "description": "Of one tenant, unless it has its own; null: none."}
                for name in ("requests_per_second", "operations_in_flight")
            },
        ),
        "webhooks": open_object(
            "How webhooks are sent, and which sources are taken.",
            {
                "pauses_seconds": {
                    "type": "array",
                    "items": {"type": "integer"},
                    "description": "Between the attempts, each up to a tenth shorter by chance.",
                },
                "answer_seconds": {"type": "number", "description": "How long a receiver may take to answer."},
                "sources": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "Whose webhooks are taken at `/webhooks/{source}`.",
                },
            },
        ),
        "types": {
            "type": "array",
            "items": open_object(
                "A type of operation.",
                {
                    "name": {"type": "string", "examples": ["place-order"]},
                    "version": {"type": "integer", "minimum": 1},
                    "summary": {"type": "string"},
                    "retention_days": {"type": ["number", "null"], "description": "Null: they are kept for ever."},
                    "priority": words("Of a start that names none.", "normal", "high", "low"),
                    "concurrency_limit": {
                        "type": ["integer", "null"],
                        "description": "How many are executed at once, for all tenants. Null: there is no such limit.",
                    },
                    "path": {"type": "string", "description": "Where it is started."},
                    "input": {"type": "object", "description": "A JSON Schema.", "additionalProperties": True},
                    "result": {"type": "object", "description": "A JSON Schema.", "additionalProperties": True},
                },
            ),
        },
        "problem_types": {
            "type": "array",
            "items": open_object(
                "A kind of refusal.",
                {
                    "type": {"type": "string", "description": "The `type` that such refusals have."},
                    "title": {"type": "string"},
                    "statuses": {"type": "array", "items": {"type": "integer"}},
                    "meaning": {"type": "string"},
                    "remedy": {"type": "string", "description": "What to do."},
                },
            ),
        },
    },
)

SERVICE_SCHEMAS: Final[Json] = {"ServiceInfo": SERVICE_INFO}


def _live() -> Json:
    return _open_route("getLiveness", "Is the process alive?") | {
        "responses": {"200": _json("It is.", "Health"), **problem_responses("internal-error")}
    }


def _ready() -> Json:
    return _open_route("getReadiness", "Can it take work?") | {
        "description": "Ready when Postgres can be reached and every migration is applied. Redis is reported and not "
        "required: without it operations are still accepted and executed, a little later.",
        "responses": {"200": _json("It can.", "Health"), **problem_responses("internal-error", "not-ready")},
    }


def _page(operation_id: str, summary: str, media_type: str) -> Json:
    schema = (
        {"type": "object", "additionalProperties": True} if media_type == "application/json" else {"type": "string"}
    )
    return _open_route(operation_id, summary) | {
        "responses": {
            "200": {
                "description": summary,
                "headers": response_headers("Cache-Control"),
                "content": {media_type: {"schema": schema}},
            }
        }
    }


SLUG_PARAMETER: Final[Json] = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "The end of a problem's `type`.",
    "schema": {"type": "string", "examples": ["idempotency-key-reused"]},
}


def _problem_page() -> Json:
    page = _page("getProblemPage", "What a problem type means and what to do", "text/html")
    return page | {"responses": page["responses"] | problem_responses("not-found")}


def _open_route(operation_id: str, summary: str) -> Json:
    return {"operationId": operation_id, "tags": ["Service"], "summary": summary, "security": []}


def _json(description: str, schema: str) -> Json:
    return {
        "description": description,
        "headers": response_headers("Cache-Control"),
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
