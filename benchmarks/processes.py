"""Processes of a measured system: started, stopped, and read from /proc for what they cost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.system import Program

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 15.0


class Running:
    """One program and what it starts. Its output goes to a file in `logs`."""

    def __init__(self, program: Program, logs: Path) -> None:
        self.program = program
        self._log = logs / f"{program.role}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                env=environment(self.program.environment),
                cwd=self.program.directory,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raises `RuntimeError` with the end of its log when it has ended."""
        assert self._process is not None
        if self._process.returncode is not None:
            said = self._log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.program.command} ended with {self._process.returncode}:\n{said}")

    def halt(self) -> None:
        """SIGSTOP for the whole session."""
        os.killpg(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    async def stop(self) -> None:
        """SIGTERM, and after a while SIGKILL for the whole session."""
        if self._process is None or self._process.returncode is not None:
            return
        self.go_on()
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()


async def run(command: Sequence[str], variables: Mapping[str, str], directory: Path) -> None:
    """Run a program to its end. Raises `RuntimeError` with what it said when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(variables), cwd=directory, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{said.decode(errors='replace')[-2000:]}")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Ours, without what would reach the measured programs by accident."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPERATIONS_", "PYTHON"))}
    return {**kept, "NO_PROXY": "127.0.0.1", **variables}


def cpu_seconds(pid: int) -> float:
    """What a process and all its descendants have used, those that have ended included."""
    return sum(sum(map(int, _stat(one)[11:15])) for one in family(pid)) / TICKS_PER_SECOND


def memory_mb(pid: int) -> float:
    """The proportional share (PSS) of a process and all its descendants: shared pages are counted once."""
    return sum(_pss_kb(one) for one in family(pid)) / 1024


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):  # it has just ended
            for task in Path(f"/proc/{one}/task").iterdir():
                with contextlib.suppress(OSError):
                    found += map(int, (task / "children").read_text().split())
    return found


def _stat(pid: int) -> list[str]:
    """The fields behind the name: 11 to 14 are the ticks of the process and of its children that have ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 20


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
