"""What every measured system is to the bench: programs to run, and what a client says to them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import asyncpg

from benchmarks.wire import Answer, request

ROOT = Path(__file__).parents[1]
APPS = ROOT / "benchmarks" / "apps"
PEERS = ROOT / "benchmarks" / ".venv"
PEERS_PYTHON = PEERS / "bin" / "python"
OUR_PYTHON = Path(sys.executable)

EVERYTHING = frozenset({"idle", "sustained", "polls", "waiting", "starts", "drain"})

TEXT = "a durable operation of two steps, each of which reserves and commits"


class Servers(NamedTuple):
    """Where this run's databases are; `directory` is a place for files of its own."""

    database_url: str
    redis_url: str
    directory: Path


class Program(NamedTuple):
    """One process to run. Those of the role worker are stopped and started again to pile up a backlog."""

    role: str
    command: list[str]
    environment: Mapping[str, str] = {}
    directory: Path = ROOT


class System:
    """One system. What it says of itself is `title` and `settings`, for the report.

    `port` is where its API listens; `secret` is what a client needs to know, if anything. `run` begins every key, where
    a database has seen others.

    `executes`: there are results to fetch. `waits`: a fetch waits for the result; else it is repeated, less and less.
    `clients` start operations and fetch results at the same time: enough to keep its workers busy, and few enough that
    their polls are not what it is busy with. `longest_seconds` of that say enough.

    `pauses`: its workers can be stopped while starts go on; `freezes`: they are halted instead, since a worker that is
    gone would be tried again ever more seldom. `drains`: what is done of a backlog can be counted; `at_once`: only when
    all of it is, since it works on all of it at the same time.

    `measures`: the figures that are taken of it. `crowded`: how much memory very many waiting clients take, too.
    `counted`: and what Postgres did for each answer.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[str]
    executes: ClassVar[bool] = True
    waits: ClassVar[bool] = False
    pauses: ClassVar[bool] = True
    freezes: ClassVar[bool] = False
    drains: ClassVar[bool] = True
    at_once: ClassVar[bool] = False
    clients: ClassVar[int] = 256
    measures: ClassVar[frozenset[str]] = EVERYTHING
    crowded: ClassVar[bool] = False
    longest_seconds: ClassVar[float] = 60
    counted: ClassVar[bool] = False
    run = ""

    def __init__(self, port: int = 0, secret: str = "") -> None:
        self.port = port or free_port()
        self.secret = secret

    async def prepare(self, servers: Servers) -> None:
        """Make tables and keys."""

    def programs(self, servers: Servers) -> list[Program]:
        """What to run, in the order of starting."""
        raise NotImplementedError

    async def ready(self, servers: Servers) -> None:
        """What is to be done when all programs run, once."""

    def start(self, key: str) -> bytes:
        """The request that starts one operation."""
        return request("POST", "/operations", body(key), idempotency_key=key)

    def id_of(self, answer: Answer) -> str:
        """The operation's id, out of the answer to `start`."""
        return member(answer.body, b"id")

    def fetch(self, id: str) -> bytes:
        """The request for the result, which waits for it where the system can."""
        return request("GET", f"/operations/{id}")

    def poll(self, id: str) -> bytes:
        """The request for the present state."""
        return self.fetch(id)

    def revalidate(self, id: str, etag: str) -> bytes | None:
        """The conditional poll, where there is such a thing."""
        return None

    def is_done(self, answer: Answer) -> bool:
        """Whether the answer to `fetch` has the result."""
        return b'"done":true' in answer.body

    async def unfinished(self, servers: Servers) -> int:
        """How many operations are not done."""
        raise NotImplementedError

    async def check(self, servers: Servers) -> None:
        """Raises `RuntimeError` when what was done is not what was to be done."""


def body(key: str) -> bytes:
    """The same input for all."""
    return f'{{"input":{{"reference":"{key}","text":"{TEXT}"}}}}'.encode()


def member(document: bytes, name: bytes) -> str:
    """A text member of a JSON document without spaces, without parsing it all."""
    at = document.index(b'"' + name + b'":"') + len(name) + 4
    return document[at : document.index(b'"', at)].decode()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def count(database_url: str, sql: str) -> int:
    """One number out of the database."""
    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


async def execute(database_url: str, sql: str) -> None:
    """Statements without an answer."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
