"""What is sent back: a status, headers and bytes, without anything a framework would add."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

Headers = Sequence[tuple[str, str]]


class Answer:
    """An ASGI response. An empty body is zero bytes and has no content type."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Headers = (), body: bytes = b"", media_type: str | None = None) -> None:
        self.status = status
        self.headers = [(_encoded(name), value.encode("latin-1")) for name, value in headers]
        self.body = body
        if media_type is not None:
            self.headers.append((b"content-type", media_type.encode("ascii")))
        if status not in (204, 304):
            self.headers.append((b"content-length", str(len(body)).encode("ascii")))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    def to_asgi_response(self, **_: Any) -> Answer:
        """What Litestar asks of whatever an exception handler gives."""
        return self


@cache
def _encoded(name: str) -> bytes:
    """A header's name as it is sent. There are a few dozen, all of them ours."""
    return name.lower().encode("ascii")
