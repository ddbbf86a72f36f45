"""Litestar, and nothing behind it."""

from typing import Any

import msgspec
from litestar import Litestar, get, post


class Input(msgspec.Struct):
    reference: str
    text: str


class Start(msgspec.Struct):
    input: Input


ANSWER = {
    "id": "00000000-0000-7000-8000-000000000000",
    "done": True,
    "status": "succeeded",
    "result": {"reference": ""},
}


@post("/operations", status_code=202)
async def echo(data: Start) -> dict[str, Any]:
    return {"id": data.input.reference, "done": False, "status": "pending", "input": data.input}


@get("/operations/{id:str}")
async def poll(id: str) -> dict[str, Any]:
    return ANSWER


app = Litestar([echo, poll], openapi_config=None)
