"""Connections that cost more than they may: slow senders, deaf readers, heads without end, too many at once.

uvicorn waits for ever for the rest of a request, takes a head of any size, and keeps an answer for whoever does not
read it. Here each of these ends: with a problem document where one can still be sent, and always with the connection.
"""

from __future__ import annotations

import asyncio
import fcntl
import resource
import socket
import struct
import sys
import termios
from collections import deque
from http import HTTPStatus
from typing import Any, ClassVar, Final

import httptools
import msgspec
import structlog
import uuid_utils.compat as uuid_utils
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from operations_api.settings import Settings

FULL: Final = "operations_api.full"
"""The member of an ASGI scope's ``state`` that says: this connection came when there were too many already."""

LINGER_SECONDS: Final = 2.0
"""Whoever is still sending while it is refused would not see the answer, were the connection closed at once."""

FILES_BESIDE_CONNECTIONS: Final = 256
"""What a process keeps open besides its clients and its pool: Redis, logs, libraries, and some to spare."""

log = structlog.get_logger(__name__)


def guarded(settings: Settings) -> type[HttpToolsProtocol]:
    """The protocol of one server, whose connections are counted together. Raises the limit of open files if it can."""
    limit = _connection_limit(settings)
    settings = msgspec.structs.replace(settings, connection_limit=limit)
    return type("GuardedProtocol", (GuardedProtocol,), {"settings": settings, "admitted": set()})


