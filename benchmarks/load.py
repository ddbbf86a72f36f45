"""The client, the same for all systems: a process of its own that keeps so many connections busy for so long.

Reads a `Job` as JSON from stdin and writes a `Report` to stdout: `python -m benchmarks.load`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import msgspec
import uvloop

from benchmarks.system import System
from benchmarks.systems import by_name
from benchmarks.wire import Connection, connect

GIVE_UP_SECONDS = 60.0
"""What is under way when the time is over is waited for, but not for ever."""

KEPT_IDS = 2000
"""Enough to be polled in turn without being the same all the time."""

FIRST_PAUSE_SECONDS = {"whole": 0.05, "one": 0.005}
LONGEST_PAUSE_SECONDS = 1.0
"""Where clients cannot wait they ask again, each time after twice as long; at once where it is latency that counts."""


class Job(msgspec.Struct):
    """`kind`: starts, polls, revalidations, whole (start and fetch the result), one (the same, latency of each)."""

    system: str
    port: int
    secret: str
    kind: str
    connections: int
    seconds: float
    prefix: str
    ids: list[str] = []
    etag: str = ""
    limit: int = 1_000_000


class Report(msgspec.Struct):
    """Latencies in milliseconds. `count` were answered within `seconds`, `answered` are those and what was under way
    at the end. `cpu_seconds` are the client's own.
    """

    count: int
    answered: int
    failures: int
    seconds: float
    p50: float
    p99: float
    cpu_seconds: float
    ids: list[str] = []

    @property
    def rate(self) -> float:
        return self.count / self.seconds


class Client:
    """What one job has seen so far."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._system: System = by_name(job.system)(job.port, job.secret)
        self._number = 0
        self._latencies: list[float] = []
        self._ids: list[str] = []
        self._answered = self._failures = 0
        self._end = 0.0

    async def run(self) -> Report:
        """Keep all connections busy, then say how it went. Only what was answered in time is counted."""
        connections = [await connect(self._job.port) for _ in range(self._job.connections)]
        begun = time.perf_counter()
        self._end = begun + self._job.seconds
        turns = [asyncio.ensure_future(self._keep_busy(connection)) for connection in connections]
        await asyncio.wait(turns, timeout=self._job.seconds + GIVE_UP_SECONDS)
        for turn in turns:
            turn.cancel()
        ends = await asyncio.gather(*turns, return_exceptions=True)
        self._failures += sum(isinstance(end, Exception) for end in ends)
        seconds = min(time.perf_counter() - begun, self._job.seconds)
        return self._report(seconds)

    async def _keep_busy(self, connection: Connection) -> None:
        turn = self._turn()
        while (begun := time.perf_counter()) < self._end and self._number < self._job.limit:
            self._number += 1
            ok = await turn(connection, self._number)
            now = time.perf_counter()
            self._answered += ok
            self._failures += not ok
            if ok and now <= self._end:
                self._latencies.append(now - begun)

    def _turn(self) -> Callable[[Connection, int], Awaitable[bool]]:
        return {"starts": self._start, "polls": self._poll, "revalidations": self._revalidate}.get(
            self._job.kind, self._whole
        )

    async def _start(self, connection: Connection, number: int) -> bool:
        answer = await connection.ask(self._system.start(f"{self._job.prefix}-{number}"))
        if answer.status not in (200, 202):
            return False
        self._ids.append(self._system.id_of(answer))
        return True

    async def _poll(self, connection: Connection, number: int) -> bool:
        id = self._job.ids[number % len(self._job.ids)]
        return (await connection.ask(self._system.poll(id))).status in (200, 470)  # Restate: not ready

    async def _revalidate(self, connection: Connection, number: int) -> bool:
        conditional = self._system.revalidate(self._job.ids[number % len(self._job.ids)], self._job.etag)
        assert conditional is not None
        return (await connection.ask(conditional)).status == 304

    async def _whole(self, connection: Connection, number: int) -> bool:
        if not await self._start(connection, number):
            return False
        fetch = self._system.fetch(self._ids[-1])
        pause = FIRST_PAUSE_SECONDS[self._job.kind]
        while not self._system.is_done(await connection.ask(fetch)):
            await asyncio.sleep(0 if self._system.waits else pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return True

    def _report(self, seconds: float) -> Report:
        ordered = sorted(self._latencies) or [0.0]
        return Report(
            count=len(self._latencies),
            answered=self._answered,
            failures=self._failures,
            seconds=seconds,
            p50=ordered[len(ordered) // 2] * 1000,
            p99=ordered[int(len(ordered) * 0.99)] * 1000,
            cpu_seconds=time.process_time(),
            ids=self._ids[:KEPT_IDS],
        )


async def run_load(job: Job) -> Report:
    """Run the job in a process of its own. Raises `RuntimeError` when more than a few requests failed."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.load", stdin=-1, stdout=-1)
    said, _ = await process.communicate(msgspec.json.encode(job))
    if process.returncode or not said:
        raise RuntimeError(f"the client of {job.system} ended with {process.returncode} and said {len(said)} bytes")
    report = msgspec.json.decode(said, type=Report)
    if report.count == 0 or report.failures > report.count // 100:
        raise RuntimeError(f"{job.system}, {job.kind}: {report.count} were answered in time, {report.failures} failed")
    return report


if __name__ == "__main__":
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Client(job).run())))
    sys.stdout.buffer.flush()  # here it fails where it can be seen
