"""The system under test, two servers, API processes, workers and a participant: each can be hurt and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import msgspec

from operations_api.database import with_pool
from operations_api.embedded.servers import EmbeddedServers
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.migrate import migrate
from tests.chaos.shop import open_shop
from tests.chaos.takeovers import LEASE_BOOK, PROCESS
from tests.ports import free_port

TENANT = "chaos"
RESTART_SECONDS = 0.2
"""A supervisor in production takes about as long to notice."""

LEASE_SECONDS = 2.0
"""Short, so that many leases end in a run."""

START_SECONDS = 60.0
POLL_SECONDS = 0.05

TIMEOUT_SECONDS = 1.0
"""A call of a dead worker has ended before its lease does, so nobody waits for it longer than for the lease."""


LIFE = "{life}"
"""In the environment of a process: which of its lives this is."""

PARTICIPANT = Path(__file__).with_name("participant.py")


class Process:
    """One process, started again whenever it ends. ``life`` names it between two starts: worker-2.5 is its sixth."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._lives = 0
        self._command = command
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def life(self) -> str:
        return f"{self.name}.{self._lives}"

    def start(self) -> None:
        """Run it, and again whenever it ends."""
        self._keeper = asyncio.create_task(self._keep())

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal, if it runs just now. Whether it did."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.send_signal(number)
        return True

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
            environment = {name: value.replace(LIFE, self.life) for name, value in self._environment.items()}
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, *self._command, env={**os.environ, **environment}, stdout=log, stderr=log
                )
            await self._process.wait()
            await asyncio.sleep(RESTART_SECONDS)
            self._lives += 1


class Death(msgspec.Struct, frozen=True):
    """A worker was killed, in this life, at this time of the host's clock, which Postgres shares."""

    life: str
    at: float


class Fleet:
    """All of it. ``apis`` are base URLs; a client tries them in turn, as a load balancer would."""

    def __init__(self, servers: EmbeddedServers, directory: Path) -> None:
        self._servers = servers
        self.directory = directory
        self.database_url = ""
        self.redis_url = ""
        self.key = ""
        self.apis: list[str] = []
        self.api_processes: list[Process] = []
        self.workers: list[Process] = []
        self.participant: Process
        self.deaths: list[Death] = []
        # one thread for as long as the fleet lives: a server dies with the thread that started it, and two restarts
        # of one server at once are no fault anybody has
        self._surgeon = ThreadPoolExecutor(1)
        self._redis_away = asyncio.Lock()

    @property
    def books(self) -> Path:
        """The participant's own."""
        return self.directory / "participant.sqlite3"

    @property
    def mail(self) -> Path:
        """Where confirmations go."""
        return self.directory / "mail"

    @property
    def processes(self) -> list[Process]:
        return [self.participant, *self.api_processes, *self.workers]

    def kill_worker(self, number: int) -> None:
        """SIGKILL, written down when it met a living one."""
        worker = self.workers[number % len(self.workers)]
        at = time.time()
        if worker.signal(signal.SIGKILL):
            self.deaths.append(Death(worker.life, at))

    async def restart_postgres(self) -> None:
        """Immediate mode: no goodbye, recovery from the log."""
        await self._operate(self._restart_postgres)

    async def lose_redis(self, seconds: float) -> None:
        """Killed, away for a while, and started again from its append-only file."""
        async with self._redis_away:
            await self._operate(self._kill_redis)
            await asyncio.sleep(seconds)
            await self._operate(self._start_redis)

    async def _operate(self, cut: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._surgeon, cut)

    def _restart_postgres(self) -> None:
        postgres = self._servers.postgres
        assert postgres is not None
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGQUIT)
        postgres.stop()
        postgres.start()
        postgres.wait_until_ready()

    def _kill_redis(self) -> None:
        valkey = self._servers.valkey
        assert valkey is not None
        assert valkey.pid is not None
        os.kill(valkey.pid, signal.SIGKILL)
        valkey.stop()

    def _start_redis(self) -> None:
        valkey = self._servers.valkey
        assert valkey is not None
        valkey.start()
        valkey.wait_until_ready()


