"""What a request gets that no path of the document describes: OpenAPI has no place for it, so an extension holds it."""

from __future__ import annotations

from typing import Any, Final

from operations_api.http.openapi.headers import response_headers
from operations_api.http.openapi.problems import EVERYWHERE, problem_responses

Json = dict[str, Any]

UNROUTED: Final = ("request-timeout", "head-too-large")

REFUSALS: Final = (*EVERYWHERE, "not-found", "unknown-operation-type", "method-not-allowed", *UNROUTED)


def elsewhere() -> Json:
    """The value of ``x-elsewhere``: a description, and ``responses`` as an operation has them."""
    return {
        "description": "What is answered to a path or a method that `paths` does not name, and to what arrives too "
        "slowly or with too large a head to be routed at all. `HEAD` is understood wherever `GET` is, and `OPTIONS` "
        "wherever there is anything.",
        "responses": {
            "204": {"description": "To `OPTIONS`: `Allow` says it all.", "headers": response_headers("Allow")},
            **problem_responses(*REFUSALS),
        },
    }
