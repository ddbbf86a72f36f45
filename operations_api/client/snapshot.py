"""An operation as it was at one moment."""

from __future__ import annotations

from typing import Any

import msgspec


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the API said of an operation. ``document`` is all of it, members this client does not know included.

    ``progress`` is ``{"completed", "total", "unit"}``. ``result`` is set when it succeeded, ``error`` when it did not,
    ``blocked`` while it needs attention. Times are in ``document``, as RFC 3339 texts.
    """

    id: str
    type: str
    status: str
    done: bool
    phase: str
    version: int
    idempotency_key: str | None = None
    labels: dict[str, str] = {}
    progress: dict[str, Any] | None = None
    message: str | None = None
    cancel_requested: bool = False
    retry_of: str | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    blocked: list[dict[str, Any]] = []
    document: dict[str, Any] = {}

    @classmethod
    def of(cls, body: bytes) -> Snapshot:
        """The operation in an answer's body, or in an event."""
        document = msgspec.json.decode(body, type=dict[str, Any])
        return msgspec.convert({**document, "document": document}, cls)
