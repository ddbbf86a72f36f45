"""A worker's metrics on a port of their own, for Prometheus. Off unless ``OPERATIONS_METRICS_PORT`` is set.

All workers of one machine may have the same port: whichever of one command's processes answers, answers for all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from operations_api.metrics import CONTENT_TYPE

PATIENCE_SECONDS: Final = 10.0
"""Whoever does not ask or take the answer within this time is not waited for."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def exposed(render: Callable[[], bytes], host: str, port: int) -> AsyncIterator[None]:
    """Answer ``GET /metrics`` while the block runs. A port that is taken is said in the log; the work goes on."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(head, render))
                await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(answer, host, port, reuse_port=True)
    except OSError as error:
        log.error("metrics cannot be asked for", host=host, port=port, error=str(error))
        yield
        return
    async with server:
        yield


def _answer(head: bytes, render: Callable[[], bytes]) -> bytes:
    found = head.startswith((b"GET /metrics ", b"GET /metrics?"))
    body, kind = (render(), CONTENT_TYPE) if found else (b"GET /metrics\n", "text/plain")
    status = "200 OK" if found else "404 Not Found"
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join((*lines, "", "")).encode() + body
