"""FastAPI and DBOS: a workflow of four steps in the process that answers."""

from __future__ import annotations

from benchmarks.system import APPS, Program, Servers, System, count
from benchmarks.systems.litestar import uvicorn

UNFINISHED = "select count(*) from dbos.workflow_status where status in ('PENDING', 'ENQUEUED')"


class Dbos(System):
    name = "dbos"
    title = "FastAPI, DBOS"
    settings = "one uvicorn process that executes as well, asynchronous workflow of four steps, pool of 20"
    pauses = False
    clients = 32

    def programs(self, servers: Servers) -> list[Program]:
        environment = {"DATABASE_URL": servers.database_url}
        return [Program("api", uvicorn("dbos_app:app", self.port), environment, APPS)]

    async def unfinished(self, servers: Servers) -> int:
        return await count(servers.database_url, UNFINISHED)
