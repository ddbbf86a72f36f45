"""Hundreds of clients that wait cost one subscription, and a query or two a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from uuid import uuid4

import msgspec
import pytest

from tests.http.process import PATIENCE_SECONDS, Api, Wire, api
from tests.http.service import RUN, SUCCEED
from tests.http.test_changes import listeners
from tests.http.test_outages import Wire as Outage

POLLERS, LISTENERS, STARTERS = 150, 100, 50
OPERATIONS = 30
"""So that several wait for the same one."""

WATCHED_SECONDS = 4


SYNC = b"S\x00\x00\x00\x04"
"""The message that ends each query on its way to Postgres."""


class Counted(Outage):
    """A port in front of Postgres that counts the queries that pass."""

    queries = 0

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool = False) -> None:
        with suppress(OSError):
            end = b""
            while data := await reader.read(65536):
                self.queries += 0 if answers else (end + data).count(SYNC)
                end = data[1 - len(SYNC) :]
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@pytest.fixture
async def counted(database: str) -> AsyncIterator[Counted]:
    counted = Counted(database)
    await counted.mend()
    yield counted
    await counted.cut()


@pytest.fixture
async def server(counted: Counted, database: str, redis_url: str) -> AsyncIterator[Api]:
    async with api(counted.url, redis_url, {}, direct_url=database) as server:
        yield server


def request(method: str, path: str, key: str, *more: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def start(key: str) -> bytes:
    name = f"Idempotency-Key: {uuid4()}"
    json = ("Content-Type: application/json", "Content-Length: 12")
    return request("POST", "/operations/note", key, name, "Prefer: wait=30", *json, body=b'{"input":{}}')


async def event(wire: Wire) -> dict[str, object]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await wire.reader.readuntil(b"\ndata: ")
        operation: dict[str, object] = msgspec.json.decode(await wire.reader.readuntil(b"\n"))
    return operation


async def succeed_all(server: Api) -> None:
    """Bring every operation to its end, and tell nobody."""
    for row in await server.store.pool.fetch("select id from operations where finished_at is null"):
        await server.store.pool.execute(RUN, row["id"])
        await server.store.pool.execute(SUCCEED, row["id"], '{"text":"done"}')


async def settled(counted: Counted) -> None:
    """Return when nobody comes any more who has to be let in: a second passes with a query or two."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            before = counted.queries
            await asyncio.sleep(1)
            if counted.queries - before <= 3:
                return


async def test_they_cost_a_subscription_and_a_query_or_two_a_second_and_all_are_answered(
    server: Api, counted: Counted, redis_url: str
):
    async with AsyncExitStack() as stack:
        key = await server.new_key()
        client = await stack.enter_async_context(server.client(key))
        paths = [(await client.started())["links"]["self"] for _ in range(OPERATIONS)]
        await client.get(paths[0], headers={"Prefer": "wait=1"})  # whoever waits: the server has subscribed by then
        subscribed = await listeners(redis_url)

        async def connected(number: int) -> list[Wire]:
            return [await stack.enter_async_context(await server.connect()) for _ in range(number)]

        pollers, streams, starters = await connected(POLLERS), await connected(LISTENERS), await connected(STARTERS)
        for number, wire in enumerate(pollers):
            await wire.send(request("GET", paths[number % OPERATIONS], key, "Prefer: wait=30"))
        for wire in starters:
            await wire.send(start(key))
        for number, wire in enumerate(streams):
            await wire.send(request("GET", f"{paths[number % OPERATIONS]}/events", key))
        for wire in streams:
            assert (await event(wire))["done"] is False

        await settled(counted)
        before, began = counted.queries, time.monotonic()
        await asyncio.sleep(WATCHED_SECONDS)
        spent, watched = counted.queries - before, time.monotonic() - began  # a busy machine makes it longer
        assert 0 < spent <= 2 * (watched + 1), f"{spent} queries for nobody's news"
        assert await listeners(redis_url) == subscribed

        await succeed_all(server)
        for wire in [*pollers, *starters]:
            assert msgspec.json.decode((await wire.answer()).body)["status"] == "succeeded"
        for wire in streams:
            assert (await event(wire))["status"] == "succeeded"


async def test_all_who_wait_for_one_operation_are_answered(server: Api):
    async with AsyncExitStack() as stack:
        key = await server.new_key()
        client = await stack.enter_async_context(server.client(key))
        operation = await client.started()
        path = operation["links"]["self"]
        wires = [await stack.enter_async_context(await server.connect()) for _ in range(POLLERS)]
        for wire in wires:
            await wire.send(request("GET", path, key, "Prefer: wait=30"))
        await succeed_all(server)
        for wire in wires:
            reply = await wire.answer()
            assert reply.status == 200
            assert msgspec.json.decode(reply.body)["done"] is True
