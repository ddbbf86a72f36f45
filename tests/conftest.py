"""Real servers for every test: the embedded ones, or those that DATABASE_URL and REDIS_URL name."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
import redis.asyncio

from operations_api.embedded.postgres import Postgres
from operations_api.embedded.servers import EmbeddedServers, ServerUrls
from operations_api.embedded.valkey import Valkey
from operations_api.settings import Settings
from operations_api.store.migrate import migrate
from operations_api.store.store import Store

REDIS_DATABASE = 9 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Tests empty this one before they use it, each pytest process its own; an external server's others are left alone."""


def pytest_configure() -> None:
    """A shell that starts us in the background has Ctrl-C ignored, and so would whatever the tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUrls]:
    """Where Postgres and Redis are, for the whole run."""
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database_url and redis_url:
        yield ServerUrls(database_url, redis_url)
        return
    data_dir: Path = tmp_path_factory.mktemp("servers")
    with EmbeddedServers() as embedded:
        yield embedded.start(Settings.from_environment({"OPERATIONS_DATA_DIR": str(data_dir)}))


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """One that may be hurt: everybody else's tests go on using theirs."""
    with EmbeddedServers() as embedded:
        embedded.start(Settings(data_dir=tmp_path / "servers"), want_redis=False)
        assert embedded.postgres is not None
        yield embedded.postgres


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """One that may be hurt, too."""
    with EmbeddedServers() as embedded:
        embedded.start(Settings(data_dir=tmp_path / "redis"), want_postgres=False)
        assert embedded.valkey is not None
        yield embedded.valkey


@pytest.fixture(scope="session")
async def template(servers: ServerUrls) -> AsyncIterator[str]:
    """The name of a migrated database that others are copied from."""
    name = f"template_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name}")
    await migrate(database_named(servers.database_url, name))
    yield name
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def database(servers: ServerUrls, template: str) -> AsyncIterator[str]:
    """The URL of a fresh migrated database."""
    name = f"test_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    yield database_named(servers.database_url, name)
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def empty_database(servers: ServerUrls) -> AsyncIterator[str]:
    """The URL of a fresh database that nobody has migrated."""
    name = f"empty_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name}")
    yield database_named(servers.database_url, name)
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def redis_url(servers: ServerUrls) -> str:
    """The URL of an empty Redis database."""
    url = redis_database(servers)
    client = redis.asyncio.from_url(url)
    await client.flushdb()
    await client.aclose()
    return url


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """A store on a fresh database."""
    opened = await Store.open(database, pool_size=8)
    yield opened
    await opened.close()


def redis_database(servers: ServerUrls) -> str:
    """The URL of the Redis database that belongs to this pytest process."""
    parts = urlsplit(servers.redis_url)
    if parts.scheme == "unix":
        return urlunsplit(parts._replace(query=f"db={REDIS_DATABASE}"))
    return urlunsplit(parts._replace(path=f"/{REDIS_DATABASE}"))


async def run_sql(url: str, statement: str) -> None:
    """Run one statement in a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def database_named(url: str, name: str) -> str:
    """The same server's database of this name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
