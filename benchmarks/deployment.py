"""One system, running on fresh databases: started, paused, and asked what it costs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID

import httpx

from benchmarks.processes import Running, cpu_seconds, memory_mb
from benchmarks.system import Servers, System
from benchmarks.wire import Connection, connect
from operations_api.embedded.servers import EmbeddedServers
from operations_api.settings import Settings

READY_SECONDS = 60.0
LOOK_SECONDS = 0.01


class Deployment:
    """`processes` by role, the servers among them as postgres and redis."""

    def __init__(self, system: System, servers: Servers, pids: dict[str, int]) -> None:
        self.system = system
        self.servers = servers
        self._pids = pids
        self._running = [Running(program, servers.directory) for program in system.programs(servers)]

    async def start(self) -> float:
        """Start all and wait until the first operation is done. The seconds until the API's first answer."""
        begun = time.perf_counter()
        for running in self._running:
            await running.start()
        await self._first_answer()
        answered = time.perf_counter() - begun
        await self._until_ready()
        return answered

    async def stop(self) -> None:
        await asyncio.gather(*(running.stop() for running in self._running))

    async def pause(self) -> None:
        """Stop the workers: what is started from now on waits."""
        for running in self._workers():
            if self.system.freezes:
                running.halt()
            else:
                await running.stop()

    async def resume(self) -> None:
        for running in self._workers():
            if self.system.freezes:
                running.go_on()
            else:
                await running.start()

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far, by role."""
        return {role: cpu_seconds(pid) for role, pid in self._all_pids().items()}

    def pid(self, role: str) -> int:
        """The process of this role."""
        return self._all_pids()[role]

    def memory(self) -> dict[str, float]:
        """Megabytes in use, by role."""
        return {role: memory_mb(pid) for role, pid in self._all_pids().items()}

    def check(self) -> None:
        for running in self._running:
            running.check()

    def _workers(self) -> list[Running]:
        return [running for running in self._running if running.program.role == "worker"]

    def _all_pids(self) -> dict[str, int]:
        return {**{running.program.role: running.pid for running in self._running}, **self._pids}

    async def _first_answer(self) -> None:
        """Whatever the answer to a poll is: a socket that listens is none."""
        poll = self.system.poll(str(UUID(int=0)))
        async with asyncio.timeout(READY_SECONDS):
            while True:
                self.check()
                try:
                    connection = await connect(self.system.port)
                    await connection.ask(poll)
                    return connection.close()
                except OSError:
                    await asyncio.sleep(LOOK_SECONDS)

    async def _until_ready(self) -> None:
        """The system's own preparations, tried until they succeed, and one operation to its end."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                self.check()
                try:
                    await self.system.ready(self.servers)
                    await perform(self.system, f"{self.system.run}first")
                except (OSError, ValueError, RuntimeError, httpx.HTTPError):
                    await asyncio.sleep(LOOK_SECONDS * 10)
                else:
                    return


async def perform(system: System, key: str) -> str:
    """Start one operation, wait for its result, and say its id. Raises `RuntimeError` when it is refused."""
    connection = await connect(system.port)
    try:
        answer = await connection.ask(system.start(key))
        if answer.status not in (200, 202):
            raise RuntimeError(f"{system.name} answered {answer.status}: {answer.body[:500]!r}")
        id = system.id_of(answer)
        if system.executes:
            await fetch(system, connection, id)
        return id
    finally:
        connection.close()


async def fetch(system: System, connection: Connection, id: str) -> None:
    """Fetch the result of an operation, as often as it takes."""
    request = system.fetch(id)
    while not system.is_done(await connection.ask(request)):  # noqa: ASYNC110 -- another process is waited for
        await asyncio.sleep(0.0 if system.waits else LOOK_SECONDS)


@asynccontextmanager
async def deployed(system: System) -> AsyncIterator[Deployment]:
    """The system on new servers of its own, not started yet; everything is stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, serving(Path(name)) as (servers, pids):
        async with deployed_on(system, servers, pids) as deployment:
            yield deployment


@contextmanager
def serving(directory: Path) -> Iterator[tuple[Servers, dict[str, int]]]:
    """Postgres and Valkey with their data in this directory, and their processes by role."""
    with EmbeddedServers() as embedded:
        urls = embedded.start(Settings(data_dir=directory / "data"))
        assert urls.database_url is not None
        assert urls.redis_url is not None
        assert embedded.postgres is not None
        assert embedded.valkey is not None
        pids = {"postgres": embedded.postgres.pid or 0, "redis": embedded.valkey.pid or 0}
        yield Servers(urls.database_url, urls.redis_url, directory), pids


@asynccontextmanager
async def deployed_on(system: System, servers: Servers, pids: dict[str, int]) -> AsyncIterator[Deployment]:
    """The system on servers that are there, not started yet, and stopped at the end."""
    await system.prepare(servers)
    deployment = Deployment(system, servers, pids)
    try:
        yield deployment
    finally:
        await deployment.stop()
