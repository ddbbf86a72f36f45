"""The comparison of answers with the document sees what is missing; and the contract's words are all declared."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from examples import registry
from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.http.openapi import document
from tests.openapi.answers import undeclared

SPEC = document(registry)
PATH = "/operations/019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11"
HEADERS = {"Content-Type": "application/problem+json", "X-Request-Id": "1", "Cache-Control": "no-store"}
NOT_FOUND = SPEC["components"]["examples"]["operation-not-found"]["value"]
INSIDE_OPERATIONS = {"operation-failed", "operation-canceled"}

ANSWERED = (
    *("Location", "Operation-Location", "Content-Location", "Retry-After", "Retry-After-Ms", "ETag", "Idempotency-Key"),
    *("Idempotent-Replayed", "Preference-Applied", "Cache-Control", "Vary", "Link", "WWW-Authenticate", "Allow"),
    *("Accept", "RateLimit-Policy", "RateLimit", "X-Request-Id"),
)
SENT = (
    *("Idempotency-Key", "Idempotency-Retry", "Prefer", "If-Match", "If-None-Match", "Last-Event-ID", "traceparent"),
)


def findings(method: str = "GET", status: int = 404, problem: Any = NOT_FOUND, **headers: str) -> list[str]:
    body = problem if isinstance(problem, bytes) else json.dumps(problem).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return undeclared(SPEC, method, PATH, status, HEADERS | named, body)


def test_what_is_declared_is_not_complained_about() -> None:
    assert findings() == []
    assert findings("HEAD", problem=b"") == []


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (lambda: findings(status=418), "the status is not declared"),
        (lambda: findings("PUT", 202), "the status is not declared"),
        (lambda: findings(X_Surprise="1"), "the header x-surprise is not declared"),
        (lambda: findings(Content_Type="text/html"), "the content type 'text/html' is not declared"),
        (lambda: findings(problem=b""), "the body is empty"),
        (lambda: findings(problem=b"{"), "the body is not JSON"),
        (lambda: findings(problem=NOT_FOUND | {"title": 1}), "1 is not of type 'string'"),
        (lambda: findings(problem=NOT_FOUND | {"status": 410}), "the problem says 410"),
        (lambda: findings(problem=NOT_FOUND | {"type": "/problems/another"}), "/problems/another is not declared"),
        (lambda: findings(problem=NOT_FOUND | {"surprise": 1}), "members that no example shows"),
        (lambda: findings(status=503, Retry_After="soon"), "retry-after: $: 'soon' is not of type 'integer'"),
        (lambda: findings(status=503, Retry_After="0"), "0 is less than the minimum of 1"),
    ],
)
def test_what_is_not_declared_is_named(broken: Callable[[], list[str]], complaint: str) -> None:
    assert any(complaint in each for each in broken()), broken()


def test_every_kind_of_refusal_is_declared_where_it_may_come() -> None:
    names = {name for response in responses() for media in response.get("content", {}).values() for name in of(media)}
    shown = {SPEC["components"]["examples"][name]["value"]["type"].rpartition("/")[2] for name in names}
    assert set(PROBLEM_TYPES) - INSIDE_OPERATIONS <= shown
    assert names == set(SPEC["components"]["examples"])


def test_every_header_of_the_contract_is_declared_where_it_is_answered() -> None:
    used = {name for response in responses() for name in response.get("headers", {})}
    assert set(ANSWERED) <= used
    assert used == set(SPEC["components"]["headers"])


def test_every_header_of_the_contract_is_declared_where_it_is_sent() -> None:
    used = {
        each["$ref"].rpartition("/")[2]
        for operation in operations()
        for each in operation.get("parameters", [])
        if "$ref" in each
    }
    assert set(SENT) <= used


def operations() -> list[Any]:
    return [each for item in SPEC["paths"].values() for each in item.values() if isinstance(each, dict)]


def responses() -> list[Any]:
    return [each for operation in (*operations(), SPEC["x-elsewhere"]) for each in operation["responses"].values()]


def of(media: Any) -> set[str]:
    return set(media.get("examples", {}))
