"""Litestar, asyncpg and arq as one writes it first: insert a row, enqueue a job, let the job update the row."""

import os
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
from arq import create_pool
from arq.connections import RedisSettings
from litestar import Litestar, Request, get, post

INSERT = """
insert into operations (id, key, input, status) values ($1, $2, $3, 'pending') on conflict (key) do nothing returning id
"""
BY_KEY = "select id from operations where key = $1"
BY_ID = "select status, result from operations where id = $1"
FINISH = "update operations set status = 'succeeded', result = $2 where id = $1"

REDIS = RedisSettings.from_dsn(os.environ["REDIS_URL"])


class Input(msgspec.Struct):
    reference: str
    text: str


class Start(msgspec.Struct):
    input: Input


@post("/operations", status_code=202)
async def start(request: Request[Any, Any, Any], data: Start) -> dict[str, Any]:
    key, state = request.headers["idempotency-key"], request.app.state
    id = await state.database.fetchval(INSERT, uuid4(), key, msgspec.json.encode(data.input).decode())
    if id is None:
        id = await state.database.fetchval(BY_KEY, key)
    else:
        await state.queue.enqueue_job("execute", id, data.input.reference)
    return {"id": id, "done": False, "status": "pending"}


@get("/operations/{id:uuid}")
async def poll(request: Request[Any, Any, Any], id: UUID) -> dict[str, Any]:
    row = await request.app.state.database.fetchrow(BY_ID, id)
    done = row["status"] == "succeeded"
    return {"id": id, "done": done, "status": row["status"], "result": row["result"]}


async def open_connections(app: Litestar) -> None:
    app.state.database = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10)
    app.state.queue = await create_pool(REDIS)


async def reserve(step: str) -> None: ...


async def commit(step: str) -> None: ...


async def execute(ctx: dict[str, Any], id: UUID, reference: str) -> None:
    for phase in (reserve, commit):
        for step in ("first", "second"):
            await phase(step)
    await ctx["database"].execute(FINISH, id, msgspec.json.encode({"reference": reference}).decode())


async def open_database(ctx: dict[str, Any]) -> None:
    ctx["database"] = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10)


class WorkerSettings:
    functions = [execute]  # noqa: RUF012 -- read by arq
    on_startup = open_database
    redis_settings = REDIS
    max_jobs = 100
    poll_delay = 0.01
    keep_result = 0
    log_results = False


app = Litestar([start, poll], on_startup=[open_connections], openapi_config=None)
