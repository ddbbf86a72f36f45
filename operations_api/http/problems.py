"""Refusals as answers: every 4xx and 5xx is an ``application/problem+json`` document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar.exceptions import HTTPException

from operations_api.domain.errors import OutcomeUnknown, StoreUnavailable
from operations_api.domain.problem import (
    INTERNAL_ERROR,
    SERVICE_UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    ProblemType,
)
from operations_api.http.answer import Answer

MEDIA_TYPE: Final = "application/problem+json"

UNAVAILABLE_RETRY_SECONDS: Final = 2
"""A restarted Postgres is back within seconds, and its clients should not be."""

log = structlog.get_logger(__name__)


def blank(status: int) -> ProblemType:
    """The kind of a refusal that HTTP's own words describe completely; its type is ``about:blank``."""
    return ProblemType("", status, HTTPStatus(status).phrase, "", "")


BAD_REQUEST: Final = blank(400)
UNAUTHORIZED: Final = blank(401)
FORBIDDEN: Final = blank(403)
NOT_FOUND: Final = blank(404)
METHOD_NOT_ALLOWED: Final = blank(405)


def answer_to(problem: Problem, base_url: str, request_id: str) -> Answer:
    """The answer that a refusal is."""
    kind = problem.type
    document = {
        "type": f"{base_url}{kind.path}" if kind.slug else "about:blank",
        "title": kind.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": f"urn:uuid:{request_id}",
        **problem.extensions,
    }
    headers = {**_headers_of_kind(kind, base_url), **problem.headers, "Cache-Control": "no-store"}
    return Answer(problem.status, list(headers.items()), msgspec.json.encode(document), MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """The refusal an exception comes to: what the router raises, an unreachable database, or a defect of ours."""
    match error:
        case Problem():
            return error
        case StoreUnavailable():
            log.warning("postgres is unavailable", error=str(error))
            return unavailable("The database cannot be reached now; nothing was accepted.", effect="none")
        case HTTPException() if error.status_code < 500:
            return Problem(_router_detail(error), kind=blank(error.status_code), headers=error.headers)
        case _:
            log.error("a request failed", exc_info=error)
            return Problem("Something went wrong here; it was logged under the id in instance.", kind=INTERNAL_ERROR)


def unavailable(detail: str, *, effect: str, extensions: Mapping[str, Any] | None = None) -> Problem:
    """The 503. ``effect`` says whether anything may have been accepted: ``none`` or ``unknown``."""
    return Problem(
        f"{detail} Repeat the same request after Retry-After seconds.",
        kind=SERVICE_UNAVAILABLE,
        extensions={"effect": effect, **(extensions or {})},
        headers={"Retry-After": str(UNAVAILABLE_RETRY_SECONDS)},
    )


@contextmanager
def outcome_may_be_unknown() -> Iterator[None]:
    """Around a write: a connection that breaks in it leaves open whether it was done, and the 503 must say so."""
    try:
        yield
    except OutcomeUnknown as error:
        raise unavailable(
            "The connection to the database broke during the write, which may or may not have been done.",
            effect="unknown",
        ) from error


def _headers_of_kind(kind: ProblemType, base_url: str) -> dict[str, str]:
    if kind.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if kind is UNSUPPORTED_MEDIA_TYPE:
        return {"Accept": "application/json"}
    if kind.slug == "idempotency-key-missing":
        return {"Link": f'<{base_url}{kind.path}>; rel="describedby"'}
    return {}


def _router_detail(error: HTTPException) -> str:
    match error.status_code:
        case 404:
            return "There is nothing at this path; see /docs for what there is."
        case 405:
            return "This path does not take this method; Allow lists those it takes."
        case _:
            return f"{error.detail}."
