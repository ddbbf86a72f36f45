"""A cheap HTTP/1.1 client: one connection, one request at a time, as few bytes looked at as possible."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"0\r\n\r\n"


class Answer(NamedTuple):
    """What came back; the names in `head` are as the server wrote them."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: bytes) -> bytes:
        """The value of a header, in whatever case it was written; empty when there is none."""
        for line in self.head.split(b"\r\n"):
            if line[: len(name) + 1].lower() == name.lower() + b":":
                return line[len(name) + 1 :].strip()
        return b""


class Connection(asyncio.Protocol):
    """Keep-alive, no pipelining. `ask` raises `ConnectionError` when the server closes."""

    def __init__(self) -> None:
        self._received = b""
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """The future answer."""
        if self._transport.is_closing():
            raise ConnectionError("the server has closed the connection")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        answer = complete(self._received)
        if answer is not None and self._waiting is not None and not self._waiting.done():
            self._received = b""
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    def close(self) -> None:
        self._transport.close()


async def connect(port: int) -> Connection:
    """A connection to this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


def complete(received: bytes) -> Answer | None:
    """The answer, once all of it has arrived."""
    end = received.find(END_OF_HEAD)
    if end < 0:
        return None
    head, body = received[:end], received[end + 4 :]
    status = int(head[9:12])
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    if at >= 0 and status != 304:
        length = int(lower[at + 17 :].split(b"\r\n", 1)[0])
        return Answer(status, head, body) if len(body) >= length else None
    if b"\r\ntransfer-encoding: chunked" in lower and not body.endswith(END_OF_CHUNKS):
        return None
    return Answer(status, head, body)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a request; `idempotency_key` becomes Idempotency-Key."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
