"""The embedded Valkey (or Redis): reachable through its private socket, kept in an append-only file."""

from __future__ import annotations

import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from operations_api.embedded.server import Home, Server


class Valkey(Server):
    """Stops with SIGTERM. Dies at once with us: what it answered is already in the append-only file."""

    name: ClassVar[str] = "valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    death_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, home: Home, program: Path) -> None:
        super().__init__(home)
        self._program = program

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def prepare(self) -> None:
        if not self.data.exists():
            self._make_directory(self.data)

    @property
    def _socket(self) -> Path:
        return self._home.sockets / "valkey.sock"

    def _command(self) -> Sequence[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": ".",  # it is started there; a path of the user's might hold what its parser takes apart
            "appendonly": "yes",
            "save": "",
            "daemonize": "no",
        }
        return [str(self._program), *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def _answers(self, pid: int) -> bool:
        """It says PONG once its file is loaded."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
