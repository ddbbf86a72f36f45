"""The naive build of the same card: a row and an arq job for each operation."""

from __future__ import annotations

from benchmarks.system import APPS, OUR_PYTHON, Program, Servers, System, count, execute
from benchmarks.systems.litestar import uvicorn

TABLE = """
create table operations (
    id uuid primary key, key text not null unique, input jsonb not null, status text not null, result jsonb
)
"""


class Naive(System):
    name = "naive"
    title = "naive: Litestar, asyncpg, arq"
    settings = (
        "one uvicorn process, one arq worker (max_jobs=100, poll_delay=0.01, keep_result=0: its default settings do "
        "200 jobs a second); one INSERT and one enqueue_job a request, one job an operation, no journal"
    )

    async def prepare(self, servers: Servers) -> None:
        await execute(servers.database_url, TABLE)

    def programs(self, servers: Servers) -> list[Program]:
        environment = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        worker = [str(OUR_PYTHON), "-m", "arq", "naive.WorkerSettings"]
        return [
            Program("api", uvicorn("naive:app", self.port, OUR_PYTHON), environment, APPS),
            Program("worker", worker, environment, APPS),
        ]

    async def unfinished(self, servers: Servers) -> int:
        return await count(servers.database_url, "select count(*) from operations where status <> 'succeeded'")
