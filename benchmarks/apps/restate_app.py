"""A Restate service with one handler of four journaled runs."""

from typing import Any

import restate

operations = restate.Service("Operations")


async def reserve() -> None: ...


async def commit() -> None: ...


@operations.handler()
async def run(ctx: restate.Context, start: dict[str, Any]) -> dict[str, str]:
    for name, phase in (("reserve", reserve), ("commit", commit)):
        for step in ("first", "second"):
            await ctx.run_typed(f"{name} {step}", phase)
    return {"reference": start["input"]["reference"]}


app = restate.app([operations])
