"""Processes: a command run as several supervised children.

A child dies with its parent, is started again when it crashes, and is asked to stop before it is made to. Children
stop group by group, in the order given: first who takes work in, then who does it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any, NamedTuple, Self

import structlog

from operations_api.child import Child

# how often a child's end is noticed; also the delay of the first restart
TICK_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
# a child that lived this long was all right: its next crash is a new story, not a mistake in the settings
STEADY_SECONDS = 5.0
# what a child may need beyond its own drain time to say good-bye
MARGIN_SECONDS = 5.0

_log = structlog.get_logger()


class Program(NamedTuple):
    """What to run; `keep_open` are files the child inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = os.environ
    keep_open: Sequence[int] = ()

    def start(self) -> Child:
        return Child(self.command, environment=dict(self.environment), keep_open=self.keep_open)


def operations_api(*arguments: str) -> list[str]:
    """The command line of another process of ours."""
    return [sys.executable, "-m", "operations_api", *arguments]


class Supervisor:
    """Runs programs until it is told to stop or one of them cannot start."""

    def __init__(
        self, groups: Sequence[Sequence[Program]], drain_seconds: float, check: Callable[[], None] = lambda: None
    ) -> None:
        """`groups` in the order in which they stop. `check` is called at every tick and raises to end everything."""
        self._groups = [[_Member(program) for program in group] for group in groups]
        self._patience_seconds = drain_seconds + MARGIN_SECONDS
        self._check = check

    def run(self) -> int:
        """Run until SIGTERM, SIGINT or SIGHUP (0 when all stopped in time), or until a child gives up (its code)."""
        with _Signals() as signals:
            try:
                return self._run(signals)
            finally:
                self._kill()

    def _run(self, signals: _Signals) -> int:
        for member in self._members():
            member.start()
        while not signals.wait(TICK_SECONDS):
            self._check()
            codes = [code for member in self._members() if (code := member.look_after()) is not None]
            if codes:
                self._stop(signals)
                return codes[0]
        return self._stop(signals)

    def _stop(self, signals: _Signals) -> int:
        """A second signal means now."""
        in_time = True
        for group in self._groups:
            for member in group:
                member.send(signal.SIGTERM)
            until = time.monotonic() + self._patience_seconds
            while any(member.is_running() for member in group):
                if signals.wait(TICK_SECONDS) or time.monotonic() > until:
                    in_time = False
                    break
        return 0 if in_time else 1

    def _kill(self) -> None:
        for member in self._members():
            member.kill()

    def _members(self) -> list[_Member]:
        return [member for group in self._groups for member in group]


def stopping_signals() -> list[signal.Signals]:
    """What means stop. SIGHUP does not under `nohup`, which has it ignored; SIGINT does, even after a script's `&`."""
    hang_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGTERM, signal.SIGINT, *hang_up]


class _Member:
    """One program and its present child, or the time of its next start."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._child: Child | None = None
        self._started = self._due = 0.0
        self._crashes = 0
        self._was_steady = False

    def start(self) -> None:
        self._child = self._program.start()
        self._started = time.monotonic()

    def look_after(self) -> int | None:
        """Start it again when it is time. Its exit code when it will never start, else None."""
        if self._child is None:
            if time.monotonic() >= self._due:
                self.start()
            return None
        code = self._child.poll()
        if code is None:
            return None
        self._child = None
        return self._mourn(code)

    def _mourn(self, code: int) -> int | None:
        steady = time.monotonic() - self._started > STEADY_SECONDS
        self._was_steady |= steady
        if code > 0 and not self._was_steady:
            return code  # it has said why: a mistake in the settings does not go away by trying again
        self._crashes = 0 if steady else self._crashes + 1
        pause = min(TICK_SECONDS * 2**self._crashes, LONGEST_PAUSE_SECONDS)
        self._due = time.monotonic() + pause
        _log.warning("child ended, starting it again", program=self._program.name, code=code, after_seconds=pause)
        return None

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send(number)

    def kill(self) -> None:
        if self._child is not None:
            self._child.stop(signal.SIGKILL, timeout=0)


class _Signals:
    """The signals that mean stop, as something to wait for with a time-out."""

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._before_fd = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._before: dict[int, Any] = {number: signal.signal(number, _ignore) for number in stopping_signals()}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._before_fd)
        os.close(self._reading)
        os.close(self._writing)

    def wait(self, seconds: float) -> bool:
        """Whether such a signal has come, now or within this time."""
        ready, _, _ = select.select([self._reading], [], [], seconds)
        return bool(ready) and bool(os.read(self._reading, 4096))


def _ignore(number: int, frame: FrameType | None) -> None:
    """The wake-up file has it already; a handler must be there for that, and for the next signal to be no surprise."""
