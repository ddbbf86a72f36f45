"""What clients see while Postgres or Redis is away, and what they can rely on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis.asyncio

from operations_api.changes import CHANNEL
from tests.http.service import Client, Service, new_key, running
from tests.worker.wire import Wire as SilentWire

NOWHERE = "redis://127.0.0.1:1"


class Wire:
    """A TCP port in front of a Postgres that listens elsewhere, which can be cut and mended."""

    def __init__(self, database_url: str) -> None:
        self._target = urlsplit(database_url)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.swallowing = False
        self.closing = False

    @property
    def url(self) -> str:
        user = self._target.username or ""
        password = f":{self._target.password}" if self._target.password else ""
        return f"postgresql://{user}{password}@127.0.0.1:{self.port}{self._target.path}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await self._connect()
        except OSError:
            writer.close()
            return
        self._open |= {writer, there_writer}
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer, answers=True))
        self._open -= {writer, there_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool = False) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if answers and self.swallowing:
                    assert self._server is not None
                    self._server.close() if self.closing else None
                    break  # the statement was executed, and nobody will hear of it
                writer.write(data)
                await writer.drain()
        writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        query = parse_qs(self._target.query)
        directory = query.get("host", [""])[0]
        if directory.startswith("/"):
            port = query.get("port", ["5432"])[0]
            return await asyncio.open_unix_connection(f"{directory}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._target.hostname, self._target.port or 5432)


@asynccontextmanager
async def wired(database: str, redis_url: str) -> AsyncIterator[tuple[Wire, Service, Client]]:
    """A service that reaches Postgres through a wire, and a client whose key it knows already."""
    wire = Wire(database)
    await wire.mend()
    try:
        async with (
            running(wire.url, redis_url, direct_url=database) as service,
            service.client(await service.new_key("wired")) as client,
        ):
            await client.started(key="before")
            yield wire, service, client
    finally:
        await wire.cut()


async def test_without_redis_a_start_still_answers_202(database: str):
    async with (
        running(database, NOWHERE) as service,
        service.client(await service.new_key("calm")) as client,
    ):
        for _ in range(3):
            operation = await client.started()
        assert await service.count("calm") == 3
        ready = await client.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json() == {"status": "ok", "postgres": "ok", "redis": "unavailable"}
        waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=20"}))
        await asyncio.sleep(0.05)
        assert (await client.post(operation["links"]["cancel"])).status_code == 202
        assert (await waiting).json()["status"] == "canceled"


async def test_without_postgres_a_start_is_a_503_and_nothing_is_accepted(database: str, redis_url: str):
    async with wired(database, redis_url) as (wire, service, client):
        await wire.cut()
        key = new_key()
        refusals = [await client.start(key=key), await client.get("/operations"), await client.get("/health/ready")]
        for refused in refusals:
            assert refused.status_code == 503
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["type"] == f"{service.base_url}/problems/service-unavailable"
            assert refused.json()["effect"] == "none"
            assert int(refused.headers["retry-after"]) >= 1
        assert refusals[2].json()["postgres"] == "unavailable"
        assert (await client.get("/health/live")).status_code == 200
        assert await service.count("wired") == 1
        await wire.mend()
        response = await client.start(key=key)
        assert response.status_code == 202
        assert "idempotent-replayed" not in response.headers


@pytest.mark.parametrize("refused_then", [False, True])
async def test_a_start_whose_commit_nobody_heard_of_says_unknown_and_is_resolved_by_repeating(
    database: str, redis_url: str, refused_then: bool
):
    async with wired(database, redis_url) as (wire, service, client):
        wire.swallowing, wire.closing = True, refused_then
        key = new_key()
        response = await client.start(key=key)
        assert response.status_code == 503
        assert response.json()["effect"] == "unknown"
        wire.swallowing = False
        await wire.cut()
        await wire.mend()
        assert await service.count("wired") == 2
        repeated = await client.start(key=key)
        assert repeated.status_code == 202
        assert repeated.headers["idempotent-replayed"] == "true"
        assert await service.count("wired") == 2


async def test_a_start_that_a_silent_postgres_leaves_unanswered_is_a_503_and_is_resolved_by_repeating(
    database: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("operations_api.store.store.STATEMENT_SECONDS", 1)
    monkeypatch.setattr("operations_api.store.store.GRACE_SECONDS", 0.0)
    async with (
        SilentWire.to(database) as wire,
        running(wire.url, redis_url, direct_url=database) as service,
        service.client(key := await service.new_key("silent")) as client,
        service.client(key) as afterwards,  # whose connection is new: those of before are closed about now, being idle
    ):
        await client.started()
        wire.freeze()
        answers = await asyncio.gather(*(client.start(key="the-same") for _ in range(3)))
        assert {(answer.status_code, answer.json()["effect"]) for answer in answers} <= {
            (503, "unknown"),
            (503, "none"),
        }
        wire.accept_again()
        again = await afterwards.start(key="the-same")
        assert again.status_code == 202
        assert await service.count("silent") == 2


async def test_a_wait_survives_a_redis_that_says_nonsense(database: str, redis_url: str):
    publisher: Any = redis.asyncio.from_url(redis_url)
    async with (
        running(database, redis_url) as service,
        service.client(await service.new_key()) as client,
    ):
        operation = await client.started()
        waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=20"}))
        await asyncio.sleep(0.05)
        for nonsense in (b"", b"\xff\xff", b"{}", b"x" * 1000):
            await publisher.publish(CHANNEL, nonsense)
        await service.succeed(operation["id"])
        assert (await waiting).json()["status"] == "succeeded"
    await publisher.aclose()
