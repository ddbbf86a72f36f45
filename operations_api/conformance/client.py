"""The client that a case gets: requests as short words, each kept so that a failure can show it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from operations_api.conformance.findings import Broken, expect_status
from operations_api.conformance.service import Service
from operations_api.conformance.wire import Address, Answer, exchange, streaming
from operations_api.conformance.witness import Witness

Header = tuple[str, str | bytes]
JSON: Final[Header] = ("Content-Type", "application/json")
LONGEST_WAITS: Final = 4
"""Two minutes of waiting for an operation's end: no case starts one that takes more than seconds."""

MOST_REFUSALS: Final = 20
"""So often a request is repeated that a limit of the tenant refuses."""


class Client:
    """Asks with ``key``. ``exchanges`` are the answers so far, each with its request."""

    def __init__(self, service: Service, witness: Witness, key: str | None = None) -> None:
        self.service = service
        self.witness = witness
        self.key = service.given.key if key is None else key
        self.exchanges: list[Answer] = []

    def acting_with(self, key: str | None) -> Client:
        """The same, with another API key."""
        assert key is not None, "cases say what they need"
        other = Client(self.service, self.witness, key)
        other.exchanges = self.exchanges
        return other

    @property
    def is_limited(self) -> bool:
        """Whether a 429 is what the service has announced."""
        return bool(self.service.requests_per_second or self.service.operations_in_flight)

    # -- the verbs of the API --------------------------------------------------------------------------------------

    async def start(self, body: Any = None, *, key: str | None = None, type: str | None = None, query: str = "",
                    headers: Sequence[Header] = (), at: Address | None = None) -> Answer:  # fmt: skip
        """Start an operation; by default one that may not begin within this run."""
        named = () if key == "" else (("Idempotency-Key", key or new_key()),)
        path = f"/operations/{type or self.service.type}{query}"
        return await self.send("POST", path, self.body() if body is None else body, headers=[*named, *headers], at=at)

    async def put(self, id: str, body: Any = None, *, type: str | None = None, query: str = "",
                  headers: Sequence[Header] = ()) -> Answer:  # fmt: skip
        """Start an operation under the client's own id."""
        path = f"/operations/{type or self.service.type}/{id}{query}"
        return await self.send("PUT", path, self.body() if body is None else body, headers=headers)

    async def get(
        self, id: str, *, query: str = "", headers: Sequence[Header] = (), at: Address | None = None
    ) -> Answer:
        """Poll."""
        return await self.send("GET", f"/operations/{id}{query}", headers=headers, at=at)

    async def page(self, **filters: str) -> Answer:
        """A page of the list."""
        return await self.send("GET", f"/operations?{urlencode(filters)}")

    async def cancel(self, id: str, *headers: Header) -> Answer:
        """Ask for cancellation."""
        return await self.send("POST", f"/operations/{id}/cancel", headers=headers)

    async def delete(self, id: str, *headers: Header) -> Answer:
        """Forget."""
        return await self.send("DELETE", f"/operations/{id}", headers=headers)

    async def patch(self, id: str, labels: Mapping[str, str], *headers: Header) -> Answer:
        """Replace the labels."""
        return await self.send("PATCH", f"/operations/{id}", {"labels": labels}, headers=headers)

    # -- operations in a certain state -----------------------------------------------------------------------------

    def body(self, **more: Any) -> dict[str, Any]:
        """A body that the type takes; the operation may not begin within this run."""
        return {"input": dict(self.service.given.input), "not_before": self.service.not_before, **more}

    async def waiting(self, **more: Any) -> dict[str, Any]:
        """An operation that is not done, and stays so."""
        return operation_of(await self.start(self.body(**more)))

    async def finished(self, **more: Any) -> dict[str, Any]:
        """An operation that is done, without having been executed: it was canceled."""
        return await self.ended((await self.waiting(**more))["id"])

    async def ended(self, id: str) -> dict[str, Any]:
        """The canceled operation, done."""
        expect_status(await self.cancel(id), 200, 202)
        return await self.until_done(id)

    async def probing(self, *, key: str | None = None, more: Mapping[str, Any] | None = None, **knobs: Any) -> Any:
        """An operation of the probe that begins at once and behaves like this."""
        return operation_of(await self.start({"input": knobs, **(more or {})}, key=key))

    async def probed(self, **knobs: Any) -> dict[str, Any]:
        """The same, done."""
        return await self.until_done((await self.probing(**knobs))["id"])

    async def until_done(self, id: str) -> dict[str, Any]:
        """The operation at its end. Raises ``Broken`` when it does not come."""
        for _ in range(LONGEST_WAITS):
            answer = expect_status(await self.get(id, headers=[("Prefer", "wait=30")]), 200)
            if answer.json["done"]:
                return operation_of(answer, 200)
        raise Broken("the operation did not end within two minutes; does a worker run?", answer)

    async def until_status(self, id: str, status: str) -> dict[str, Any]:
        """The operation as soon as it has this status."""
        tag = '"0"'
        for _ in range(100):
            answer = await self.get(id, headers=[("If-None-Match", tag), ("Prefer", "wait=10")])
            if answer.status == 200:
                operation, tag = operation_of(answer, 200), answer.header("etag") or tag
                if operation["status"] == status or operation["done"]:
                    break
        if operation["status"] != status:
            raise Broken(f"expected the operation to become {status}, it is {operation['status']}", answer)
        return operation

    async def resolve(self, id: str, step: str, outcome: str) -> Answer:
        """Say as an operator what became of a step."""
        body = {"step": step, "as": outcome, "evidence": "the conformance suite made it get stuck"}
        return await self.send("POST", f"/operations/{id}/resolve", body)

    def soon(self, seconds: float) -> str:
        """A time from now."""
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")

    # -- requests as they are --------------------------------------------------------------------------------------

    async def send(self, method: str, path: str, body: Any = None, *, headers: Iterable[Header] = (),
                   at: Address | None = None, host: str | None = None) -> Answer:  # fmt: skip
        """One request. A ``body`` that is not bytes is sent as JSON. What a limit refuses is repeated."""
        headers = list(headers)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if body is not None and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(JSON)
        for _ in range(MOST_REFUSALS):
            address = at or self.service.turn()
            answer = (await self.raw([self.request(address, method, path, headers, content, host)], address))[0]
            if answer.status != 429 or not self.is_limited:
                break
            await asyncio.sleep(int(answer.header("retry-after") or 1))
        return answer

    def request(self, address: Address, method: str, path: str, headers: Iterable[Header], body: bytes = b"",
                host: str | None = None, connection: str = "close") -> bytes:  # fmt: skip
        """The bytes of a request."""
        lines: list[Header] = [("Host", host or address.host), ("Connection", connection)]
        given = list(headers)
        if self.key and not any(name.lower() == "authorization" for name, _ in given):
            lines.append(("Authorization", f"Bearer {self.key}"))
        if body or method in ("POST", "PUT", "PATCH"):
            chunked = any(name.lower() in ("transfer-encoding", "content-length") for name, _ in given)
            lines += [] if chunked else [("Content-Length", str(len(body)))]
        head = f"{method} {address.prefix}{path} HTTP/1.1\r\n".encode()
        for name, value in (*lines, *given):
            head += name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("latin-1")) + b"\r\n"
        return head + b"\r\n" + body

    async def raw(
        self, pieces: Sequence[bytes], at: Address | None = None, *, unfinished: bool = False
    ) -> list[Answer]:
        """Every answer to these very bytes; one, when the request is ``unfinished``."""
        answers = await exchange(at or self.service.turn(), pieces, unfinished=unfinished)
        self.exchanges += answers
        for answer in answers:
            self.witness.saw(answer)
        return answers

    @asynccontextmanager
    async def events(self, id: str, *headers: Header) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """The event stream of an operation, line by line."""
        address = self.service.turn()
        request = self.request(address, "GET", f"/operations/{id}/events", headers)
        async with streaming(address, request) as (answer, lines):
            self.exchanges.append(answer)
            yield answer, self._witnessed(answer, lines)

    async def _witnessed(self, answer: Answer, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            self.witness.saw_event(answer, line)
            yield line


def operation_of(answer: Answer, status: int = 202) -> dict[str, Any]:
    """The operation in an answer."""
    expect_status(answer, status)
    operation = answer.json_or_none
    if not isinstance(operation, dict) or "id" not in operation:
        raise Broken("expected an operation as JSON", answer)
    return operation


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return f"conformance-{secrets.token_hex(12)}"
