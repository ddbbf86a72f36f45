"""The API as a process of its own, and raw sockets to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from subprocess import Popen
from typing import Any

import httpx
import msgspec

from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store
from tests.cli.test_serving import wait_for_answer
from tests.http.service import EVERY_SCOPE, Client, new_tenant
from tests.ports import free_port
from tests.processes import module, running

PATIENCE_SECONDS = 30.0
"""Far beyond what anything here takes."""

REGISTRY = "tests.http.service:REGISTRY"


class Api:
    """Where it listens, and a store of the test's own on the same database."""

    def __init__(self, process: Popen[str], port: int, store: Store) -> None:
        self.process = process
        self.port = port
        self.store = store

    async def new_key(self, tenant: str | None = None) -> str:
        return await ApiKeys(self.store.pool).create(tenant or new_tenant(), EVERY_SCOPE)

    def client(self, key: str, **more: Any) -> Client:
        limits = httpx.Limits(max_connections=None)
        headers = {"Authorization": f"Bearer {key}"}
        url = f"http://127.0.0.1:{self.port}"
        return Client(base_url=url, headers=headers, timeout=60, limits=limits, trust_env=False, **more)

    async def connect(self, **more: Any) -> Wire:
        """A connection. ``more`` is for ``asyncio.open_connection``."""
        return Wire(*await asyncio.open_connection("127.0.0.1", self.port, **more))


class Wire:
    """A raw connection: what is sent is sent as it is, when it is."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.sockname = writer.get_extra_info("sockname")

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def trickle(self, data: bytes, every: float = 0.03) -> None:
        """Send a byte at a time, for as long as it takes, until nobody wants any more."""
        try:
            for byte in data:
                await self.send(bytes([byte]))
                await asyncio.sleep(every)
        except OSError:
            return

    async def answer(self) -> Reply:
        """One answer with a ``Content-Length``."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            reply = Reply(head)
            reply.body = await self.reader.readexactly(int(reply.headers.get("content-length", 0)))
        return reply

    async def rest(self) -> bytes:
        """Everything until the other side closes; fails when it does not."""
        chunks = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while chunk := await self.reader.read(1 << 16):
                    chunks.append(chunk)
            except ConnectionResetError:
                pass
        return b"".join(chunks)


class Reply:
    def __init__(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.body = b""

    def problem(self) -> Any:
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["x-request-id"]
        document = msgspec.json.decode(self.body)
        assert document["status"] == self.status
        return document


@asynccontextmanager
async def api(
    database_url: str, redis_url: str, settings: Mapping[str, str], *, direct_url: str | None = None
) -> AsyncIterator[Api]:
    """``operations-api serve`` on these servers until the block ends. ``direct_url`` is the test's own way."""
    port = free_port()
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPERATIONS_REGISTRY": REGISTRY,
        "OPERATIONS_LOG": "json",
        "OPERATIONS_DRAIN_SECONDS": "1",
        **settings,
    }
    store = await Store.open(direct_url or database_url, pool_size=4)
    try:
        with running(module("operations_api", "serve"), environment) as process:
            await asyncio.to_thread(wait_for_answer, process, port)
            yield Api(process, port, store)
    finally:
        await store.close()
