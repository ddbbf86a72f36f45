"""HTTP/1.1 over a socket, byte by byte: what is sent is exactly what the case says, what comes back is kept whole.

Every exchange has a connection of its own, read until the service closes it, so that a byte too many is seen.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

PATIENCE_SECONDS: Final = 75.0
"""The longest answer the contract allows is a wait of 30 seconds; beyond this, nothing comes any more."""

_REQUEST_LINE: Final = re.compile(rb"([A-Z]+ /[^ ]* HTTP/1\.[01])\r\n")
"""Of several requests the next begins where the body of the one before it ends, in the midst of a line."""


class NoAnswer(Exception):
    """The service closed, refused or went silent where an answer was due; the message says which."""

    def __init__(self, sentence: str, request: bytes = b"") -> None:
        super().__init__(sentence)
        self.request = request


class Address:
    """One base URL of the service. ``public_url`` is the base it gives to the absolute URLs of its answers."""

    def __init__(self, url: str) -> None:
        """Raises ``ValueError`` when it is not an http or https URL."""
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is not a URL such as http://127.0.0.1:8000")
        self.url = self.public_url = url.rstrip("/")
        self.host = parts.netloc.rpartition("@")[2]
        self.name = parts.hostname
        self.secure = parts.scheme == "https"
        self.port = parts.port or (443 if self.secure else 80)
        self.prefix = parts.path

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection. Raises ``NoAnswer``."""
        try:
            context = ssl.create_default_context() if self.secure else None
            return await asyncio.open_connection(self.name, self.port, ssl=context, limit=2**24)
        except OSError as error:
            raise NoAnswer(f"{self.url} cannot be reached: {error}") from None


class Answer:
    """One answer. ``sent_at`` and ``received_at`` are monotonic seconds, ``interim`` the 1xx that came before it."""

    def __init__(self, address: Address, request: bytes, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self.address = address
        self.public_url = address.public_url
        self.request = request
        self.method, self.target = _asked(request)
        self.status = status
        self.headers = tuple(headers)
        self.body = b""
        self.interim: tuple[int, ...] = ()
        self.beyond = b""
        self.sent_at = self.received_at = 0.0

    def lines(self, name: str) -> list[str]:
        """The values of every header line of this name."""
        return [value for known, value in self.headers if known == name.lower()]

    def header(self, name: str) -> str | None:
        """The value of the first such header, None when there is none."""
        lines = self.lines(name)
        return lines[0] if lines else None

    @property
    def media_type(self) -> str | None:
        """The content type without its parameters."""
        value = self.header("content-type")
        return None if value is None else value.partition(";")[0].strip().lower()

    @property
    def json(self) -> Any:
        """The body's value. Raises ``ValueError``."""
        return json.loads(self.body)

    @property
    def json_or_none(self) -> Any:
        """The body's value, None when it is not JSON."""
        try:
            return self.json
        except ValueError:
            return None


async def exchange(address: Address, pieces: Iterable[bytes], *, unfinished: bool = False) -> list[Answer]:
    """Every answer to these bytes, which are sent piece by piece. Raises ``NoAnswer``.

    To an ``unfinished`` request one answer is enough: a proxy may go on listening for the rest of it.
    """
    sent = list(pieces)
    request = b"".join(sent)
    sent_at = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            raw = await _converse(address, sent, unfinished)
    except TimeoutError:
        raise NoAnswer(f"nothing came within {PATIENCE_SECONDS:.0f} s", request) from None
    received_at = time.monotonic()
    answers = _answers(address, request, raw)
    if not answers:
        raise NoAnswer("the connection was closed without an answer", request)
    for answer in answers:
        answer.sent_at, answer.received_at = sent_at, received_at
    return answers


async def _converse(address: Address, pieces: Sequence[bytes], unfinished: bool) -> bytes:
    reader, writer = await address.connect()
    try:
        reading = asyncio.ensure_future(_read_all(reader, unfinished))
        for piece in pieces:
            if reading.done():
                break
            writer.write(piece)
            try:
                await writer.drain()
            except OSError:  # refused before everything was sent: what it says is on its way
                break
        return await reading
    finally:
        writer.close()


async def _read_all(reader: asyncio.StreamReader, unfinished: bool) -> bytes:
    received = bytearray()
    try:
        while chunk := await reader.read(65536):
            received += chunk
            if unfinished and _is_whole(bytes(received)):
                break
    except OSError:  # reset after the answer; what has arrived counts
        pass
    return bytes(received)


def _asked(request: bytes) -> tuple[str, str]:
    """The method and the target of a request."""
    method, _, rest = request.partition(b" ")
    return method.decode("latin-1"), rest.partition(b" ")[0].decode("latin-1")


def _is_whole(raw: bytes) -> bool:
    head, found, body = raw.partition(b"\r\n\r\n")
    length = dict(head_of(head)[1]).get("content-length") if found else None
    return length is not None and len(body) >= int(length)


def _answers(address: Address, request: bytes, raw: bytes) -> list[Answer]:
    answers: list[Answer] = []
    interim: list[int] = []
    requests = _REQUEST_LINE.findall(request)
    while raw:
        head, found, raw = raw.partition(b"\r\n\r\n")
        if not found:
            raise NoAnswer("what came is not HTTP", request)
        status, headers = head_of(head)
        if status < 200:
            interim.append(status)
            continue
        answer = Answer(address, request, status, headers)
        if len(requests) > len(answers):
            answer.method, answer.target = _asked(requests[len(answers)])
        answer.interim, interim = tuple(interim), []
        answer.body, raw = _body(answer, raw)
        answers.append(answer)
        if raw and not raw.startswith(b"HTTP/1."):
            answer.beyond, raw = raw, b""
    return answers


def head_of(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    """The status and the headers, names in lower case. Raises ``NoAnswer`` when this is not HTTP."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise NoAnswer("what came is not HTTP")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip()))
    return int(rest[:3]), headers


def _body(answer: Answer, raw: bytes) -> tuple[bytes, bytes]:
    if answer.method == "HEAD" or answer.status in (204, 304):
        return b"", raw
    if "chunked" in (answer.header("transfer-encoding") or ""):
        return _chunked(raw)
    length = answer.header("content-length")
    if length is None:
        return raw, b""
    if len(raw) < int(length):
        raise NoAnswer(f"the body has {len(raw)} of {length} bytes", answer.request)
    return raw[: int(length)], raw[int(length) :]


def _chunked(raw: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        body, raw = body + raw[:length], raw[length + 2 :]
        if length == 0:
            return body, raw


@asynccontextmanager
async def streaming(address: Address, request: bytes) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
    """An answer without an end in sight: its head, and the lines of its body as they come, without their ends."""
    reader, writer = await address.connect()
    try:
        sent_at = time.monotonic()
        writer.write(request)
        async with asyncio.timeout(PATIENCE_SECONDS):
            status, headers = head_of((await reader.readuntil(b"\r\n\r\n"))[:-4])
        answer = Answer(address, request, status, headers)
        answer.sent_at, answer.received_at = sent_at, time.monotonic()
        is_chunked = "chunked" in (answer.header("transfer-encoding") or "")
        yield answer, _lines(_pieces(reader) if is_chunked else _rest(reader))
    except (asyncio.IncompleteReadError, TimeoutError):
        raise NoAnswer("the stream was not answered, or went silent", request) from None
    finally:
        writer.close()


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    pending = b""
    async for piece in pieces:
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r")


async def _pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while length := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        yield (await reader.readexactly(length + 2))[:-2]


async def _rest(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(65536):
        yield piece
