"""Who may run servers on a data directory, told by the kernel: a lock of a killed process is free.

There are two locks. The *owner's* is held by the process that starts servers, and by it alone. The *servers'* is
inherited by every server, so that it is free only when the last one is gone: a new owner waits for it, because Valkey
would otherwise let two servers write one file.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from operations_api.embedded.errors import AlreadyRunning, EmbeddedError

# servers whose owner was killed end within milliseconds; Postgres kills its own stragglers after five seconds
LEFTOVER_SECONDS = 15.0
POLL_SECONDS = 0.01


class DataLock:
    """The right to run servers on `data_dir`, held until `release` or the end of this process."""

    def __init__(self, data_dir: Path) -> None:
        """Raises `AlreadyRunning` when another process owns the directory, `EmbeddedError` when it cannot be used."""
        self.data_dir = data_dir
        self._owner = _open(data_dir / "owner.lock")
        if not _lock(self._owner):
            pid = os.pread(self._owner, 20, 0).decode() or "unknown"
            os.close(self._owner)
            raise AlreadyRunning(
                f"Another process (pid {pid}) already runs the servers on {data_dir}: "
                "stop it, or choose another OPERATIONS_DATA_DIR."
            )
        os.ftruncate(self._owner, 0)
        os.pwrite(self._owner, str(os.getpid()).encode(), 0)
        self.servers = _open(data_dir / "servers.lock")
        self._wait_for_leftovers()

    def release(self) -> None:
        """Give the directory back; call it once the servers are gone."""
        os.close(self.servers)
        os.close(self._owner)

    def _wait_for_leftovers(self) -> None:
        until = time.monotonic() + LEFTOVER_SECONDS
        while not _lock(self.servers):
            if time.monotonic() > until:
                self.release()
                raise EmbeddedError(
                    f"A server of a process that is gone still runs on {self.data_dir}: find it with `ps` and end it."
                )
            time.sleep(POLL_SECONDS)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EmbeddedError(
            f"{path} cannot be opened ({error.strerror}): choose another OPERATIONS_DATA_DIR, or run this as its owner."
        ) from None


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
