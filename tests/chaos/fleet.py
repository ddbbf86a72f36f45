"""The system under test: two servers, API processes and workers, each of which can be hurt and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from examples.seed import seed
from operations_api.database import with_pool
from operations_api.embedded.servers import EmbeddedServers
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.migrate import migrate

TENANT = "chaos"
RESTART_SECONDS = 0.2
"""A supervisor in production takes about as long to notice."""


class Process:
    """One API or worker process, started again whenever it ends."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run it, and again whenever it ends."""
        self._keeper = asyncio.create_task(self._keep())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs just now."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def stop(self) -> None:
        """End it for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _keep(self) -> None:
        while True:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "operations_api", *self._arguments,
                    env={**os.environ, **self._environment}, stdout=log, stderr=log,
                )  # fmt: skip
            await self._process.wait()
            await asyncio.sleep(RESTART_SECONDS)


class Fleet:
    """All of it. ``apis`` are base URLs; a client tries them in turn, as a load balancer would."""

    def __init__(self, servers: EmbeddedServers, database_url: str, redis_url: str) -> None:
        self.servers = servers
        self.database_url = database_url
        self.redis_url = redis_url
        self.apis: list[str] = []
        self.api_processes: list[Process] = []
        self.workers: list[Process] = []
        self.key = ""
        # one thread for as long as the fleet lives: a server dies with the thread that started it, and two restarts
        # of one server at once are no fault anybody has
        self._surgeon = ThreadPoolExecutor(1)

    async def restart_postgres(self) -> None:
        """Immediate mode: no goodbye, recovery from the log."""
        await asyncio.get_running_loop().run_in_executor(self._surgeon, self._restart_postgres)

    async def restart_redis(self) -> None:
        """Killed and started again."""
        await asyncio.get_running_loop().run_in_executor(self._surgeon, self._restart_redis)

    def _restart_postgres(self) -> None:
        postgres = self.servers.postgres
        assert postgres is not None
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGQUIT)
        postgres.stop()
        postgres.start()
        postgres.wait_until_ready()

    def _restart_redis(self) -> None:
        valkey = self.servers.valkey
        assert valkey is not None
        assert valkey.pid is not None
        os.kill(valkey.pid, signal.SIGKILL)
        valkey.stop()
        valkey.start()
        valkey.wait_until_ready()


@asynccontextmanager
async def running_fleet(directory: Path, *, apis: int, workers: int, lease_seconds: float) -> AsyncIterator[Fleet]:
    """Start everything in ``directory`` and stop it at the end."""
    settings = Settings.from_environment({"OPERATIONS_DATA_DIR": str(directory / "data")})
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        assert urls.database_url is not None
        assert urls.redis_url is not None
        fleet = Fleet(servers, urls.database_url, urls.redis_url)
        await _prepare(fleet)
        environment = {
            "DATABASE_URL": fleet.database_url,
            "REDIS_URL": fleet.redis_url,
            "OPERATIONS_REGISTRY": "examples:registry",
            "OPERATIONS_LEASE_SECONDS": str(lease_seconds),
            "OPERATIONS_DRAIN_SECONDS": "2",
            "OPERATIONS_LOG": "json",
            "EXAMPLES_SPOOL_DIR": str(directory / "mail"),
        }
        _make_processes(fleet, directory, environment, apis, workers)
        for process in (*fleet.api_processes, *fleet.workers):
            process.start()
        try:
            yield fleet
        finally:
            await asyncio.gather(*(process.stop() for process in (*fleet.api_processes, *fleet.workers)))


async def _prepare(fleet: Fleet) -> None:
    await migrate(fleet.database_url)
    await seed(fleet.database_url)

    async def make_key(pool: object) -> str:
        return await ApiKeys(pool).create(TENANT, ["submit", "read"])  # type: ignore[arg-type]

    fleet.key = await with_pool(fleet.database_url, make_key)


def _make_processes(fleet: Fleet, directory: Path, environment: dict[str, str], apis: int, workers: int) -> None:
    for number in range(apis):
        port = _free_port()
        fleet.apis.append(f"http://127.0.0.1:{port}")
        fleet.api_processes.append(
            Process(f"api-{number}", ["serve"], {**environment, "PORT": str(port)}, directory / f"api-{number}.log")
        )
    for number in range(workers):
        fleet.workers.append(Process(f"worker-{number}", ["worker"], environment, directory / f"worker-{number}.log"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
