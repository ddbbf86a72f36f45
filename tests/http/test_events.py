"""Following an operation as Server-Sent Events, over raw sockets where it matters."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import redis.asyncio

from operations_api.changes import CHANNEL
from operations_api.http import events
from operations_api.serving import SILENT_PEER_MS, listen
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from tests.http.service import Client, Service, running
from tests.http.test_changes import NOWHERE, listeners

PATIENCE_SECONDS = 30
READS_SECONDS = 2.0
"""Who reads has eight megabytes by then, on a busy machine as well: its server is in the same process."""


class Listener:
    """A stream that is being read, block by block."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str] | None:
        """The fields of the next block; None when the stream has ended."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(": ")
                fields[name or "comment"] = value if name else line
        return None

    async def event(self) -> dict[str, Any] | None:
        """The operation of the next event; None when the stream has ended."""
        while (fields := await self.block()) is not None:
            if "data" in fields:
                operation: dict[str, Any] = msgspec.json.decode(fields["data"])
                assert fields == {"id": str(operation["version"]), "data": fields["data"]}
                return operation
        return None


@asynccontextmanager
async def following(client: Client, operation: dict[str, Any], last: str | None = None) -> AsyncIterator[Listener]:
    headers = {} if last is None else {"Last-Event-ID": last}
    async with client.stream("GET", operation["links"]["events"], headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-request-id"]
        listener = Listener(response)
        assert await listener.block() == {"retry": "2000"}
        yield listener


async def nobody_waits(service: Service, operation: dict[str, Any]) -> None:
    """Return when the service has forgotten everybody who followed this operation."""
    await _waited_for(service, operation, False)


async def somebody_waits(service: Service, operation: dict[str, Any]) -> None:
    """Return when a request has come that waits for this operation."""
    await _waited_for(service, operation, True)


async def _waited_for(service: Service, operation: dict[str, Any], is_it: bool) -> None:
    name = await service.tenant_of(operation["id"]), UUID(operation["id"])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (name in service.app._resources.watch._waiters) is not is_it:  # noqa: ASYNC110 -- it is another thread's
            await asyncio.sleep(0.01)


async def test_it_begins_with_the_whole_operation_and_ends_with_its_end(service: Service, client: Client):
    operation = await client.started()
    async with following(client, operation) as listener:
        assert await listener.event() == operation
        await service.touch(operation["id"])
        changed = await listener.event()
        assert changed is not None
        assert (changed["version"], changed["message"]) == (2, "still at it")
        await service.succeed(operation["id"])
        final = await listener.event()
        assert final == (await client.get(operation["links"]["self"])).json()
        assert final["done"] is True
        assert await listener.event() is None


async def test_what_is_done_already_is_one_event(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    async with following(client, operation) as listener:
        final = await listener.event()
        assert final is not None
        assert final["status"] == "succeeded"
        assert await listener.event() is None


async def test_only_what_is_newer_than_the_last_event_is_sent(service: Service, client: Client):
    operation = await client.started()
    async with following(client, operation, last="1") as listener:
        await service.touch(operation["id"])
        event = await listener.event()
    assert event is not None
    assert event["version"] == 2
    async with following(client, operation, last="1") as listener:
        assert await listener.event() == event


@pytest.mark.parametrize("last", ["2", "999999999999999999999", "0", "-1", "01", "1.0", "garbage", '"1"', ""])
async def test_what_was_never_sent_counts_as_no_last_event(client: Client, last: str):
    operation = await client.started()
    async with following(client, operation, last=last) as listener:
        assert await listener.event() == operation


async def test_connecting_again_after_the_end_is_a_204(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    version = (await client.get(operation["links"]["self"])).json()["version"]
    response = await client.get(operation["links"]["events"], headers={"Last-Event-ID": str(version)})
    assert (response.status_code, response.content) == (204, b"")
    async with following(client, operation, last=str(version - 1)) as listener:
        assert await listener.event() is not None


async def test_a_cancel_is_an_event_at_once(client: Client):
    operation = await client.started()
    async with following(client, operation, last="1") as listener:
        await client.post(operation["links"]["cancel"])
        event = await listener.event()
    assert event is not None
    assert event["status"] == "canceled"


async def test_silence_is_broken_by_comments(service: Service, client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.05)
    operation = await client.started()
    async with following(client, operation, last="1") as listener:
        for _ in range(3):
            assert await listener.block() == {"comment": ": still here"}
        await service.succeed(operation["id"])
        assert await listener.event() is not None
    assert events.KEEP_ALIVE_SECONDS <= 15


async def test_a_stream_ends_when_its_key_is_revoked(service: Service, tenant: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.05)
    keys = ApiKeys(service.store.pool)
    async with (
        service.client(await keys.create(tenant, ["submit", "read"])) as guest,
        following(guest, await guest.started()) as listener,
    ):
        assert await listener.event() is not None
        (key,) = await keys.list(tenant)
        assert await keys.revoke(key.id)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await listener.event() is None


async def test_what_cannot_be_followed_is_a_problem(service: Service, client: Client, tenant: str):
    operation = await client.started()
    async with service.client(await service.new_key()) as stranger:
        assert (await stranger.get(operation["links"]["events"])).status_code == 404
    async with service.client(await service.new_key(tenant, ["submit"])) as submitter:
        assert (await submitter.get(operation["links"]["events"])).status_code == 403
    async with service.client(None) as anybody:
        assert (await anybody.get(operation["links"]["events"])).status_code == 401
    assert (await client.get(f"/operations/{uuid4()}/events")).status_code == 404
    assert (await client.get("/operations/x/events")).status_code == 404
    await service.succeed(operation["id"])
    await client.delete(operation["links"]["self"])
    assert (await client.get(operation["links"]["events"])).status_code == 410


async def test_a_head_ends_at_once(client: Client):
    operation = await client.started()
    response = await client.head(operation["links"]["events"])
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/event-stream"


async def test_without_redis_events_come_a_second_later(database: str):
    async with running(database, NOWHERE) as service, service.client(await service.new_key()) as client:
        operation = await client.started()
        async with following(client, operation, last="1") as listener:
            await service.succeed(operation["id"])
            event = await listener.event()
    assert event is not None
    assert event["done"] is True


async def test_a_stream_ends_when_the_service_stops_and_goes_on_at_the_next(database: str, redis_url: str):
    async with running(database, redis_url) as service:
        secret = await service.new_key("keeper")
        async with service.client(secret) as client:
            operation = await client.started()
            async with following(client, operation) as listener:
                assert await listener.event() == operation
                service.app.stop_waiting()
                assert await listener.event() is None
    async with (
        running(database, redis_url) as service,
        service.client(secret) as client,
        following(client, operation, last="1") as listener,
    ):
        await service.succeed(operation["id"])
        event = await listener.event()
    assert event is not None
    assert event["done"] is True


async def test_a_listener_that_leaves_is_forgotten(service: Service, client: Client):
    operation = await client.started()
    async with following(client, operation) as listener:
        await listener.event()
    await nobody_waits(service, operation)


async def test_many_listeners_cost_one_subscription_and_few_reads(database: str, redis_url: str):
    async with running(database, redis_url) as service, service.client(await service.new_key()) as client:
        operation = await client.started()
        subscriptions = await listeners(redis_url)
        flushes = count_reads(service)
        streams = [following(client, operation, last="1") for _ in range(200)]
        heard = await asyncio.gather(*[stream.__aenter__() for stream in streams])
        assert await listeners(redis_url) == subscriptions
        flushes.clear()
        await service.succeed(operation["id"])
        await publish(redis_url, await service.tenant_of(operation["id"]), operation["id"])
        found = await asyncio.gather(*[listener.event() for listener in heard])
        assert all(event is not None and event["done"] for event in found)
        assert len(flushes) < 20, "two hundred listeners, and each batch takes all who ask"
        for stream in streams:
            await stream.__aexit__(None, None, None)


def count_reads(service: Service) -> list[int]:
    """How many operations each query for operations was for, from now on."""
    reads = service.app._resources.store._reads
    flush, sizes = reads._flush, []

    async def counted(names: Any) -> Any:
        sizes.append(len(names))
        return await flush(names)

    reads._flush = counted
    return sizes


async def publish(redis_url: str, tenant: str, id: str) -> None:
    client: Any = redis.asyncio.from_url(redis_url)
    await client.publish(CHANNEL, msgspec.msgpack.encode([[tenant, UUID(id), 99, True]]))
    await client.aclose()


async def test_a_listener_that_does_not_read_is_dropped_and_delays_nobody(
    service: Service, tenant: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(events, "STALLED_SECONDS", READS_SECONDS)
    key = await service.new_key(tenant)
    async with service.client(key) as client:
        operation = await client.started()
        path = operation["links"]["events"]
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await asyncio.to_thread(deaf.connect, ("127.0.0.1", service.port))
            deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
            async with following(client, operation) as listener:
                await listener.event()
                for version in range(2, 5):
                    await service.store.pool.execute(GROW, UUID(operation["id"]))
                    event = await listener.event()
                    assert event is not None
                    assert event["version"] == version
            await nobody_waits(service, operation)
            received = await asyncio.to_thread(everything, deaf)
    assert received.startswith(b"HTTP/1.1 200")
    assert not received.endswith(b"0\r\n\r\n"), "it was cut off, not ended"
    assert received.count(b"\nid: ") <= 3


def test_the_kernel_drops_whoever_takes_nothing_any_more():
    """What the server has buffered for a dropped listener would otherwise wait for it for ever."""
    with listen(Settings(port=0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == SILENT_PEER_MS


GROW = "update operations set version = version + 1, message = repeat('x', 8000000) where id = $1"


def everything(connection: socket.socket) -> bytes:
    connection.settimeout(PATIENCE_SECONDS)
    chunks = []
    while chunk := connection.recv(1 << 20):
        chunks.append(chunk)
    return b"".join(chunks)
