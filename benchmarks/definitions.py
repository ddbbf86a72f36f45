"""The definitions that are measured: two steps that do nothing outside, two that write to this database, two that wait.

Those that wait note each call in the file that BENCH_LEDGER names.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import msgspec

from operations_api import Context, Definition, Registry, Step

MARKS = "create table marks (operation text, step text, state text not null, primary key (operation, step))"
HOLD = "insert into marks (operation, step, state) values ($1, $2, 'held')"
KEEP = "update marks set state = 'kept' where operation = $1 and step = $2"
RELEASE = "delete from marks where operation = $1 and step = $2"


WAIT_SECONDS = 0.2
"""What a call to another service may take."""


class Work(msgspec.Struct, frozen=True):
    reference: str
    text: str


class Done(msgspec.Struct, frozen=True):
    reference: str


class External(Step):
    def __init__(self, key: str) -> None:
        self.key = key

    async def reserve(self, ctx: Context, input: Work) -> None: ...

    async def commit(self, ctx: Context, reservation: None) -> None: ...

    async def rollback(self, ctx: Context, reservation: None) -> None: ...


class Local(Step):
    effect = "local"

    def __init__(self, key: str) -> None:
        self.key = key

    async def reserve(self, ctx: Context, input: Work) -> None:
        await ctx.tx.execute(HOLD, str(ctx.operation_id), self.key)

    async def commit(self, ctx: Context, reservation: None) -> None:
        await ctx.tx.execute(KEEP, str(ctx.operation_id), self.key)

    async def rollback(self, ctx: Context, reservation: None) -> None:
        await ctx.tx.execute(RELEASE, str(ctx.operation_id), self.key)


class Waiting(Step):
    """As handlers of other services are: most of their time they wait."""

    def __init__(self, key: str) -> None:
        self.key = key

    async def reserve(self, ctx: Context, input: Work) -> None:
        await self._call(ctx, "reserve")

    async def commit(self, ctx: Context, reservation: None) -> None:
        await self._call(ctx, "commit")

    async def rollback(self, ctx: Context, reservation: None) -> None:
        await self._call(ctx, "rollback")

    async def _call(self, ctx: Context, handler: str) -> None:
        note(f"{ctx.operation_id} {self.key} {handler}")
        await asyncio.sleep(WAIT_SECONDS)


def note(call: str) -> None:
    """One line, in one write: those of several workers do not mix."""
    ledger = os.open(os.environ["BENCH_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(ledger, f"{call}\n".encode())
    os.close(ledger)


def done(input: Work, results: dict[str, Any]) -> Done:
    return Done(input.reference)


def two(step: type[External] | type[Local] | type[Waiting], name: str) -> Definition:
    return Definition(name=name, input=Work, result=Done, steps=(step("first"), step("second")), build_result=done)


registry = Registry([two(External, "external"), two(Local, "local"), two(Waiting, "waiting")])
