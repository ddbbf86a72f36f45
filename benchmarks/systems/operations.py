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
UNFINISHED = "select count(*) from operations where finished_at is null"


class Operations(System):
    name = "operations"
    title = "operations-api"
    settings = "one API process, one worker, default settings; a step's effect is elsewhere and does nothing"
    type = "external"
    waits = True

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
        }
        command = [str(OUR_PYTHON), "-m", "operations_api"]
        return [
            Program("api", [*command, "serve"], environment),
            Program("worker", [*command, "worker"], environment),
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

    async def prepare(self, servers: Servers) -> None:
        await super().prepare(servers)
        await execute(servers.database_url, MARKS)
