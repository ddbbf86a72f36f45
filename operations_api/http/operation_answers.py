"""The answers that carry an operation, with the headers a poller lives by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from operations_api.domain.operation import Operation
from operations_api.domain.representation import Beyond, body, full_body, path_of
from operations_api.http.answer import Answer
from operations_api.http.etags import tag_of
from operations_api.http.prefer import Preferences
from operations_api.http.retry_after import Advice

JSON: Final = "application/json"

CACHING: Final = [("Cache-Control", "private, no-cache"), ("Vary", "Prefer")]
"""Whoever keeps an answer must ask again before using it."""


def monitor_answer(
    advice: Advice, operation: Operation, beyond: Beyond | None, preferences: Preferences, status: int = 200
) -> Answer:
    """The status monitor, the full view when there is something ``beyond`` the basic one."""
    content = body(operation) if beyond is None else full_body(operation, beyond)
    return Answer(status, _monitor_headers(advice, operation, beyond, preferences), content, JSON)


def not_modified(advice: Advice, operation: Operation, beyond: Beyond | None, preferences: Preferences) -> Answer:
    """The 304: what the client has is still what there is."""
    return Answer(304, _monitor_headers(advice, operation, beyond, preferences))


def accepted(
    advice: Advice, operation: Operation, base_url: str, preferences: Preferences, key: str | None, *, replayed: bool
) -> Answer:
    """The 202 to a start, new or replayed, finished or not. ``key`` is the request's, which need not be the first."""
    path = path_of(operation.id)
    headers = [
        ("Location", f"{base_url}{path}"),
        ("Operation-Location", f"{base_url}{path}"),
        ("Content-Location", path),
        *([("Idempotency-Key", f'"{key}"')] if key else []),
        *([("Idempotent-Replayed", "true")] if replayed else []),
        ("ETag", tag_of(operation.version)),
        *advice.headers(operation, datetime.now(UTC)),
        *preferences.applied(minimal=True),
        *CACHING,
    ]
    if preferences.minimal:
        return Answer(202, headers)
    return Answer(202, headers, body(operation), JSON)


def _monitor_headers(
    advice: Advice, operation: Operation, beyond: Beyond | None, preferences: Preferences
) -> list[tuple[str, str]]:
    return [
        ("ETag", tag_of(operation.version, full=beyond is not None)),
        *advice.headers(operation, datetime.now(UTC)),
        *preferences.applied(minimal=False),
        *CACHING,
    ]
