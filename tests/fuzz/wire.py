"""Bytes to a server and back: what was sent is anything at all, what comes back must be HTTP to the letter."""

from __future__ import annotations

import errno
import re
import socket
import time

import msgspec

PATIENCE_SECONDS = 60.0
"""Far beyond what any answer takes, waiting for an operation included; only for a server that hangs we wait so long."""

QUIET_SECONDS = 0.15
"""A server that says nothing for so long waits for the rest of the request, or is busy: nobody counts what it says."""

STREAM = b"content-type: text/event-stream"
"""An answer that goes on for as long as we listen."""

CLOSED = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
"""The server has closed while we were still sending: it may, though the kernel then drops some of what it said."""

SPLIT = b"@SPLIT@"
"""In what is sent: the rest goes into another segment."""

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*)")


class NotHttp(AssertionError):
    """What came back is no sequence of HTTP answers."""


class Cut(NotHttp):
    """An answer ends before it should."""


class Answer(msgspec.Struct, frozen=True):
    """One answer; header names are in lower case. ``cut`` when the connection was closed within its body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    cut: bool = False

    def all(self, name: str) -> list[str]:
        """The values of every header line of this name."""
        return [value for header, value in self.headers if header == name]

    def one(self, name: str) -> str:
        """The value of a header, empty when absent. Fails when there are two."""
        values = self.all(name)
        if len(values) > 1:
            raise NotHttp(f"{name} is there {len(values)} times")
        return values[0] if values else ""


def exchange(port: int, sent: bytes, *, quiet_seconds: float = QUIET_SECONDS) -> list[Answer]:
    """Every answer to these bytes, until the server closes. Fails when it neither answers nor closes.

    What is sent need not have an end: a server that is quiet for so long is told that there is no more.
    """
    got, is_reset = received(port, sent, quiet_seconds)
    return answers_in(got, bodiless=b"HEAD" in sent.replace(SPLIT, b""), may_be_cut=is_reset)


def received(port: int, sent: bytes, quiet_seconds: float) -> tuple[bytes, bool]:
    """What comes back until the server closes, and whether it was still being sent to when it did.

    Our side is closed when an answer is there or none comes.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        got = bytearray()
        try:
            _send(connection, sent)
            if not _listen(connection, got, quiet_seconds) and STREAM not in got:
                connection.shutdown(socket.SHUT_WR)
                if not _listen(connection, got, PATIENCE_SECONDS) and STREAM not in got:
                    raise NotHttp("the server neither answers nor closes")
        except OSError as error:
            if error.errno not in CLOSED:
                raise
            return bytes(got), True
        return bytes(got), False


def answers_in(got: bytes, *, bodiless: bool, may_be_cut: bool) -> list[Answer]:
    """The answers in a stream. ``bodiless`` when there may be answers to HEAD, which announce what they leave out."""
    answers = []
    while got:
        try:
            answer, got = _next(got, bodiless)
        except Cut:
            if may_be_cut:
                break
            raise
        if answer.status >= 200:
            answers.append(answer)
    return answers


def _send(connection: socket.socket, sent: bytes) -> None:
    for number, part in enumerate(sent.split(SPLIT)):
        if number:
            time.sleep(0.002)  # or the kernel would join the segments
        connection.sendall(part)


def _listen(connection: socket.socket, got: bytearray, quiet_seconds: float) -> bool:
    """Whether the server closes before it is quiet for so long."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    connection.settimeout(quiet_seconds)
    try:
        while time.monotonic() < ends_at:
            data = connection.recv(65536)
            if not data:
                return True
            got += data
    except TimeoutError:
        connection.settimeout(PATIENCE_SECONDS)
    return False


def _next(got: bytes, bodiless: bool) -> tuple[Answer, bytes]:
    head, end, rest = got.partition(b"\r\n\r\n")
    if not end:
        raise Cut(f"an answer has no end of its head: {got[:200]!r}")
    line, *fields = head.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(line)
    if status is None:
        raise NotHttp(f"not a status line: {line[:200]!r}")
    plain = Answer(int(status[1]), [_field(field) for field in fields], b"")
    body, rest, cut = _body(plain, rest, bodiless)
    return msgspec.structs.replace(plain, body=body, cut=cut), rest


def _field(line: bytes) -> tuple[str, str]:
    match = _FIELD.fullmatch(line)
    if match is None:
        raise NotHttp(f"not a header line: {line[:200]!r}")
    return match[1].decode().lower(), match[2].decode()


def _body(answer: Answer, rest: bytes, bodiless: bool) -> tuple[bytes, bytes, bool]:
    """The body, what follows it, and whether it was cut off."""
    if answer.status < 200 or answer.status in (204, 304):
        return b"", rest, False
    if bodiless and (not rest or rest.startswith(b"HTTP/1.1 ")):
        return b"", rest, False
    if answer.one("transfer-encoding") == "chunked":
        return _chunks(rest)
    length = int(answer.one("content-length"))
    if len(rest) < length:
        raise Cut(f"a body of {length} bytes ends after {len(rest)}")
    return rest[:length], rest[length:], False


def _chunks(rest: bytes) -> tuple[bytes, bytes, bool]:
    body = b""
    while True:
        size, end, after = rest.partition(b"\r\n")
        if not end:
            return body, b"", True
        length = int(size, 16)
        if len(after) < length + 2:
            return body + after[:length], b"", True
        if after[length : length + 2] != b"\r\n":
            raise NotHttp("a chunk does not end where it says")
        body, rest = body + after[:length], after[length + 2 :]
        if not length:
            return body, rest, False
