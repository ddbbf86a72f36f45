"""Operation tokens, as the document shows them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from operations_api.http.openapi.headers import request_header, response_headers
from operations_api.http.openapi.operation_schema import TIME, open_object
from operations_api.http.openapi.problems import EVERYWHERE, problem_responses
from operations_api.http.operation_tokens import TokenAsked

Json = dict[str, Any]

DESCRIPTION: Final = """\
A key made here, for one start of one type by your tenant before it expires: give it to a form or a job, and however
often that is sent, one operation comes of it. It travels as the `Idempotency-Key`. Used again with the same body it is
a replay, with another one it is refused. Needs the scope `submit`.
"""


REQUEST: Final[Json] = {
    "schema": {"$ref": "#/components/schemas/OperationTokenRequest"},
    "example": {"type": "place-order", "expires_in_seconds": 900},
}


def token_paths() -> Json:
    """The path that makes tokens."""
    return {
        "/operation-tokens": {
            "post": {
                "operationId": "createOperationToken",
                "tags": ["Tokens"],
                "summary": "Make a key for one start",
                "description": DESCRIPTION,
                "parameters": [request_header("Operations-Tenant")],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": REQUEST},
                },
                "responses": {
                    "201": {
                        "description": "The token.",
                        "headers": response_headers("Cache-Control"),
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/OperationToken"}},
                        },
                    },
                    **problem_responses(
                        *EVERYWHERE, "malformed-json", "validation-error", "content-too-large", "unsupported-media-type"
                    ),
                },
            }
        }
    }


def token_schemas() -> Json:
    """The component schemas of what is sent and answered here."""
    sent = msgspec.json.schema_components([TokenAsked])[1][TokenAsked.__name__]
    return {
        "OperationTokenRequest": sent | {"additionalProperties": False},
        "OperationToken": open_object(
            "A key for one start.",
            {
                "token": {"type": "string", "description": "To be sent as the `Idempotency-Key`."},
                "type": {
                    "type": "string",
                    "description": "The type of operation it starts.",
                    "examples": ["place-order"],
                },
                "expires_at": TIME,
            },
        ),
    }
