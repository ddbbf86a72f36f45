"""Refusals as the document shows them: by status, each kind with its page, what it means and a worked example."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from operations_api.domain import problem as kinds
from operations_api.domain.problem import ProblemType
from operations_api.http.openapi.headers import response_headers

Json = dict[str, Any]


EVERYWHERE: Final = (
    "bad-request",
    "unauthenticated",
    "forbidden",
    "too-many-requests",
    "internal-error",
    "service-unavailable",
)
"""How any request may be refused that needs a key."""


class Refusal(msgspec.Struct, frozen=True):
    """One way a request is refused: its kind (None: ``about:blank``), an example, and headers only it has."""

    kind: ProblemType | None
    detail: str
    status: int
    extensions: Json = {}
    headers: tuple[str, ...] = ()


def problem_responses(*names: str | tuple[str, int]) -> Json:
    """The responses that these refusals are, by status; several of one status share a response.

    A name is one of ``REFUSALS``; with a status it is that refusal under another status than its first.
    """
    by_status: dict[int, list[str]] = {}
    for name in names:
        key = name if isinstance(name, str) else f"{name[0]}-{name[1]}"
        by_status.setdefault(REFUSALS[key].status, []).append(key)
    return {str(status): _response(by_status[status]) for status in sorted(by_status)}


def problem_examples() -> Json:
    """Every example, as a component that the responses refer to."""
    return {name: {"summary": _title(refusal), "value": _example(refusal)} for name, refusal in REFUSALS.items()}


def _response(names: list[str]) -> Json:
    refusals = [REFUSALS[name] for name in names]
    return {
        "description": "\n".join(_sentence(refusal) for refusal in refusals),
        "headers": response_headers(*_headers(refusals)),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {name: {"$ref": f"#/components/examples/{name}"} for name in names},
            }
        },
    }


def _sentence(refusal: Refusal) -> str:
    if refusal.kind is None:
        return f"- {_title(refusal)}: {refusal.detail}"
    return f"- [{refusal.kind.slug}]({refusal.kind.path}): {refusal.kind.meaning} {refusal.kind.remedy}"


def _example(refusal: Refusal) -> Json:
    kind = refusal.kind
    return {
        "type": "about:blank" if kind is None else f"https://operations.example{kind.path}",
        "title": _title(refusal),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": "urn:uuid:019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e12",
        **refusal.extensions,
    }


def _title(refusal: Refusal) -> str:
    return HTTPStatus(refusal.status).phrase if refusal.kind is None else refusal.kind.title


def _headers(refusals: Iterable[Refusal]) -> Iterable[str]:
    own = (header for refusal in refusals for header in refusal.headers)
    return dict.fromkeys((*own, "Cache-Control"))


def _refusal(kind: ProblemType, detail: str, *headers: str, status: int = 0, **extensions: Any) -> Refusal:
    return Refusal(kind, detail, status or kind.status, extensions, headers)


EXAMPLE_ID: Final = "019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11"

REFUSALS: Final[dict[str, Refusal]] = {
    "bad-request": Refusal(None, "The request is no HTTP that makes sense, such as one to a Host that cannot be.", 400),
    "unauthenticated": Refusal(
        None, "Send Authorization: Bearer <api key> with a key that is valid.", 401, headers=("WWW-Authenticate",)
    ),
    "forbidden": Refusal(None, "This needs the scope submit; use a key or a token that has it.", 403),
    "not-found": Refusal(None, "There is nothing here.", 404),
    "method-not-allowed": Refusal(
        None, "This path does not take this method; Allow lists those it takes.", 405, headers=("Allow",)
    ),
    "request-timeout": Refusal(None, "The request did not arrive within 30 seconds; send it faster.", 408),
    "head-too-large": Refusal(
        None, "The request line and headers are larger than 65536 bytes together; send less.", 431
    ),
    "idempotency-key-missing": _refusal(
        kinds.KEY_MISSING, "Send an Idempotency-Key header, such as your order number or a random UUID.", "Link"
    ),
    "idempotency-key-invalid": _refusal(
        kinds.KEY_INVALID, "The key holds a space: use 1 to 255 visible ASCII characters."
    ),
    "idempotency-key-reused": _refusal(
        kinds.KEY_REUSED,
        "This key started another request. Use a new key for new work.",
        "Location",
        operation_id=EXAMPLE_ID,
    ),
    "idempotency-key-in-flight": _refusal(
        kinds.KEY_IN_FLIGHT, "A request with this key is being accepted; repeat this one in a second.", "Retry-After"
    ),
    "idempotency-key-expired": _refusal(
        kinds.KEY_EXPIRED, "The key was made 45 days ago, and keys are kept for 30. Nothing was started."
    ),
    "operation-not-found": _refusal(kinds.OPERATION_NOT_FOUND, "There is no operation with this id."),
    "operation-expired": _refusal(
        kinds.OPERATION_EXPIRED,
        "The operation that this key names was deleted. Nothing was started.",
        status=409,
        operation_id=EXAMPLE_ID,
    ),
    "operation-expired-410": _refusal(kinds.OPERATION_EXPIRED, "The operation was deleted."),
    "operation-not-cancelable": _refusal(
        kinds.OPERATION_NOT_CANCELABLE,
        "It is being committed already; poll it until it is done.",
        operation_status="running",
        operation_phase="committing",
    ),
    "operation-type-mismatch": _refusal(
        kinds.OPERATION_TYPE_MISMATCH,
        "This id names an operation of type transfer-funds.",
        "Location",
        operation_id=EXAMPLE_ID,
    ),
    "operation-not-terminal": _refusal(
        kinds.OPERATION_NOT_TERMINAL,
        "It is running: wait until it is done, or cancel it.",
        operation_status="running",
    ),
    "operation-not-blocked": _refusal(
        kinds.OPERATION_NOT_BLOCKED,
        "It is running, and needs nobody.",
        operation_status="running",
        operation_phase="committing",
    ),
    "operation-in-flight": _refusal(
        kinds.OPERATION_NOT_BLOCKED, "A call of it may be in flight for 12 seconds more.", "Retry-After"
    ),
    "step-not-in-doubt": _refusal(
        kinds.OPERATION_NOT_BLOCKED, "Nothing of step funds is in doubt: it is committed.", step="funds"
    ),
    "operation-not-compensable": _refusal(
        kinds.OPERATION_NOT_COMPENSABLE, "Step funds is committed and has no handler compensate.", step="funds"
    ),
    "validation-error": _refusal(
        kinds.VALIDATION_ERROR,
        "One value is not allowed.",
        errors=[{"detail": "Expected `int` >= 1", "pointer": "/input/quantity"}],
    ),
    "unknown-operation-type": _refusal(
        kinds.UNKNOWN_OPERATION_TYPE,
        "There is no such type of operation; there are: place-order, transfer-funds.",
        supported=["place-order", "transfer-funds"],
    ),
    "malformed-json": _refusal(kinds.MALFORMED_JSON, 'The member "quantity" is there twice.'),
    "precondition-failed": _refusal(
        kinds.PRECONDITION_FAILED, "It is version 4 by now: read it again.", current_etag='"4"'
    ),
    "precondition-required": _refusal(kinds.PRECONDITION_REQUIRED, "Send If-Match with the ETag you have."),
    "unsupported-media-type": _refusal(kinds.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json.", "Accept"),
    "content-too-large": _refusal(
        kinds.CONTENT_TOO_LARGE, "The body is larger than 1048576 bytes.", limit_bytes=1_048_576
    ),
    "too-many-requests": _refusal(
        kinds.TOO_MANY_REQUESTS,
        "More than 100 requests per second came from your tenant; repeat this one after Retry-After seconds.",
        "Retry-After",
    ),
    "internal-error": _refusal(kinds.INTERNAL_ERROR, "Something is wrong here; it was logged under this request's id."),
    "service-unavailable": _refusal(
        kinds.SERVICE_UNAVAILABLE,
        "The database cannot be reached. Nothing was accepted: repeat the same request later.",
        "Retry-After",
        effect="none",
    ),
    "not-ready": _refusal(
        kinds.SERVICE_UNAVAILABLE,
        "This process is not ready.",
        "Retry-After",
        effect="none",
        postgres="unavailable",
        redis="ok",
    ),
    "outcome-unknown": _refusal(
        kinds.SERVICE_UNAVAILABLE,
        "The database went away while the request was being accepted: repeat it with the same key to find out.",
        "Retry-After",
        effect="unknown",
    ),
}
