"""FastAPI and Celery, with the settings that its guide to optimising names for short tasks."""

import os
from typing import Any

from celery import Celery, chain
from fastapi import FastAPI
from pydantic import BaseModel

celery = Celery("bench", broker=os.environ["BROKER"], backend=os.environ["RESULTS"])
celery.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
    result_expires=3600,
)
app = FastAPI()


class Input(BaseModel):
    reference: str
    text: str


class Start(BaseModel):
    input: Input


@celery.task(ignore_result=True)
def reserve(reference: str, step: str) -> str:
    return reference


@celery.task(ignore_result=True)
def commit(reference: str, step: str) -> str:
    return reference


@celery.task
def finish(reference: str, step: str) -> dict[str, str]:
    """The last commit."""
    return {"reference": reference}


@celery.task
def whole(reference: str) -> dict[str, str]:
    for phase in (reserve, commit):
        for step in ("first", "second"):
            phase.run(reference, step)
    return {"reference": reference}


def operation(reference: str) -> Any:
    if os.environ["SHAPE"] == "task":
        return whole.s(reference)
    return chain(reserve.s(reference, "first"), reserve.s("second"), commit.s("first"), finish.s("second"))


@app.post("/operations", status_code=202)
async def start(body: Start) -> dict[str, Any]:
    # not a plain function: the hop to a thread costs more than the two commands to Redis that block here
    result = operation(body.input.reference).apply_async()
    return {"id": result.id, "done": False}


@app.get("/operations/{id}")
async def poll(id: str) -> dict[str, Any]:
    result = celery.AsyncResult(id)
    done = result.successful()
    return {"id": id, "done": done, "result": result.result if done else None}
