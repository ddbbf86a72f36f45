"""Processes in tests: started with their output in reach, and waited for by what the kernel says, not by the clock."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
# far beyond what anything here takes; only a hanging test ever reaches it
PATIENCE_SECONDS = 60.0


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str] | None = None, directory: Path = ROOT
) -> Iterator[subprocess.Popen[str]]:
    """A process with pipes for input and output, killed at the end if it still runs."""
    process = subprocess.Popen(
        command,
        env=None if environment is None else {**os.environ, **environment},
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            try:
                yield process
            finally:
                process.kill()
    finally:
        process.wait()


def module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line it prints. Fails with what it said on stderr when it ends instead."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"ended with {process.wait()}: {process.stderr.read()}")
    return line.strip()


def children_of(pid: int) -> list[int]:
    """The pids of its children and of theirs, at this moment."""
    found = [int(line) for task in _listed(Path(f"/proc/{pid}/task")) for line in _read(task / "children").split()]
    return [*found, *(below for child in found for below in children_of(child))]


@contextmanager
def watching(pids: Sequence[int]) -> Iterator[Watch]:
    """Handles on processes, taken while they live, so that a reused pid cannot deceive."""
    handles: list[int] = []
    for pid in pids:
        with suppress(ProcessLookupError):  # ended since it was listed
            handles.append(os.pidfd_open(pid))
    try:
        yield Watch(handles, all_seen=len(handles) == len(pids))
    finally:
        for handle in handles:
            os.close(handle)


class Watch:
    def __init__(self, handles: Sequence[int], all_seen: bool) -> None:
        self._handles = handles
        self._all_seen = all_seen

    def all_end(self) -> bool:
        """Whether every process ends; waits for it."""
        return all(select.select([handle], [], [], PATIENCE_SECONDS)[0] for handle in self._handles)

    def alive(self) -> bool:
        """Whether every process still runs."""
        return self._all_seen and not select.select(self._handles, [], [], 0)[0]


def command_line(pid: int) -> str:
    """Its arguments, separated by zeros; nothing when it has ended."""
    return _read(Path(f"/proc/{pid}/cmdline"))


def _listed(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
