"""The two definitions that are measured: two steps that do nothing outside, and two that write to this database."""

from __future__ import annotations

from typing import Any

import msgspec

from operations_api import Context, Definition, Registry, Step

MARKS = "create table marks (operation text, step text, state text not null, primary key (operation, step))"
HOLD = "insert into marks (operation, step, state) values ($1, $2, 'held')"
KEEP = "update marks set state = 'kept' where operation = $1 and step = $2"
RELEASE = "delete from marks where operation = $1 and step = $2"


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


def done(input: Work, results: dict[str, Any]) -> Done:
    return Done(input.reference)


def two(step: type[External] | type[Local], name: str) -> Definition:
    return Definition(name=name, input=Work, result=Done, steps=(step("first"), step("second")), build_result=done)


registry = Registry([two(External, "external"), two(Local, "local")])
