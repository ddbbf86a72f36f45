"""FastAPI and Procrastinate, both asynchronous."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from procrastinate import App, JobContext, PsycopgConnector
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

INSERT = "insert into results (job, result) values (%s, %s) on conflict do nothing"
POLL = "select j.status, r.result from procrastinate_jobs j left join results r on r.job = j.id where j.id = %s"

queue = App(connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"], min_size=4, max_size=20))
database = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=10, open=False)


class Input(BaseModel):
    reference: str
    text: str


class Start(BaseModel):
    input: Input


async def reserve(step: str) -> None: ...


async def commit(step: str) -> None: ...


@queue.task(pass_context=True)
async def execute(context: JobContext, reference: str) -> None:
    await database.open()
    for phase in (reserve, commit):
        for step in ("first", "second"):
            await phase(step)
    async with database.connection() as connection:
        await connection.execute(INSERT, (context.job.id, json.dumps({"reference": reference})))


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[None]:
    async with queue.open_async(), database:
        yield


app = FastAPI(lifespan=opened)


@app.post("/operations", status_code=202)
async def start(body: Start) -> dict[str, Any]:
    return {"id": str(await execute.defer_async(reference=body.input.reference)), "done": False}


@app.get("/operations/{id}")
async def poll(id: int) -> dict[str, Any]:
    async with database.connection() as connection:
        row = await (await connection.execute(POLL, (id,))).fetchone()
    status, result = row
    return {"id": str(id), "done": status == "succeeded", "result": result}
