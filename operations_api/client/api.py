"""The API over HTTP: asked until it answers, or until the client's patience is over."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from operations_api.client.events import Event, EventParser
from operations_api.client.failure import RequestRefused
from operations_api.client.snapshot import Snapshot
from operations_api.client.tries import Tries

CONNECT_SECONDS: Final = 5.0
"""A host that has not answered a SYN by then is most likely not there; another attempt finds another one."""

ANSWER_SECONDS: Final = 15.0
"""Far more than a start or a read takes; whoever has not answered by then has lost the request."""

SILENCE_SECONDS: Final = 30.0
"""The API sends a comment every ten seconds or so on a stream that has nothing to say."""

IDLE_CONNECTION_SECONDS: Final = 4.0
"""Common servers drop idle connections after five seconds; a request on a dropped one has to be repeated."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``repeatable``: doing it twice is as good as once. The answer may be held for ``wait_seconds``."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    repeatable: bool = True
    wait_seconds: int = 0
    key: str | None = None


class Api:
    """One base URL, one API key, one pool of connections. No redirects are followed."""

    def __init__(self, url: str, key: str, patience_seconds: float, transport: httpx.AsyncBaseTransport | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not a URL such as https://operations.example; say where the API is.")
        self.url = url.rstrip("/")
        self.patience_seconds = patience_seconds
        limits = httpx.Limits(max_connections=None, keepalive_expiry=IDLE_CONNECTION_SECONDS)
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"},
            transport=transport or httpx.AsyncHTTPTransport(limits=limits),
            trust_env=False,  # what a proxy of the environment is for is not known here: a transport says it
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def operation(self, request: Request) -> tuple[Snapshot, httpx.Response]:
        """The operation that the answer shows."""
        response = await self.ask(request)
        return self.shown(response.content), response

    async def ask(self, request: Request) -> httpx.Response:
        """The answer, a success. Raises ``RequestRefused`` and ``ApiUnavailable``."""
        changes = request.method not in ("GET", "HEAD")
        tries = Tries(self.patience_seconds, changes=changes, repeatable=request.repeatable, key=request.key)
        while True:
            try:
                response = await self._send(request)
            except httpx.TransportError as error:
                await tries.after_no_answer(error, self.url)
                continue
            if response.is_success:
                return response
            await tries.after_refusal(response)

    async def events(self, path: str) -> AsyncIterator[Snapshot]:
        """An operation's versions as they are seen, to the last one, across broken connections."""
        seen = 0
        tries = Tries(self.patience_seconds)
        while True:
            try:
                async with aclosing(self._stream(path, seen, tries)) as events:
                    async for event in events:
                        tries.begin_anew()
                        snapshot = self.shown(event.data)
                        if snapshot.version <= seen:
                            continue
                        seen = snapshot.version
                        yield snapshot
                        if snapshot.done:
                            return
            except httpx.TransportError as error:
                await tries.after_no_answer(error, self.url)

    def shown(self, body: bytes) -> Snapshot:
        """The operation in these bytes. Raises ``RequestRefused`` when there is none."""
        try:
            return Snapshot.of(body)
        except msgspec.MsgspecError:
            raise self._something_else() from None

    def json(self, response: httpx.Response) -> dict[str, Any]:
        """The object in an answer, empty where it has no body. Raises ``RequestRefused`` when it is no object."""
        try:
            return msgspec.json.decode(response.content or b"{}", type=dict[str, Any])
        except msgspec.MsgspecError:
            raise self._something_else() from None

    def _something_else(self) -> RequestRefused:
        return RequestRefused(200, {"detail": f"{self.url} is not this API: what it answers is something else."})

    async def _send(self, request: Request) -> httpx.Response:
        headers = dict(request.headers)
        if request.body:
            headers["Content-Type"] = "application/json"
        if request.wait_seconds:
            headers["Prefer"] = f"wait={request.wait_seconds}"
        timeout = httpx.Timeout(ANSWER_SECONDS + request.wait_seconds, connect=CONNECT_SECONDS)
        url = f"{self.url}{request.path}"
        return await self._http.request(request.method, url, content=request.body, headers=headers, timeout=timeout)

    async def _stream(self, path: str, seen: int, tries: Tries) -> AsyncGenerator[Event, None]:
        """The events of one connection. Raises ``httpx.TransportError`` however it ends; a passing refusal has none."""
        headers: dict[str, Any] = {"Accept": "text/event-stream"}
        if seen:
            headers["Last-Event-ID"] = str(seen)
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        async with self._http.stream("GET", f"{self.url}{path}", headers=headers, timeout=timeout) as response:
            if not response.is_success:
                await response.aread()
                await tries.after_refusal(response)
                return
            parser = EventParser()
            async for chunk in response.aiter_bytes():
                for event in parser.feed(chunk):
                    yield event
        raise httpx.RemoteProtocolError("the events ended before the operation did")
