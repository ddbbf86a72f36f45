"""FastAPI and DBOS: an asynchronous workflow of four steps, started in the process that answers."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from fastapi import FastAPI, Header
from pydantic import BaseModel

config: DBOSConfig = {
    "name": "bench",
    "system_database_url": os.environ["DATABASE_URL"],
    "sys_db_pool_size": 20,
    "log_level": "WARNING",
}
DBOS(config=config)


@asynccontextmanager
async def launched(app: FastAPI) -> AsyncIterator[None]:
    DBOS.launch()
    yield
    DBOS.destroy()


app = FastAPI(lifespan=launched)


class Input(BaseModel):
    reference: str
    text: str


class Start(BaseModel):
    input: Input


@DBOS.step()
async def reserve(step: str) -> None: ...


@DBOS.step()
async def commit(step: str) -> None: ...


@DBOS.workflow()
async def execute(reference: str) -> dict[str, str]:
    for phase in (reserve, commit):
        for step in ("first", "second"):
            await phase(step)
    return {"reference": reference}


@app.post("/operations", status_code=202)
async def start(body: Start, idempotency_key: str = Header()) -> dict[str, Any]:
    with SetWorkflowID(idempotency_key):
        handle = await DBOS.start_workflow_async(execute, body.input.reference)
    return {"id": handle.get_workflow_id(), "done": False}


@app.get("/operations/{id}")
async def poll(id: str) -> dict[str, Any]:
    status = await DBOS.get_workflow_status_async(id)
    done = status is not None and status.status == "SUCCESS"
    return {"id": id, "done": done, "result": status.output if done else None}
