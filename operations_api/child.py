"""A child process that never outlives its parent, however the parent ends.

On Linux the kernel kills it (`launch.py`). Elsewhere a shell beside it holds the reading end of a pipe and kills it
when the writing end, ours, is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

LAUNCHER = Path(__file__).parent / "embedded" / "launch.py"
# read returns at the end of the pipe, which is our death or our wish; the signals of a terminal are not for this shell
SIDECAR = 'trap "" INT TERM HUP; read _; kill -s "$1" "$2" 2>/dev/null'


class Child:
    """A running program. `identity` is what `launch.py` takes; `death_signal` is what it gets when we die."""

    def __init__(
        self,
        program: Sequence[str],
        *,
        identity: str = "self",
        death_signal: signal.Signals = signal.SIGKILL,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        input: IO[bytes] | None = None,
        log: IO[bytes] | None = None,
        keep_open: Sequence[int] = (),
        own_session: bool = True,
        by_kernel: bool = sys.platform == "linux",
    ) -> None:
        options: dict[str, Any] = {
            "env": environment,
            "cwd": directory,
            "stdin": subprocess.DEVNULL if input is None else input,
            "stdout": log,
            "stderr": log,
            "pass_fds": tuple(keep_open),
            "start_new_session": own_session,
        }
        number = death_signal.value if by_kernel else 0
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(number), identity]
        self._process = _starter().open([*launcher, *program], options)
        self._sidecar = None if by_kernel else _start_sidecar(self._process.pid, death_signal)

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the child is gone."""
        self._process.send_signal(number)

    def wait(self, timeout: float) -> int | None:
        """Wait for the end, at most `timeout` seconds. The exit code, or None when it still runs."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, number: signal.Signals, timeout: float) -> int:
        """Ask with a signal, wait at most `timeout` seconds, then kill. Returns the exit code."""
        self.send(number)
        if self.wait(timeout) is None:
            self._process.kill()
        code = self._process.wait()
        self._dismiss_sidecar()
        return code

    def _dismiss_sidecar(self) -> None:
        if self._sidecar is not None and self._sidecar.stdin is not None:
            self._sidecar.kill()
            self._sidecar.wait()
            self._sidecar.stdin.close()


Order = tuple["Future[subprocess.Popen[bytes]]", Sequence[str], dict[str, Any]]


class _Starter:
    """The one thread that starts every child: the kernel's promise is bound to the life of the *thread*.

    It ends with the process and not before. An executor's thread will not do: a signal that interrupts its start
    leaves a thread that nobody ends, and the process would wait for it for ever.
    """

    def __init__(self) -> None:
        self._orders: SimpleQueue[Order] = SimpleQueue()
        Thread(target=self._run, name="child-starter", daemon=True).start()

    def open(self, command: Sequence[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
        opened: Future[subprocess.Popen[bytes]] = Future()
        self._orders.put((opened, command, options))
        return opened.result()

    def _run(self) -> None:
        while True:
            opened, command, options = self._orders.get()
            try:
                opened.set_result(_open(command, options))
            except Exception as error:  # it is the caller's: a file it may not run, too many processes
                opened.set_exception(error)


_starter = cache(_Starter)


def _open(command: Sequence[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, **options)  # noqa: S603 -- running programs is what this module is for


def _start_sidecar(pid: int, number: signal.Signals) -> subprocess.Popen[bytes]:
    name = number.name.removeprefix("SIG")
    return subprocess.Popen(  # noqa: S603 -- a constant script; its arguments are a signal's name and a pid
        ["/bin/sh", "-c", SIDECAR, "sidecar", name, str(pid)], stdin=subprocess.PIPE, start_new_session=True
    )
