"""The servers of a data directory: started by one process, used by all the others.

>>> with connect_or_start(Settings.from_environment()) as settings:
...     run(settings.database_url, settings.redis_url)
"""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from operations_api.embedded.binaries import postgres_directory, valkey_program
from operations_api.embedded.errors import AlreadyRunning, EmbeddedError
from operations_api.embedded.identity import choose_identity
from operations_api.embedded.lock import DataLock
from operations_api.embedded.postgres import PORT, Postgres
from operations_api.embedded.server import START_SECONDS, Home, Server
from operations_api.embedded.socket_directory import make_socket_directory, remove_stale_directories
from operations_api.embedded.valkey import Valkey
from operations_api.settings import Settings

ADDRESSES = "servers.json"
POLL_SECONDS = 0.02


class ServerUrls(msgspec.Struct, frozen=True):
    """Where the servers are; None for one that was not asked for."""

    database_url: str | None = None
    redis_url: str | None = None


class EmbeddedServers:
    """Owns a data directory from `start` to `stop`, and runs its servers. As a context manager it stops at the end."""

    def __init__(self) -> None:
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self._home: Home | None = None
        self._lock: DataLock | None = None

    def start(self, settings: Settings, want_postgres: bool = True, want_redis: bool = True) -> ServerUrls:
        """Start what is wanted and wait until it answers. The directory is ours even when nothing is wanted.

        Raises `AlreadyRunning` when another process owns the directory, `EmbeddedError` for every other failure.
        """
        lock = self.claim(settings)
        try:
            postgres_programs = postgres_directory(settings) if want_postgres else None
            valkey = valkey_program(settings) if want_redis else None
            if postgres_programs or valkey:
                self._start(self._move_in(lock, postgres_programs, valkey), postgres_programs, valkey)
            return self._publish(lock.data_dir)
        except BaseException:
            self.stop()
            raise

    def claim(self, settings: Settings) -> DataLock:
        """Take the data directory without starting anything yet; `start` does it by itself. Raises as `start` does."""
        if self._lock is None:
            self._lock = DataLock(make_data_directory(settings))
            (self._lock.data_dir / ADDRESSES).unlink(missing_ok=True)
            remove_stale_directories(self._lock.data_dir)
        return self._lock

    def check(self) -> None:
        """Raises `EmbeddedError` when a server has ended by itself."""
        for server in self._servers():
            server.check()

    def stop(self) -> None:
        """Stop what runs and leave nothing behind but the data. Harmless when nothing runs."""
        for server in self._servers():
            server.stop()
        if self._home is not None:
            shutil.rmtree(self._home.sockets, ignore_errors=True)
        if self._lock is not None:
            (self._lock.data_dir / ADDRESSES).unlink(missing_ok=True)
            self._lock.release()
        self.postgres = self.valkey = self._home = self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _move_in(self, lock: DataLock, postgres_programs: Path | None, valkey: Path | None) -> Home:
        data_dir = lock.data_dir
        programs = [*([postgres_programs / "postgres"] if postgres_programs else []), *([valkey] if valkey else [])]
        identity = choose_identity(data_dir, [data_dir / Postgres.name, data_dir / Valkey.name], programs)
        self._home = Home(data_dir, make_socket_directory(data_dir, identity), identity, lock.servers)
        return self._home

    def _start(self, home: Home, postgres_programs: Path | None, valkey: Path | None) -> None:
        """Both start at the same time; the faster one waits for the other."""
        self.valkey = Valkey(home, valkey) if valkey else None
        self.postgres = Postgres(home, postgres_programs) if postgres_programs else None
        for server in self._servers():
            server.prepare()
            server.start()
        for server in self._servers():
            server.wait_until_ready()

    def _servers(self) -> list[Server]:
        return [server for server in (self.valkey, self.postgres) if server is not None]

    def _publish(self, data_dir: Path) -> ServerUrls:
        urls = ServerUrls(
            database_url=self.postgres.url if self.postgres else None,
            redis_url=self.valkey.url if self.valkey else None,
        )
        unfinished = data_dir / f"{ADDRESSES}.unfinished"
        unfinished.write_bytes(msgspec.json.encode(urls))
        unfinished.replace(data_dir / ADDRESSES)
        return urls


@contextmanager
def connect_or_start(settings: Settings) -> Iterator[Settings]:
    """The settings with both URLs filled in: as given, else of the servers that run, else of servers started here.

    Servers started here stop with the block. Raises `EmbeddedError`.
    """
    want_postgres, want_redis = settings.database_url is None, settings.redis_url is None
    if not (want_postgres or want_redis):
        yield settings
        return
    with EmbeddedServers() as servers:
        until = time.monotonic() + START_SECONDS
        while (urls := running_servers(settings)) is None:
            try:
                urls = servers.start(settings, want_postgres, want_redis)
                break
            except AlreadyRunning:  # and is still starting, or is just stopping
                if time.monotonic() > until:
                    raise
                time.sleep(POLL_SECONDS)
        yield _resolved(settings, urls)


def running_servers(settings: Settings) -> ServerUrls | None:
    """The addresses of the servers another process runs on the data directory; None when none answer."""
    try:
        urls = msgspec.json.decode((settings.data_dir / ADDRESSES).read_bytes(), type=ServerUrls)
    except (OSError, msgspec.DecodeError):
        return None
    sockets = [_socket_of(url) for url in (urls.database_url, urls.redis_url) if url]
    return urls if all(_accepts(path) for path in sockets) else None


def make_data_directory(settings: Settings) -> Path:
    """The data directory as an absolute path, made when it is not there. Raises `EmbeddedError`."""
    data_dir = settings.data_dir.resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"The data directory {data_dir} cannot be made ({error.strerror}): choose another OPERATIONS_DATA_DIR."
        ) from None
    return data_dir


def _resolved(settings: Settings, urls: ServerUrls) -> Settings:
    database_url, redis_url = settings.database_url or urls.database_url, settings.redis_url or urls.redis_url
    for name, url in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        if url is None:
            raise EmbeddedError(
                f"The process that runs the servers on {settings.data_dir} was given a {name}: give this one the same."
            )
    return msgspec.structs.replace(settings, database_url=database_url, redis_url=redis_url)


def _socket_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{PORT}"


def _accepts(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return False
    return True
