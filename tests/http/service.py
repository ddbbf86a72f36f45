"""The service under test: the real application behind a real server on a real socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import uvicorn

from operations_api import Action, Context, Definition, Registry
from operations_api.http.app import create_app
from operations_api.http.openapi import document
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store
from tests.openapi.answers import Declared

EVERY_SCOPE = ["submit", "read", "operate", "admin"]
BODY_LIMIT = 64 * 1024


class Line(msgspec.Struct):
    sku: str
    quantity: int = 1


class NoteInput(msgspec.Struct):
    """What a note takes; deliberately without forbid_unknown_fields."""

    text: str = ""
    count: int = 0
    ratio: float = 0.0
    lines: list[Line] = []
    by_name: dict[str, Line] = {}
    anything: Any = None


class NoteResult(msgspec.Struct):
    text: str


class Write(Action):
    key = "write"

    async def execute(self, ctx: Context, input: NoteInput) -> NoteResult:
        return NoteResult(input.text)


class StrictInput(msgspec.Struct):
    """What a later version of a type takes: less than before."""

    text: str
    count: int


class StrictWrite(Action):
    key = "write"

    async def execute(self, ctx: Context, input: StrictInput) -> NoteResult:
        return NoteResult(input.text)


def note(version: int = 1, **more: Any) -> Definition:
    return Definition(
        name="note", version=version, input=NoteInput, result=NoteResult, steps=(Write(),), build_result=result, **more
    )


def strict_note(version: int = 2) -> Definition:
    return Definition(
        name="note",
        version=version,
        input=StrictInput,
        result=NoteResult,
        steps=(StrictWrite(),),
        build_result=result,
    )


def result(input: Any, results: dict[str, Any]) -> NoteResult:
    written: NoteResult = results["write"]
    return written


MEMO = Definition(
    name="memo", input=NoteInput, result=NoteResult, steps=(Write(),), build_result=result, retention_days=2
)
REGISTRY = Registry([note(), MEMO])


class Service:
    """Where it listens, and a store of the test's own on the same database."""

    def __init__(self, port: int, store: Store, app: Any, registry: Registry = REGISTRY) -> None:
        self.port = port
        self.declared = Declared(document(registry))
        self.store = store
        self.app = app
        self.base_url = f"http://127.0.0.1:{port}"

    async def new_key(self, tenant: str | None = None, scopes: list[str] | None = None) -> str:
        """An API key, by default with every scope and for a tenant of its own."""
        return await ApiKeys(self.store.pool).create(tenant or new_tenant(), scopes or EVERY_SCOPE)

    def client(self, key: str | None, **more: Any) -> Client:
        """A client that sends this key, and fails at an answer that the OpenAPI document does not declare."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(max_connections=250)
        hooks = {"response": [self.declared.compare]}
        return Client(base_url=self.base_url, headers=headers, timeout=60, limits=limits, event_hooks=hooks, **more)

    async def raw(self, request: bytes, *, until_closed: bool = True) -> bytes:
        """What comes back for these very bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            return await (reader.read(-1) if until_closed else reader.readuntil(b"\r\n\r\n"))
        finally:
            writer.close()

    async def count(self, tenant: str) -> int:
        """How many operations and keys a tenant has in the database."""
        operations = await self.store.pool.fetchval("select count(*) from operations where tenant = $1", tenant)
        keys = await self.store.pool.fetchval("select count(*) from idempotency_keys where tenant = $1", tenant)
        assert operations == keys
        return int(operations)

    async def tenant_of(self, id: str) -> str:
        """Whose operation this is."""
        return str(await self.store.pool.fetchval("select tenant from operations where id = $1", UUID(id)))

    async def succeed(self, id: str, result: str = '{"text":"done"}') -> None:
        """Bring an operation to its end as a worker would have."""
        await self.store.pool.execute(RUN, UUID(id))
        await self.store.pool.execute(SUCCEED, UUID(id), result)

    async def fail(self, id: str, error: dict[str, Any]) -> None:
        """The same, without success."""
        await self.store.pool.execute(FAIL, UUID(id), msgspec.json.encode(FAILED | error).decode())

    async def touch(self, id: str) -> None:
        """Change an operation as a progress report does."""
        await self.store.pool.execute(TOUCH, UUID(id))


FAILED = {"type": "/problems/operation-failed", "title": "The operation failed", "status": 500}
RUN = "update operations set status = 'running', phase = 'reserving' where id = $1 and status = 'pending'"
SUCCEED = """
update operations
set status = 'succeeded', phase = 'finished', decision = 'commit', result = $2::json, version = version + 1,
    ready = false, next_wake_at = null, started_at = coalesce(started_at, clock_timestamp()),
    finished_at = clock_timestamp(), expires_at = clock_timestamp() + interval '1 day', updated_at = clock_timestamp()
where id = $1
"""
FAIL = """
update operations
set status = 'failed', phase = 'finished', decision = 'rollback', error = $2::json, version = version + 1,
    ready = false, next_wake_at = null, started_at = coalesce(started_at, clock_timestamp()),
    finished_at = clock_timestamp(), expires_at = clock_timestamp() + interval '1 day', updated_at = clock_timestamp()
where id = $1
"""
TOUCH = "update operations set version = version + 1, message = 'still at it' where id = $1"


class Client(httpx.AsyncClient):
    """An httpx client with the verbs of this API."""

    async def start(
        self, body: Any = None, *, key: str | None = None, type: str = "note", **more: Any
    ) -> httpx.Response:
        """Start an operation, by default a fresh one with an empty input."""
        headers = {"Idempotency-Key": key or new_key(), **more.pop("headers", {})}
        body = {"input": {}} if body is None else body
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers.setdefault("Content-Type", "application/json")
        return await self.post(f"/operations/{type}", content=content, headers=headers, **more)

    async def started(self, body: Any = None, **more: Any) -> dict[str, Any]:
        """Start an operation and give it."""
        response = await self.start(body, **more)
        assert response.status_code == 202, response.text
        operation: dict[str, Any] = response.json()
        return operation


def new_key() -> str:
    return f"key-{uuid4().hex}"


def new_tenant() -> str:
    return f"t{uuid4().hex}"


@asynccontextmanager
async def running(
    database_url: str, redis_url: str, *, registry: Registry = REGISTRY, http: str = "httptools", **settings: Any
) -> AsyncIterator[Service]:
    """The service on these servers until the block ends. ``direct_url`` is the test's own way to the database."""
    direct_url = settings.pop("direct_url", database_url)
    settings.setdefault("body_limit_bytes", BODY_LIMIT)
    chosen = Settings(database_url=database_url, redis_url=redis_url, **settings)
    app = create_app(chosen, registry)
    store = await Store.open(direct_url, pool_size=4)
    try:
        async with serving(app, http) as port:
            yield Service(port, store, app, registry)
    finally:
        await store.close()


@asynccontextmanager
async def serving(app: Any, http: str) -> AsyncIterator[int]:
    """The port on which a server in its own thread serves the application."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=http,
        ws="none",
        lifespan="on",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            await asyncio.sleep(0.005)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join)
        listening.close()
