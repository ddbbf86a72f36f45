"""A real TCP proxy before the API that loses answers: the request has arrived, its sender never learns of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

LOST: Final = object()
"""The answer comes as far as the proxy; then the connection is reset."""

HALF: Final = object()
"""So much of the answer gets through that its head is whole, then the connection is reset."""

NEVER_SENT: Final = object()
"""The connection is reset before the request has gone on."""


class Request:
    def __init__(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


class FaultyProxy:
    """``faults`` are what befalls the next requests, in turn; afterwards all goes well. ``seen`` is what came."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.faults: deque[object] = deque()
        self.seen: list[Request] = []
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def cut_everything(self) -> None:
        """Reset every connection that is open now."""
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one connection."""
        self._open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            request = Request(head)
            body = await reader.readexactly(int(request.headers.get("content-length", 0)))
            self.seen.append(request)
            await self._pass_on(head, body, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _pass_on(
        self, head: bytes, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        fault = self.faults.popleft() if self.faults else None
        if fault is NEVER_SENT:
            return
        if isinstance(fault, bytes) and head.startswith(b"GET "):
            await _write(writer, fault)  # what only reads may be held for long, and need not arrive
            return
        upstream, to_upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            to_upstream.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body)
            if fault is None:
                await _until_gone(reader, _pipe(upstream, writer))
                return
            answer = await upstream.read(-1)
            if isinstance(fault, bytes):
                await _write(writer, fault)
            elif fault is HALF:
                await _write(writer, answer[: answer.index(b"\r\n\r\n") + 40])
        finally:
            to_upstream.transport.abort()


@asynccontextmanager
async def faulty_proxy(upstream: int) -> AsyncIterator[FaultyProxy]:
    """A proxy to this port until the block ends."""
    proxy = FaultyProxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        proxy.cut_everything()
        server.close()


def problem(status: int, slug: str, headers: str = "", members: str = "") -> bytes:
    """An answer that stands in the place of the API's."""
    body = f'{{"type":"http://api/problems/{slug}","status":{status},"detail":"said the proxy"{members}}}'
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/problem+json\r\nConnection: close\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def _until_gone(reader: asyncio.StreamReader, work: Coroutine[Any, Any, None]) -> None:
    """Do it for as long as the other side is there."""
    tasks = {asyncio.ensure_future(work), asyncio.ensure_future(reader.read(1))}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(1 << 16):
        await _write(writer, chunk)
    writer.close()
    await writer.wait_closed()


async def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()
    # an abort right behind would take back what the kernel has not yet sent
    await asyncio.sleep(0.01)
