"""Reading a request's body: bounded, and only as JSON."""

from __future__ import annotations

from typing import Any, Final

from operations_api.domain.problem import CONTENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, Problem
from operations_api.http.problems import BAD_REQUEST

DRAINED_BYTES: Final = 8 * 1024 * 1024
"""A body over the limit is read this far and thrown away: a client that is still sending would not see the 413."""


async def read_body(request: Any, limit_bytes: int) -> bytes:
    """The whole body. Raises a ``Problem``: 413 when it is larger than ``limit_bytes``, 400 when it breaks off."""
    announced = _announced(request)
    if announced > limit_bytes and request.headers.get("expect", "").lower() == "100-continue":
        raise _too_large(limit_bytes)  # the client waits for permission and has sent nothing
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":  # nobody reads this; what came so far may look like a whole document
            raise Problem("The body ended before it was complete; send all of it.", kind=BAD_REQUEST)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
        if not message.get("more_body", False) or size > limit_bytes + DRAINED_BYTES:
            break
    if size > limit_bytes:
        raise _too_large(limit_bytes)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def require_json(request: Any) -> None:
    """Raise a ``Problem`` of 415 unless the body says it is JSON."""
    lines = request.headers.getall("content-type", [])
    if len(lines) != 1 or lines[0].partition(";")[0].strip().lower() != "application/json":
        given = f"not {', '.join(lines)}" if lines else "and this request has no Content-Type"
        raise Problem(f"The body must be application/json, {given[:100]}.", kind=UNSUPPORTED_MEDIA_TYPE)


def _announced(request: Any) -> int:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _too_large(limit_bytes: int) -> Problem:
    return Problem(
        f"The body is larger than {limit_bytes} bytes; send less.",
        kind=CONTENT_TOO_LARGE,
        extensions={"limit_bytes": limit_bytes},
        headers={"Connection": "close"},
    )
