"""This service: one API process and one worker, with their default settings."""

from __future__ import annotations

from benchmarks.definitions import MARKS
from benchmarks.system import OUR_PYTHON, Program, Servers, System, body, count, execute
from benchmarks.wire import Answer, request
from operations_api.database import with_pool
from operations_api.store.api_keys import ApiKeys
from operations_api.store.connection import Pool
from operations_api.store.migrate import migrate

WAIT_SECONDS = 20
LEDGER = "ledger"
UNFINISHED = """
select (select count(*) from operations where ready)
    + (select count(*) from operations where next_wake_at < now() + interval '1 hour' and not ready)
"""
"""What waits for a worker and what one has; not what waits for a day to come."""


class Operations(System):
    name = "operations"
    title = "operations-api"
    settings = "one API process, one worker, default settings; a step's effect is elsewhere and does nothing"
    type = "external"
    waits = True
    crowded = True
    workers = 1

    async def prepare(self, servers: Servers) -> None:
        await migrate(servers.database_url)

        async def create(pool: Pool) -> str:
            return await ApiKeys(pool).create("bench", ["submit", "read"])

        self.secret = await with_pool(servers.database_url, create)

    def programs(self, servers: Servers) -> list[Program]:
        environment = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "OPERATIONS_REGISTRY": "benchmarks.definitions:registry",
            "OPERATIONS_LOG": "json",
            "PORT": str(self.port),
            "BENCH_LEDGER": str(servers.directory / LEDGER),
        }
        command = [str(OUR_PYTHON), "-m", "operations_api"]
        return [
            Program("api", [*command, "serve"], environment),
            Program("worker", [*command, "worker", "--processes", str(self.workers)], environment),
        ]

    def start(self, key: str) -> bytes:
        path = f"/operations/{self.type}"
        return request("POST", path, body(key), **self._authorized, idempotency_key=key)

    def fetch(self, id: str) -> bytes:
        return request("GET", f"/operations/{id}", b"", **self._authorized, prefer=f"wait={WAIT_SECONDS}")

    def poll(self, id: str) -> bytes:
        return request("GET", f"/operations/{id}", b"", **self._authorized)

    def revalidate(self, id: str, etag: str) -> bytes:
        return request("GET", f"/operations/{id}", b"", **self._authorized, if_none_match=etag)

    def is_done(self, answer: Answer) -> bool:
        return b'"done":true' in answer.body

    async def unfinished(self, servers: Servers) -> int:
        return await count(servers.database_url, UNFINISHED)

    @property
    def _authorized(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secret}"}


class LocalOperations(Operations):
    name = "operations-local"
    title = "operations-api, local steps"
    settings = "as above, but each handler writes a row of the same database in the transaction of its journal entry"
    type = "local"
    crowded = False

    async def prepare(self, servers: Servers) -> None:
        await super().prepare(servers)
        await execute(servers.database_url, MARKS)


class WaitingOperations(Operations):
    name = "operations-waiting"
    title = "operations-api, handlers that wait"
    settings = "as above, but each of the four handlers waits for 0.2 s, as for another service; 200 slots"
    type = "waiting"
    clients = 600  # more than two workers have slots
    measures = frozenset({"sustained"})
    crowded = False
    longest_seconds = 12  # what waits does not vary

    async def check(self, servers: Servers) -> None:
        calls = (servers.directory / LEDGER).read_text(encoding="ascii").splitlines()
        if repeated := len(calls) - len(set(calls)):
            raise RuntimeError(f"{repeated} of {len(calls)} calls were made twice, though no worker has died")


class TwoWorkers(WaitingOperations):
    name = "operations-waiting-2"
    title = "operations-api, handlers that wait, two workers"
    settings = "the same with two workers; every call was noted, and none was made twice"
    workers = 2
