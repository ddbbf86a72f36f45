"""``GET /operations/{id}/events``: an operation as Server-Sent Events (WHATWG HTML section 9.2), to its end.

The first event is the whole operation, then comes one for each newer version that is seen; ``id:`` is the version. No
event has a name, so that ``onmessage`` fires. A listener that does not read gets the newest version only when it reads
again, and is dropped when it does not: at any time there is one event at most in hand for it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

import structlog
from litestar import Request, get

from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.operation import Operation
from operations_api.domain.problem import Problem
from operations_api.domain.representation import body
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.monitor import operation_id, present
from operations_api.http.resources import Resources

KEEP_ALIVE_SECONDS: Final = 10.0
"""Proxies commonly close a connection that is silent for 15 to 60 seconds."""

STALLED_SECONDS: Final = 30.0
"""A listener that takes nothing for so long, with its buffers full, has hung."""

RETRY: Final = b"retry: 2000\n\n"
"""How long a client waits before it connects again, in milliseconds."""

COMMENT: Final = b": still here\n\n"

HEADERS: Final = [
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),  # nginx would hold events back otherwise
]

_VERSION: Final = re.compile(r"[1-9][0-9]{0,17}")

log = structlog.get_logger(__name__)


def events_route(resources: Resources) -> Any:
    """The route that streams one operation."""

    @get("/operations/{id:str}/events", status_code=200)
    async def follow_operation(request: Request[Any, Any, Any]) -> Answer:
        exchange = exchange_of(request)
        tenant, id = exchange.require("read").tenant, operation_id(request)
        operation = present(await resources.store.get(tenant, id))
        last = _last_seen(request, operation)
        if operation.done and last == operation.version:
            return Answer(204)
        if exchange.is_head:
            return EventStream(_nothing())
        chunks = _chunks(resources, operation, last)
        return EventStream(_while_allowed(resources, list(request.scope["headers"]), chunks))

    return follow_operation


class EventStream(Answer):
    """An answer that goes on until there is nothing more to say, the client has gone, or it does not read."""

    def __init__(self, chunks: AsyncGenerator[bytes, None]) -> None:
        super().__init__(200, HEADERS, media_type="text/event-stream")
        self.headers = [header for header in self.headers if header[0] != b"content-length"]
        self._chunks = chunks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sending, leaving = asyncio.ensure_future(self._send(send)), asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                try:
                    async with asyncio.timeout(STALLED_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                except TimeoutError:
                    log.info("a listener that does not read is dropped")
                    return  # the answer is cut off, not ended
        await send({"type": "http.response.body", "body": b""})


async def _while_allowed(
    resources: Resources, headers: Sequence[tuple[bytes, bytes]], chunks: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Nothing more once the key is revoked or the token has expired, however long the stream has been open."""
    async with aclosing(chunks):
        async for chunk in chunks:
            if not await _may_read(resources, headers):
                return
            yield chunk


async def _may_read(resources: Resources, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    try:
        return "read" in (await resources.authenticator.caller(headers)).scopes
    except StoreUnavailable:
        return True  # it was let in, and nobody can say otherwise now
    except Problem as problem:
        return problem.status == 503


async def _chunks(resources: Resources, operation: Operation, last: int) -> AsyncGenerator[bytes, None]:
    """What is sent: events, and comments while there is nothing newer than what was sent ``last``."""
    yield RETRY
    if operation.version > last:
        yield _event(operation)
    if operation.done:
        return
    newer = resources.watch.follow(operation.tenant, operation.id, operation.version, KEEP_ALIVE_SECONDS)
    async with aclosing(newer) as found:
        async for now in found:
            if now is None:
                yield COMMENT
                continue
            if now.deleted_at is not None:
                return  # it ended and was forgotten before anybody looked: connecting again tells
            yield _event(now)
            if now.done:
                resources.advice.see(now)
                return


async def _nothing() -> AsyncGenerator[bytes, None]:
    return
    yield b""


def _event(operation: Operation) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (operation.version, body(operation))


def _last_seen(request: Any, operation: Operation) -> int:
    """The version in ``Last-Event-ID``; 0, which is older than any, for none, garbage, and what was never sent."""
    lines = request.headers.getall("last-event-id", [])
    if len(lines) != 1 or not _VERSION.fullmatch(lines[0]):
        return 0
    version = int(lines[0])
    return version if version <= operation.version else 0


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
