"""The embedded Postgres: durable, reachable through its private socket and nowhere else."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from operations_api.embedded.binaries import postgres_version
from operations_api.embedded.server import Home, Server

ROLE = "app"
DATABASE = "operations"
# in the URL as well, because clients and servers alike would otherwise take it from PGPORT
PORT = 5432
FIRST_BUILTIN_LOCALE = 17  # the version that brought a locale provider needing nothing from the system
INITDB_SECONDS = 120.0
# an API and some workers with a pool each, and people looking around
MAX_CONNECTIONS = 200


class Postgres(Server):
    """Stops fast (SIGINT: no new work, running transactions are rolled back), dies at once with us (SIGQUIT)."""

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    death_signal: ClassVar[signal.Signals] = signal.SIGQUIT

    def __init__(self, home: Home, binaries: Path) -> None:
        super().__init__(home)
        self._binaries = binaries

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={self._home.sockets}&port={PORT}"

    def prepare(self) -> None:
        """Build the data under another name first, so that a half-made directory is never taken for a database."""
        if self.data.exists():
            return
        unfinished = self.data.with_suffix(".unfinished")
        self._make_directory(unfinished)
        self._finish("initdb", [str(self._binaries / "initdb"), *self._initdb_options(), "-D", str(unfinished)])
        single_user = [str(self._binaries / "postgres"), "--single", "-D", str(unfinished), "postgres"]
        self._finish("postgres --single", single_user, input=f"create database {DATABASE}\n")
        unfinished.rename(self.data)

    def _initdb_options(self) -> list[str]:
        common = ["-U", ROLE, "-A", "trust", "-E", "UTF8", "--no-locale"]
        if postgres_version(self._binaries) < FIRST_BUILTIN_LOCALE:
            return common
        return [*common, "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

    def _finish(self, what: str, command: Sequence[str], input: str = "") -> None:
        with tempfile.TemporaryFile() as commands, self._new_log() as log:
            commands.write(input.encode())
            commands.seek(0)
            child = self._run(command, log, signal.SIGKILL, commands)
            code = child.wait(INITDB_SECONDS)
            if code is None:
                code = child.stop(signal.SIGKILL, timeout=0)
        if code != 0:
            raise self._error(f"could not make its data ({what} ended with {code})")

    def _command(self) -> Sequence[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._home.sockets),
            "port": str(PORT),
            "max_connections": str(MAX_CONNECTIONS),
            "shared_buffers": "128MB",
            "jit": "off",  # our statements are short; compiling one takes longer than running it
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries / "postgres"), "-D", str(self.data), *options]

    def _answers(self, pid: int) -> bool:
        """Lines 1 and 8 of its pid file: whose it is (a killed predecessor leaves one), and "ready"."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
