"""A server as a foreground child: started, waited for until it answers, stopped with a bound."""

from __future__ import annotations

import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, ClassVar, NamedTuple

from operations_api.child import Child
from operations_api.embedded.errors import EmbeddedError
from operations_api.embedded.identity import Identity

# recovery after a crash reads everything written since the last checkpoint; on a slow disk that takes a while
START_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.005
# enough to see why a server ended; the whole log is in the data directory
TAIL_LINES = 5


class Home(NamedTuple):
    """What the servers of one data directory share; `lock` is the file they keep open while they live."""

    data_dir: Path
    sockets: Path
    identity: Identity
    lock: int


class Server(ABC):
    """One server; a subclass says what to run and how to see that it answers."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    death_signal: ClassVar[signal.Signals]

    def __init__(self, home: Home) -> None:
        self._home = home
        self.data = home.data_dir / self.name
        self.log = home.data_dir / f"{self.name}.log"
        self._child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the data directory if there is none. Raises `EmbeddedError`."""

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    @abstractmethod
    def _answers(self, pid: int) -> bool: ...

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Start it, without waiting for it to answer."""
        with self._new_log() as log:
            self._child = self._run(self._command(), log, self.death_signal)

    def wait_until_ready(self) -> None:
        """Raises `EmbeddedError` when it ends instead, or does not answer in time."""
        assert self._child is not None, "start it first"
        until = time.monotonic() + START_SECONDS
        while not self._answers(self._child.pid):
            self.check()
            if time.monotonic() > until:
                raise self._error(f"does not answer after {START_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raises `EmbeddedError` when it has ended by itself."""
        code = None if self._child is None else self._child.poll()
        if code is not None:
            raise self._error(f"ended with {code}")

    def stop(self) -> None:
        """Stop it cleanly; kill it when that takes too long."""
        if self._child is not None:
            self._child.stop(self.stop_signal, STOP_SECONDS)
            self._child = None

    def _run(
        self, command: Sequence[str], log: IO[bytes], death_signal: signal.Signals, input: IO[bytes] | None = None
    ) -> Child:
        return Child(
            command,
            identity=self._home.identity.text,
            death_signal=death_signal,
            environment=_environment(),
            directory=self.data if self.data.exists() else self._home.data_dir,
            input=input,
            log=log,
            keep_open=(self._home.lock,),
        )

    def _make_directory(self, path: Path) -> None:
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(mode=0o700)
        self._home.identity.give(path)

    def _new_log(self) -> IO[bytes]:
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        return self.log.open("wb")

    def _error(self, what: str) -> EmbeddedError:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        said = "".join(f"\n  {line}" for line in lines[-TAIL_LINES:])
        return EmbeddedError(f"The embedded {self.name} {what}; the end of {self.log}:{said or ' (empty)'}")


def _environment() -> dict[str, str]:
    """Ours, without what would change the server: Postgres reads PG* variables and the locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}