class GuardedProtocol(HttpToolsProtocol):
    """One connection. A request has ``receive_seconds`` from its first byte, the first of all from connecting."""

    settings: ClassVar[Settings]
    admitted: ClassVar[set[HttpToolsProtocol]]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._receiving: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._cycles: deque[RequestResponseCycle] = deque()
        self._request_began = False
        self._in_head = True
        self._refused = False
        self._parsing = b""
        self._idle_bytes = 0
        self._unsent_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve it, or mark it as one too many. Saying nothing at all is being slow."""
        super().connection_made(transport)
        if len(self.admitted) < self.settings.connection_limit:
            self.admitted.add(self)
        else:
            self.app_state = {**self.app_state, FULL: True}
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it. uvicorn tells only the last of several requests on their way, and the others would go on."""
        self.admitted.discard(self)
        self._stop_receiving()
        self._stop_sending()
        self._disconnect_all()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, unless it is refused already; then see whether it is more than a head may be, or not the end."""
        if self._refused:
            return
        self._idle_bytes += len(data)
        self._parsing = data
        super().data_received(data)
        if self._refused or self.transport.is_closing():
            return
        if self._idle_bytes > self.settings.head_limit_bytes:
            self._refuse_head()
        elif self._receiving is None and (self._request_began or self._is_forgotten()):
            self._await_request()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._request_began = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. What follows a chunked body is dropped: nobody looks at it, and it may have no end."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to serve the request, unless its head is too large."""
        if self._refused or self._offers_upgrade():
            return
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.settings.head_limit_bytes:
            self._refuse_head()
            return
        self._in_head, self._idle_bytes = False, 0
        super().on_headers_complete()
        while self._cycles and self._cycles[0].response_complete:
            self._cycles.popleft()
        self._cycles.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """More of the body."""
        self._idle_bytes = 0
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        if self._offers_upgrade():
            return
        self._in_head, self._request_began, self._idle_bytes = True, False, 0
        self._stop_receiving()
        if not self._refused:
            super().on_message_complete()

    def _offers_upgrade(self) -> bool:
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def _unsupported_upgrade_warning(self) -> None:
        """Parse again without the offer, as clients of HTTP/2 make it: what follows it is the body, and is lost else.

        uvicorn calls this when its parser has stopped there.
        """
        stopped = sys.exc_info()[1]
        if stopped is None or not self._offers_upgrade():
            return
        kept = [b"%b: %b" % _without_upgrade(*header) for header in self.headers if header[0] != b"upgrade"]
        head = b"\r\n".join([b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url), *kept, b"", b""])
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        super().data_received(head + self._parsing[stopped.args[0] :])

    def on_response_complete(self) -> None:
        """Serve the next. uvicorn reads on although others wait in line, which would let the line grow without end."""
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, unless that would be taken for another request's answer, or get into it."""
        if self._may_speak():
            super().send_400_response(msg)
        else:
            self._disconnect_all()
            self.transport.abort()

    def pause_writing(self) -> None:
        """More is to be sent than the client takes: see whether it takes anything."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        self._stop_sending()
        super().resume_writing()

    def _is_forgotten(self) -> bool:
        """Bytes that begin no request, or end one answered before, have stopped the only timer an idle one has."""
        is_idle = self.cycle is not None and self.cycle.response_complete
        return is_idle and self.timeout_keep_alive_task is None

    def _await_request(self) -> None:
        self._receiving = self.loop.call_later(self.settings.receive_seconds, self._overdue)

    def _stop_receiving(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            self._receiving = None

    def _overdue(self) -> None:
        if self._request_began:
            self._refuse(
                408, f"The request did not arrive within {self.settings.receive_seconds:g} seconds; send it faster."
            )
        else:
            self.transport.close()  # browsers connect ahead of need, and would take words for an answer

    def _refuse_head(self) -> None:
        limit = self.settings.head_limit_bytes
        self._refuse(431, f"The request line and headers are larger than {limit} bytes together; send less.")

    def _refuse(self, status: int, detail: str) -> None:
        may_speak = self._may_speak()
        self._refused = True
        self._stop_receiving()
        self._unset_keepalive_if_required()
        self._disconnect_all()
        if not may_speak:
            self.transport.abort()
            return
        self.transport.write(_refusal(status, detail))
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _may_speak(self) -> bool:
        """Whether what is sent now can be nothing but the answer to the request that is refused."""
        unanswered = [cycle for cycle in self._cycles if not cycle.response_complete]
        if self._in_head:
            return not unanswered
        return unanswered == [self.cycle] and not self.cycle.response_started

    def _disconnect_all(self) -> None:
        for cycle in self._cycles:
            cycle.disconnected = cycle.disconnected or not cycle.response_complete
            cycle.message_event.set()

    def _await_reader(self) -> None:
        self._unsent_bytes = _unsent_bytes(self.transport)
        self._sending = self.loop.call_later(self.settings.send_seconds, self._see_whether_it_reads)

    def _stop_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _see_whether_it_reads(self) -> None:
        if _unsent_bytes(self.transport) < self._unsent_bytes:
            self._await_reader()
        else:
            _forget_what_is_unsent(self.transport)
            self.transport.abort()


def _without_upgrade(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name != b"connection":
        return name, value
    return name, b", ".join(token for token in value.split(b",") if token.strip().lower() != b"upgrade")


def _unsent_bytes(transport: asyncio.Transport) -> int:
    """What waits for the client, here and in the kernel, whose share may take minutes to go on a slow line."""
    in_kernel = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    return transport.get_write_buffer_size() + int.from_bytes(in_kernel, sys.byteorder)


def _forget_what_is_unsent(transport: asyncio.Transport) -> None:
    """Let closing reset the connection: the kernel would otherwise go on offering megabytes to whoever wants none."""
    with socket.fromfd(transport.get_extra_info("socket").fileno(), socket.AF_INET, socket.SOCK_STREAM) as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _refusal(status: int, detail: str) -> bytes:
    """A whole answer: a problem document (RFC 9457) with the headers that every answer has."""
    phrase, request_id = HTTPStatus(status).phrase, str(uuid_utils.uuid7())
    document = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{request_id}",
    }
    body = msgspec.json.encode(document)
    head = (
        f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
        f"cache-control: no-store\r\nx-request-id: {request_id}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def _connection_limit(settings: Settings) -> int:
    """How many connections this process can hold, once it may open as many files as the system lets it."""
    needed = settings.connection_limit + settings.pool_size + FILES_BESIDE_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    if soft == resource.RLIM_INFINITY or possible == needed:
        return settings.connection_limit
    limit = max(1, possible - settings.pool_size - FILES_BESIDE_CONNECTIONS)
    log.warning(
        f"at most {limit} clients can be connected, not OPERATIONS_CONNECTION_LIMIT={settings.connection_limit}: this "
        f"process may open no more than {hard} files. Raise that limit (ulimit -Hn, LimitNOFILE= of systemd, "
        "--ulimit nofile= of a container), or lower the setting."
    )
    return limit
