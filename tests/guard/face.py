"""The HTTP face in this very process and thread, asked without a socket, so that whatever it does can be counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from benchmarks.definitions import registry
from operations_api.http.app import create_app
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Face:
    """One application and one caller."""

    def __init__(self, app: Any, secret: str) -> None:
        self._app = app
        self._secret = secret

    async def start(self, type: str = "external", key: str | None = None) -> str:
        """The id of an operation that has been started."""
        body = b'{"input":{"reference":"guard","text":"what is counted"}}'
        more = {"idempotency-key": key or uuid4().hex, "content-type": "application/json"}
        answer = await self.ask("POST", f"/operations/{type}", body, **more)
        assert answer.status in (200, 202), answer
        return str(msgspec.json.decode(answer.body)["id"])

    async def poll(self, id: str, **more: str) -> Answer:
        answer = await self.ask("GET", f"/operations/{id}", **more)
        assert answer.status in (200, 304), answer
        return answer

    def waiting(self) -> int:
        """How many requests wait for an operation now."""
        return sum(map(len, self._app._resources.watch._waiters.values()))

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """What is answered to this request."""
        given = {
            "host": "guard",
            "authorization": f"Bearer {self._secret}",
            "content-length": str(len(body)),
            **headers,
        }
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {}, "extensions": {},
        }  # fmt: skip
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            return incoming.pop() if incoming else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], named, b"".join(message.get("body", b"") for message in sent[1:]))


@asynccontextmanager
async def face_on(database: str, redis_url: str) -> AsyncIterator[Face]:
    """The service of the benchmarks' definitions, for the tenant acme."""
    app = create_app(Settings(database_url=database, redis_url=redis_url), registry)
    store = await Store.open(database, pool_size=2)
    secret = await ApiKeys(store.pool).create("acme", ["submit", "read"])
    await store.close()
    async with _lifespan(app):
        yield Face(app, secret)


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    told: asyncio.Queue[Any] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    running = asyncio.create_task(app(scope, told.get, heard.put))
    await told.put({"type": "lifespan.startup"})
    assert (await heard.get())["type"] == "lifespan.startup.complete"
    yield
    await told.put({"type": "lifespan.shutdown"})
    await running
