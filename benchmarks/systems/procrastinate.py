"""FastAPI and Procrastinate: jobs in Postgres."""

from __future__ import annotations

from benchmarks.processes import run
from benchmarks.system import APPS, PEERS_PYTHON, Program, Servers, System, count, execute
from benchmarks.systems.litestar import uvicorn

TABLE = "create table results (job bigint primary key, result jsonb not null)"
UNFINISHED = "select count(*) from procrastinate_jobs where status in ('todo', 'doing')"
COMMAND = [str(PEERS_PYTHON), "-m", "procrastinate", "--app", "procrastinate_app.queue"]


class Procrastinate(System):
    name = "procrastinate"
    title = "FastAPI, Procrastinate"
    settings = "one uvicorn process, one worker with --concurrency 30; one job an operation, its result in a table"
    clients = 64

    async def prepare(self, servers: Servers) -> None:
        await execute(servers.database_url, TABLE)
        await run([*COMMAND, "schema", "--apply"], {"DATABASE_URL": servers.database_url}, APPS)

    def programs(self, servers: Servers) -> list[Program]:
        environment = {"DATABASE_URL": servers.database_url}
        return [
            Program("api", uvicorn("procrastinate_app:app", self.port), environment, APPS),
            Program("worker", [*COMMAND, "worker", "--concurrency", "30"], environment, APPS),
        ]

    async def unfinished(self, servers: Servers) -> int:
        return await count(servers.database_url, UNFINISHED)
