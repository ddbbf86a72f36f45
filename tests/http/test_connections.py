"""What a connection may cost: over raw sockets, against a server process of its own whose limits are small."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api.connections import guarded
from operations_api.embedded.servers import ServerUrls
from operations_api.http import events
from operations_api.settings import Settings
from tests.conftest import database_named, run_sql
from tests.http.process import PATIENCE_SECONDS, Api, Wire, api
from tests.http.service import new_tenant, running
from tests.http.test_events import nobody_waits

CONNECTIONS = 40
RECEIVE_SECONDS = 0.5
SEND_SECONDS = 1.0
READS_EVERY_SECONDS = SEND_SECONDS / 8
"""Slowly, and still in time when this process does not get a processor for a while."""
HEAD_BYTES = 8192
LIMITS = {
    "OPERATIONS_CONNECTION_LIMIT": str(CONNECTIONS),
    "OPERATIONS_HEAD_LIMIT_BYTES": str(HEAD_BYTES),
    "OPERATIONS_RECEIVE_SECONDS": str(RECEIVE_SECONDS),
    "OPERATIONS_SEND_SECONDS": str(SEND_SECONDS),
}
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
DEFINITELY_OVER = 3 * RECEIVE_SECONDS


@pytest.fixture(scope="module")
async def server(servers: ServerUrls, template: str) -> AsyncIterator[Api]:
    name = f"connections_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    async with api(database_named(servers.database_url, name), servers.redis_url, LIMITS) as server:
        yield server
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def key(server: Api) -> str:
    """To be asked for before ``wire``: making it may take longer than a connection may be silent at first."""
    return await server.new_key()


@pytest.fixture
async def wire(server: Api) -> AsyncIterator[Wire]:
    async with await server.connect() as wire:
        yield wire


def start(key: str, body: bytes, *more: str) -> bytes:
    lines = [
        "POST /operations/note HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {key}",
        f"Idempotency-Key: {uuid4()}",
        "Content-Type: application/json",
        *(more or [f"Content-Length: {len(body)}"]),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def refused(wire: Wire, status: int) -> Any:
    """The problem that ends the connection."""
    reply = await wire.answer()
    assert reply.status == status
    assert reply.headers["connection"] == "close"
    assert await wire.rest() == b""
    return reply.problem()


@pytest.mark.parametrize(
    "sent", [b"G" * 5000, b"GET /" + b"x" * 5000, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 5000]
)
async def test_a_head_that_comes_byte_by_byte_is_cut_off(wire: Wire, sent: bytes):
    if sent[:2] == b"GG":  # no method begins like this: refused as what it is, however slowly it comes
        trickling = asyncio.create_task(wire.trickle(sent))
        assert (await wire.rest()).startswith(b"HTTP/1.1 400 ")
    else:
        trickling = asyncio.create_task(wire.trickle(sent))
        problem = await refused(wire, 408)
        assert f"{RECEIVE_SECONDS:g} seconds" in problem["detail"]
    trickling.cancel()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_comes_byte_by_byte_is_cut_off_and_nothing_starts(server: Api, chunked: bool):
    tenant = new_tenant()
    key = await server.new_key(tenant)
    if chunked:
        head, rest = start(key, b"", "Transfer-Encoding: chunked"), b"1\r\n \r\n" * 2000
    else:  # valid JSON from the first byte on
        head, rest = start(key, b'{"input": {}}', "Content-Length: 5000"), b" " * 4000
    async with await server.connect() as wire:
        await wire.send(head)
        trickling = asyncio.create_task(wire.trickle(rest))
        await refused(wire, 408)
        trickling.cancel()
    assert await server.store.pool.fetchval("select count(*) from operations where tenant = $1", tenant) == 0


async def test_a_body_that_is_cut_short_by_its_sender_starts_nothing(server: Api, key: str, wire: Wire):
    request = start(key, b'{"input": {}}')
    async with await server.connect() as cut:
        await cut.send(request.replace(b"Content-Length: 13", b"Content-Length: 50"))
        await wire.send(LIVE * 5)  # answered after it was read
        for _ in range(5):
            await wire.answer()
    await dropped(server, cut)
    await wire.send(LIVE * 5)
    for _ in range(5):
        await wire.answer()
    await wire.send(request)
    reply = await wire.answer()
    assert reply.status == 202
    assert "idempotent-replayed" not in reply.headers


async def test_a_body_nobody_waits_for_is_cut_off_too(wire: Wire):
    await wire.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert (await wire.answer()).status == 200
    trickling = asyncio.create_task(wire.trickle(b"1\r\n \r\n" * 2000))
    assert await wire.rest() == b""
    trickling.cancel()


async def test_what_follows_a_chunked_body_has_an_end(wire: Wire):
    await wire.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert (await wire.answer()).status == 200
    endless = b"0\r\n" + b"X-Trailer: y\r\n" * HEAD_BYTES
    with pytest.raises(ConnectionError):
        await send_for_ever(wire, endless)


async def send_for_ever(wire: Wire, data: bytes) -> None:
    while True:
        await wire.send(data)


async def test_the_limits_are_those_that_are_published(wire: Wire):
    await wire.send(b"GET /service-info HTTP/1.1\r\nHost: x\r\n\r\n")
    limits = msgspec.json.decode((await wire.answer()).body)["limits"]
    assert limits["head_bytes"] == HEAD_BYTES
    assert (limits["receive_seconds"], limits["send_seconds"]) == (RECEIVE_SECONDS, SEND_SECONDS)


async def test_who_says_nothing_is_closed_without_a_word(wire: Wire):
    assert await wire.rest() == b""


async def test_who_only_sends_empty_lines_is_closed(wire: Wire):
    await wire.send(LIVE)
    assert (await wire.answer()).status == 200
    await wire.send(b"\r\n")
    assert await wire.rest() == b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 2 * HEAD_BYTES,
        b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * HEAD_BYTES,
        b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * HEAD_BYTES,
        b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_BYTES + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n" + b"X: xxxxxxx\r\n" * HEAD_BYTES + b"\r\n",
    ],
)
async def test_a_head_over_the_limit_is_refused(wire: Wire, head: bytes):
    await wire.send(head)
    problem = await refused(wire, 431)
    assert str(HEAD_BYTES) in problem["detail"]


async def test_a_head_within_the_limit_is_taken_whatever_its_body_is(key: str, wire: Wire):
    padding = f"X: {'x' * (HEAD_BYTES - 1000)}"
    body = b'{"input": {"text": "%b"}}' % (b"x" * 2 * HEAD_BYTES)
    await wire.send(start(key, body, padding, f"Content-Length: {len(body)}"))
    assert (await wire.answer()).status == 202


async def test_who_is_silent_between_requests_or_waits_for_an_answer_is_left_alone(key: str, wire: Wire):
    await wire.send(start(key, b'{"input": {}}'))
    operation = (await wire.answer()).headers["content-location"]
    for _ in range(2):
        await asyncio.sleep(DEFINITELY_OVER)
        await wire.send(LIVE)
        assert (await wire.answer()).status == 200
    await wire.send(
        f"GET {operation} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nPrefer: wait=2\r\n\r\n".encode()
    )
    reply = await wire.answer()
    assert (reply.status, reply.headers["preference-applied"]) == (200, "wait=2")


async def test_an_offer_to_upgrade_is_passed_over_and_costs_nobody_the_answer(key: str, wire: Wire):
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    await wire.send(start(key, b'{"input": {}}', "Content-Length: 13", "Prefer: wait=1", *upgrade))
    reply = await wire.answer()
    assert (reply.status, reply.headers.get("preference-applied")) == (202, "wait=1"), reply.body


async def test_an_offer_to_upgrade_does_not_hide_what_else_the_header_says(wire: Wire):
    await wire.send(LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n"))
    reply = await wire.answer()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await wire.rest() == b""


async def test_who_sends_half_a_request_while_another_is_answered_is_not_answered_wrongly(key: str, wire: Wire):
    await wire.send(start(key, b'{"input": {}}'))
    operation = (await wire.answer()).headers["content-location"]
    wait = f"GET {operation} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nPrefer: wait=20\r\n\r\n".encode()
    await wire.send(wait + b"GET /health/li")
    assert await wire.rest() == b"", "a 408 would have been taken for the operation"


SIZE = 10_000_000
"""Of an answer: more than the kernel keeps for a connection."""


@pytest.fixture
async def large(server: Api) -> bytes:
    """The request for a list that is as large."""
    key = await server.new_key()
    async with server.client(key) as client:
        operation = await client.started()
    grow = "update operations set message = repeat('x', $2) where id = $1"
    await server.store.pool.execute(grow, UUID(operation["id"]), SIZE)
    return f"GET /operations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".replace("?x", "").encode()


async def test_who_reads_nothing_is_dropped_with_all_that_waits_for_it(server: Api, large: bytes):
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(await narrow(server)) for _ in range(6)]
        for wire in wires:
            await wire.send(large)
        for wire in wires:
            await dropped(server, wire)
        for wire in wires:
            assert len(await wire.rest()) < SIZE


async def test_who_reads_slowly_gets_everything(server: Api, large: bytes):
    async with await narrow(server) as wire:
        await wire.send(large)
        received = 0
        for _ in range(20):
            received += len(await wire.reader.read(1 << 18))
            await asyncio.sleep(READS_EVERY_SECONDS)
        assert received < SIZE / 2, "it was not read slowly"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while received < SIZE:
                chunk = await wire.reader.read(1 << 18)
                assert chunk, "it was cut off"
                received += len(chunk)


async def narrow(server: Api) -> Wire:
    """A connection whose own end keeps next to nothing of what is not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", server.port))
    return Wire(*await asyncio.open_connection(sock=connection, limit=1024))