@asynccontextmanager
async def running_fleet(directory: Path, *, apis: int, workers: int, seed: int) -> AsyncIterator[Fleet]:
    """Start everything in ``directory`` and stop it at the end."""
    settings = Settings.from_environment({"OPERATIONS_DATA_DIR": str(directory / "data")})
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        assert urls.database_url is not None
        assert urls.redis_url is not None
        fleet = Fleet(servers, directory)
        fleet.database_url, fleet.redis_url = urls.database_url, urls.redis_url
        await _prepare(fleet)
        _make_processes(fleet, apis, workers, seed)
        for process in fleet.processes:
            process.start()
        try:
            yield fleet
        finally:
            await asyncio.gather(*(process.stop() for process in fleet.processes))


async def until_all_work(fleet: Fleet) -> None:
    """Wait until every API process answers and every worker has its connection for leases."""
    connection = await asyncpg.connect(fleet.database_url)
    beating = "select count(*) from pg_stat_activity where application_name = 'operations-api leases'"
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as http:
        while True:
            ready = [await _is_ready(http, api) for api in fleet.apis]
            if all(ready) and await connection.fetchval(beating) >= len(fleet.workers):
                break
            await asyncio.sleep(POLL_SECONDS)
    await connection.close()


async def _is_ready(http: httpx.AsyncClient, api: str) -> bool:
    try:
        return (await http.get(f"{api}/health/ready")).is_success
    except httpx.TransportError:
        return False


async def _prepare(fleet: Fleet) -> None:
    await migrate(fleet.database_url)
    await open_shop(fleet.database_url)
    connection = await asyncpg.connect(fleet.database_url)
    await connection.execute(LEASE_BOOK)
    await connection.close()

    async def make_key(pool: object) -> str:
        return await ApiKeys(pool).create(TENANT, ["submit", "read"])  # type: ignore[arg-type]

    fleet.key = await with_pool(fleet.database_url, make_key)


def _make_processes(fleet: Fleet, apis: int, workers: int, seed: int) -> None:
    port = free_port()
    environment = _environment(fleet, port)
    fleet.participant = Process(
        "participant",
        ["-I", str(PARTICIPANT), str(port), str(fleet.books), str(seed), str(TIMEOUT_SECONDS * 1.5)],
        {},
        fleet.directory / "participant.log",
    )
    for number in range(apis):
        port = free_port()
        fleet.apis.append(f"http://127.0.0.1:{port}")
        fleet.api_processes.append(_ours(fleet, f"api-{number}", "serve", {**environment, "PORT": str(port)}))
    for number in range(workers):
        # what a worker's session does can be told from what its next life does
        of_its_own = {"DATABASE_URL": f"{fleet.database_url}&{PROCESS}={LIFE}"}
        fleet.workers.append(_ours(fleet, f"worker-{number}", "worker", {**environment, **of_its_own}))


def _environment(fleet: Fleet, participant_port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": fleet.database_url,
        "REDIS_URL": fleet.redis_url,
        "OPERATIONS_REGISTRY": "tests.chaos.definitions:registry",
        "OPERATIONS_LEASE_SECONDS": str(LEASE_SECONDS),
        "OPERATIONS_DRAIN_SECONDS": "2",
        "OPERATIONS_LOG": "json",
        "EXAMPLES_SPOOL_DIR": str(fleet.mail),
        "CHAOS_PARTICIPANT": f"http://127.0.0.1:{participant_port}",
        "CHAOS_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        "NO_PROXY": "127.0.0.1",
    }


def _ours(fleet: Fleet, name: str, command: str, environment: dict[str, str]) -> Process:
    return Process(name, ["-m", "operations_api", command], environment, fleet.directory / f"{name}.log")
