from __future__ import annotations

import fcntl
import os
import signal
import socket
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec
import pytest
import redis

from operations_api.child import Child
from operations_api.embedded.errors import AlreadyRunning, EmbeddedError
from operations_api.embedded.servers import EmbeddedServers, connect_or_start, running_servers
from operations_api.settings import Settings
from tests.processes import children_of, line_of, module, running, watching

POSTGRES = [None, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir)


def owner(data_dir: Path, verb: str = "start") -> Any:
    return running(module("tests.embedded.owner", verb, str(data_dir)))


def said_by(process: Popen[str]) -> Any:
    return msgspec.json.decode(line_of(process))


async def query(url: str | None, sql: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def socket_directory(url: str | None) -> Path:
    return Path(urlsplit(url or "").path).parent


@pytest.mark.parametrize("postgres_bin", POSTGRES)
async def test_both_servers_keep_their_data_over_a_restart(data_dir: Path, postgres_bin: Path | None) -> None:
    settings = Settings(data_dir=data_dir, postgres_bin=postgres_bin)
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        await query(urls.database_url, "create table kept as select 'ä' as word")
        redis.Redis.from_url(urls.redis_url).set("kept", "b")
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        assert await query(urls.database_url, "select word from kept") == "ä"
        assert redis.Redis.from_url(urls.redis_url).get("kept") == b"b"


async def test_the_servers_listen_on_a_private_socket_alone_and_write_durably(settings: Settings) -> None:
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        directory = socket_directory(urls.redis_url)
        assert parse_qs(urlsplit(urls.database_url or "").query)["host"] == [str(directory)]
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert await query(urls.database_url, "show listen_addresses") == ""
        assert await query(urls.database_url, "show fsync") == "on"
        assert await query(urls.database_url, "show server_encoding") == "UTF8"
        assert int(await query(urls.database_url, "show max_connections")) == 200
        client = redis.Redis.from_url(urls.redis_url)
        assert client.config_get("port", "appendonly") == {"port": "0", "appendonly": "yes"}
    assert not directory.exists()


async def test_the_servers_and_their_sessions_die_with_an_owner_that_is_killed(data_dir: Path) -> None:
    with owner(data_dir) as process:
        urls = said_by(process)
        connection = await asyncpg.connect(urls["database_url"])
        below = children_of(process.pid)
        assert set(urls["pids"]) < set(below)
        with watching(below) as servers:
            process.kill()
            assert servers.all_end()
        connection.terminate()


async def test_what_a_killed_owner_leaves_is_no_obstacle(data_dir: Path, settings: Settings) -> None:
    with owner(data_dir) as process:
        urls = said_by(process)
        await query(urls["database_url"], "create table kept as select 1 as number")
        process.kill()
        process.wait()
        with EmbeddedServers() as servers:  # at once, while the old servers may still be dying
            found = servers.start(settings)
            assert await query(found.database_url, "select number from kept") == 1
            assert found.redis_url != urls["redis_url"]
            assert not socket_directory(urls["redis_url"]).exists()


def test_a_child_dies_with_its_parent_where_the_kernel_does_not_help() -> None:
    script = (
        "import sys; from operations_api.child import Child\n"
        "child = Child(['/bin/sh', '-c', 'echo $$; exec sleep 1000'], by_kernel=False); sys.stdin.read()"
    )
    with running([sys.executable, "-c", script]) as parent:
        pid = int(line_of(parent))  # from the child itself: a launcher would see by itself that its parent is gone
        below = [pid]
        for _ in range(1000):  # only so that a child nobody watches over fails instead of hanging
            if len(below := children_of(parent.pid)) == 2:
                break
            time.sleep(0.01)
        assert pid in below
        assert len(below) == 2, "the child and the shell that watches over it"
        with watching(below) as processes:
            parent.kill()
            assert processes.all_end()


def test_a_child_that_is_stopped_takes_its_watcher_along() -> None:
    child = Child(["/bin/sleep", "1000"], by_kernel=False)
    mine = [pid for pid in children_of(os.getpid()) if pid >= child.pid]
    with watching(mine) as processes:
        assert processes.alive()
        assert child.stop(signal.SIGTERM, timeout=10) == -signal.SIGTERM
        assert processes.all_end()


def test_a_child_whose_parent_is_already_gone_does_not_start(tmp_path: Path) -> None:
    launcher = Path(sys.modules["operations_api"].__path__[0]) / "embedded" / "launch.py"
    trace = tmp_path / "started"
    not_the_parent = str(os.getppid())
    command = [sys.executable, "-I", "-S", str(launcher), not_the_parent, "9", "self", "/usr/bin/touch", str(trace)]
    with running(command) as process:
        assert process.wait() == 1
    assert not trace.exists()


def test_a_new_owner_never_joins_a_server_that_still_lives(
    data_dir: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir()
    monkeypatch.setattr("operations_api.embedded.lock.LEFTOVER_SECONDS", 0.05)
    with open(data_dir / "servers.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        leftover = Child(["/bin/sleep", "1000"], keep_open=(lock.fileno(),))
    with EmbeddedServers() as servers, pytest.raises(EmbeddedError, match="still runs"):
        servers.claim(settings)
    leftover.stop(signal.SIGKILL, timeout=0)
    with EmbeddedServers() as servers:
        servers.claim(settings)


def test_a_second_owner_is_refused_and_told_who_is_the_first(data_dir: Path, settings: Settings) -> None:
    with owner(data_dir) as process:
        said_by(process)
        with (
            EmbeddedServers() as servers,
            pytest.raises(AlreadyRunning, match=rf"pid {process.pid}.*OPERATIONS_DATA_DIR"),
        ):
            servers.start(settings)
        assert running_servers(settings) is not None, "the refusal left the first one alone"


async def test_another_process_uses_the_servers_that_run_and_leaves_them_running(data_dir: Path) -> None:
    with EmbeddedServers() as servers:
        urls = servers.start(Settings(data_dir=data_dir))
        with owner(data_dir, "connect") as process:
            assert said_by(process) == {"database_url": urls.database_url, "redis_url": urls.redis_url}
            process.communicate()
            assert process.returncode == 0
        servers.check()
        assert await query(urls.database_url, "select 1") == 1


def test_processes_that_start_at_the_same_time_share_one_pair_of_servers(data_dir: Path) -> None:
    with owner(data_dir, "connect") as one, owner(data_dir, "connect") as other:
        assert said_by(one) == said_by(other)


def test_a_process_waits_for_servers_that_another_one_is_starting(settings: Settings) -> None:
    seen: list[str | None] = []

    def connect() -> None:
        with connect_or_start(settings) as found:
            seen.append(found.database_url)

    with EmbeddedServers() as servers:
        servers.claim(settings)
        other = threading.Thread(target=connect)
        other.start()
        urls = servers.start(settings)
        other.join()
    assert seen == [urls.database_url]


def test_given_urls_start_nothing(data_dir: Path) -> None:
    given = Settings(data_dir=data_dir, database_url="postgresql://elsewhere/x", redis_url="redis://elsewhere")
    with connect_or_start(given) as found:
        assert found is given
    assert not data_dir.exists()


def test_one_given_url_starts_the_other_server_alone(data_dir: Path) -> None:
    with connect_or_start(Settings(data_dir=data_dir, database_url="postgresql://elsewhere/x")) as found:
        assert found.database_url == "postgresql://elsewhere/x"
        assert redis.Redis.from_url(found.redis_url).ping()
    assert not (data_dir / "postgres").exists()


def test_a_process_without_the_url_its_servers_owner_was_given_is_told_so(data_dir: Path) -> None:
    with (
        connect_or_start(Settings(data_dir=data_dir, database_url="postgresql://elsewhere/x")),
        pytest.raises(EmbeddedError, match="DATABASE_URL: give this one the same"),
        connect_or_start(Settings(data_dir=data_dir)),
    ):
        pass


def test_a_half_made_database_is_made_anew(data_dir: Path, settings: Settings) -> None:
    (data_dir / "postgres.unfinished").mkdir(parents=True)
    (data_dir / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    with EmbeddedServers() as servers:
        servers.start(settings)
    assert not (data_dir / "postgres.unfinished").exists()


def test_a_server_that_ends_while_starting_says_why(data_dir: Path, settings: Settings) -> None:
    with EmbeddedServers() as servers:
        servers.start(settings, want_redis=False)
    (data_dir / "postgres" / "PG_VERSION").write_text("9.1\n")
    with (
        EmbeddedServers() as servers,
        pytest.raises(EmbeddedError, match=r"(?s)postgres ended with 1.*postgres\.log.*9\.1"),
    ):
        servers.start(settings, want_redis=False)


def test_the_end_of_a_server_is_noticed(settings: Settings) -> None:
    with EmbeddedServers() as servers:
        servers.start(settings, want_postgres=False)
        servers.check()
        assert servers.valkey is not None
        assert servers.valkey.pid is not None
        with watching([servers.valkey.pid]) as watch:
            os.kill(servers.valkey.pid, signal.SIGKILL)
            assert watch.all_end()
        with pytest.raises(EmbeddedError, match="valkey ended with -9"):
            servers.check()


@pytest.mark.parametrize(
    ("field", "variable"), [("postgres_bin", "OPERATIONS_POSTGRES_BIN"), ("valkey_server", "OPERATIONS_VALKEY_SERVER")]
)
def test_a_missing_program_is_named_by_the_setting_that_should_name_it(
    data_dir: Path, tmp_path: Path, field: str, variable: str
) -> None:
    wrong = msgspec.structs.replace(Settings(data_dir=data_dir), **{field: tmp_path / "nothing"})
    with EmbeddedServers() as servers, pytest.raises(EmbeddedError, match=variable):
        servers.start(wrong)
    with EmbeddedServers() as servers:  # and the directory is free again
        servers.claim(wrong)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        EmbeddedServers() as servers,
        pytest.raises(EmbeddedError, match=r"file/data cannot be made.*OPERATIONS_DATA_DIR"),
    ):
        servers.start(Settings(data_dir=tmp_path / "file" / "data"))


async def test_variables_meant_for_postgres_clients_change_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGDATESTYLE": "nonsense", "LC_ALL": "xx_XX"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedServers() as servers:
        assert await query(servers.start(settings, want_redis=False).database_url, "select 1") == 1


def test_a_long_temporary_directory_is_not_used_for_sockets(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(urlsplit(urls.redis_url or "").path)