async def dropped(server: Api, wire: Wire) -> None:
    """Return when the server has closed this connection, whatever this end has still to read."""
    _, port = wire.sockname
    as_peer = f" 0100007F:{server.port:04X} 0100007F:{port:04X} "
    async with asyncio.timeout(PATIENCE_SECONDS):
        while as_peer in open_sockets(server):  # noqa: ASYNC110 -- it is another process'
            await asyncio.sleep(0.02)


def open_sockets(server: Api) -> str:
    with open(f"/proc/{server.process.pid}/net/tcp") as file:
        return file.read()


async def test_one_too_many_is_told_so_and_everybody_else_is_served(server: Api):
    async with AsyncExitStack() as stack:
        wires = []
        for _ in range(CONNECTIONS):
            wires.append(await stack.enter_async_context(await server.connect()))
            await wires[-1].send(LIVE)
            assert (await wires[-1].answer()).status == 200
        async with await server.connect() as late:
            await late.send(b"GET /operations HTTP/1.1\r\nHost: x\r\n\r\n")
            reply = await late.answer()
            assert (reply.status, reply.headers["connection"]) == (503, "close")
            assert int(reply.headers["retry-after"]) >= 1
            assert reply.problem()["effect"] == "none"
            assert await late.rest() == b""
        async with await server.connect() as probe:
            await probe.send(LIVE)
            assert (await probe.answer()).status == 200
        for wire in wires:
            await wire.send(b"GET /operations HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await wire.answer()).status == 401
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await status_of_newcomer(server) == 503:
            pass
    assert await status_of_newcomer(server) == 401


async def status_of_newcomer(server: Api) -> int:
    async with await server.connect() as wire:
        await wire.send(b"GET /operations HTTP/1.1\r\nHost: x\r\n\r\n")
        return (await wire.answer()).status


async def test_a_stream_ends_when_its_client_leaves_with_another_request_on_its_way(
    database: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 1000)  # so that nothing else is written that could tell
    async with running(database, redis_url, http=guarded(Settings())) as service:
        key = await service.new_key()
        async with service.client(key) as client:
            operation = await client.started()
        stream = f"GET {operation['links']['events']} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
        async with Wire(*await asyncio.open_connection("127.0.0.1", service.port)) as wire:
            await wire.send(stream.encode() + LIVE)
            await wire.reader.readuntil(b"\nid: 1")
        await nobody_waits(service, operation)


def test_a_process_that_may_open_few_files_admits_fewer_and_says_how_to_change_it():
    script = (
        "from operations_api.connections import guarded; from operations_api.settings import Settings; import resource;"
        "print(guarded(Settings()).settings.connection_limit, resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    command = f"ulimit -Sn 100; ulimit -Hn 1000; exec {sys.executable} -c '{script}'"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    limit, files = map(int, done.stdout.splitlines()[-1].split())
    assert files == 1000
    assert 500 < limit < 1000
    assert "LimitNOFILE" in done.stdout
