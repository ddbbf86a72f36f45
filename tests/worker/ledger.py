"""What handlers leave in the test's directory: the ledger, marks of what is done, and gates at which they wait."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import msgspec

from operations_api import Context

GATE_POLL_SECONDS = 0.01


class Line(msgspec.Struct):
    """One line of the ledger."""

    event: str
    operation: str
    step: str
    phase: str
    token: str
    attempt: int
    pid: int
    at: float


def note(event: str, ctx: Context) -> None:
    """Append to the ledger, in one write."""
    line = Line(
        event, str(ctx.operation_id), ctx.step, ctx.phase, ctx.token, ctx.attempt, os.getpid(), time.monotonic()
    )
    descriptor = os.open(place() / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, msgspec.json.encode(line) + b"\n")
    os.close(descriptor)


async def gate(ctx: Context) -> None:
    """Wait until the test lets go; being cancelled and learning of a cancel request are written down."""
    told = False
    try:
        while not gate_of(ctx).exists():
            if ctx.cancel_requested and not told:
                told = True
                note("cancel requested", ctx)
            await asyncio.sleep(GATE_POLL_SECONDS)
    except asyncio.CancelledError:
        note("cancelled", ctx)
        raise


def place() -> Path:
    """The test's directory."""
    return Path(os.environ["TEST_PLACE"])


def mark(token: str) -> Path:
    """The file that says of a token that its effect is done."""
    return place() / "marks" / token


def gate_of(ctx: Context) -> Path:
    """The file that lets this call go on."""
    return gate_path(place(), str(ctx.operation_id), ctx.step, ctx.phase)


def gate_path(place: Path, operation: str, step: str, phase: str) -> Path:
    """The file that lets a waiting handler go on."""
    return place / "gates" / f"{operation}:{step}:{phase}"
