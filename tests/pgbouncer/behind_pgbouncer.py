"""API and worker behind a real PgBouncer, configured as docs/pgbouncer.md says: `make pgbouncer`.

Not collected by `make test`, which needs Python and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from operations_api.child import Child
from operations_api.client import SyncClient
from operations_api.domain.errors import StoreUnavailable
from operations_api.embedded.identity import choose_identity
from operations_api.embedded.servers import EmbeddedServers, ServerUrls
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.connection import open_pool
from operations_api.store.migrate import migrate
from tests.conftest import run_sql
from tests.docs.blocks import blocks_of
from tests.ports import free_port
from tests.processes import PATIENCE_SECONDS, ROOT

PAGE = blocks_of(ROOT / "docs" / "pgbouncer.md")
[CONFIGURATION] = [block.text for block in PAGE if block.title == "pgbouncer.ini"]
[ROLE] = [block.text for block in PAGE if block.language == "sql"]
IGNORING = "ignore_startup_parameters"
OPERATIONS = 50
LOOK_SECONDS = 0.02


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A directory that PgBouncer can read, which refuses to be root, and Postgres, which does, too."""
    with tempfile.TemporaryDirectory(prefix="behind-pgbouncer-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture(scope="module")
def servers(place: Path) -> Iterator[ServerUrls]:
    """Servers of our own: what is said of the role stays with it."""
    with EmbeddedServers() as embedded:
        urls = embedded.start(Settings(data_dir=place / "servers"))
        asyncio.run(_prepare(urls.database_url))
        yield urls


def test_operations_are_started_and_executed_in_session_mode(servers: ServerUrls, place: Path) -> None:
    key = asyncio.run(_key(servers.database_url))
    with (
        pooling(CONFIGURATION, servers, place) as url,
        working(url, servers.redis_url, place) as api,
        SyncClient(api, key, patience_seconds=PATIENCE_SECONDS) as client,
    ):
        begun = [client.start("transfer-funds", transfer(minor)) for minor in range(1, OPERATIONS + 1)]
        assert [each.result(PATIENCE_SECONDS)["amount_minor"] for each in begun] == [*range(1, OPERATIONS + 1)]


async def test_sessions_have_the_time_outs_of_the_role(servers: ServerUrls, place: Path) -> None:
    with pooling(CONFIGURATION, servers, place) as url:
        pool = await open_pool(url, size=2, session={"statement_timeout": "1"})
        said = [await pool.fetchval(f"show {name}") for name in ("lock_timeout", "statement_timeout")]
        await pool.close()
    assert said == ["2s", "12s"]


async def test_without_the_setting_pgbouncer_refuses_the_connection(servers: ServerUrls, place: Path) -> None:
    lines = [line for line in CONFIGURATION.splitlines() if not line.startswith(IGNORING)]
    refusal = "unsupported startup parameter: lock_timeout"
    with pooling("\n".join(lines), servers, place) as url, pytest.raises(StoreUnavailable, match=refusal):
        await open_pool(url, size=2)


@contextmanager
def pooling(configuration: str, servers: ServerUrls, directory: Path) -> Iterator[str]:
    """PgBouncer between us and Postgres: the URL to use instead."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    assert program, "PgBouncer is missing: install it (on Debian and Ubuntu: apt-get install pgbouncer)"
    [host] = parse_qs(urlsplit(servers.database_url).query)["host"]
    database = urlsplit(servers.database_url).path.strip("/")
    with socket.create_server(("127.0.0.1", 0)) as listening:  # not kept: PgBouncer takes no port that is bound
        port = int(listening.getsockname()[1])
    file = directory / "pgbouncer.ini"
    here = f"operations = host={host} dbname={database} user=app"
    text = configuration.replace("operations = host=postgres.internal dbname=operations", here)
    assert here in text
    file.write_text(f"{text}\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n")
    with tempfile.TemporaryFile() as said:
        whom = choose_identity(directory, [Path(host)], [])  # Postgres' socket admits nobody else
        process = Child([program, str(file)], identity=whom.text, log=said)
        try:
            _await_listener(port, process, said)
            yield f"postgresql://app@127.0.0.1:{port}/operations"
        finally:
            process.stop(signal.SIGKILL, PATIENCE_SECONDS)


@contextmanager
def working(url: str, redis_url: str, directory: Path) -> Iterator[str]:
    """An API and a worker on these servers: the API's URL."""
    port = free_port()
    given = os.environ | {"DATABASE_URL": url, "REDIS_URL": redis_url, "PORT": str(port)}
    given |= {"OPERATIONS_DATA_DIR": str(directory)}
    with _started(["serve"], given), _started(["worker"], given):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _started(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-m", "operations_api", *arguments], env=environment) as process:
        try:
            yield
        finally:
            process.terminate()


def transfer(minor: int) -> dict[str, object]:
    return {"from_account": "alice", "to_account": "bob", "amount_minor": minor}


def _await_listener(port: int, process: Child, said: IO[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                said.seek(0)
                pytest.fail(said.read().decode())
            assert time.monotonic() < until
            time.sleep(LOOK_SECONDS)


async def _prepare(url: str) -> None:
    from examples.seed import seed

    await migrate(url)
    await seed(url)
    await run_sql(url, ROLE)


async def _key(url: str) -> str:
    pool = await asyncpg.create_pool(url, min_size=1, max_size=1)
    try:
        return await ApiKeys(pool).create("acme", ["submit", "read"])
    finally:
        await pool.close()
