"""The barrier for handlers of external steps that write to a Postgres of their own."""

from __future__ import annotations

from typing import Any, Final, Protocol
from uuid import UUID

from operations_api.domain.barrier import ANSWERS, passage
from operations_api.domain.context import Context
from operations_api.store.queries import load

SQL: Final = load("barrier")

BARRIER_SCHEMA: Final = f"{SQL['create']};\n"
"""The table, to be created once in the database that the handlers write to; creating it again does nothing."""


class OwnConnection(Protocol):
    """The part of an asyncpg connection that the barrier needs."""

    def is_in_transaction(self) -> bool: ...
    async def execute(self, query: str, *args: Any) -> str: ...
    async def fetchval(self, query: str, *args: Any) -> Any: ...


async def barrier(ctx: Context, connection: OwnConnection) -> bool:
    """Whether this handler has work to do; False where it is done already, or there is nothing to roll back.

    To be called once in every handler of the step but ``query``, first thing in the transaction of what the handler
    writes: both become true together. Of two calls at once the second waits for the first one's transaction.

    Raises ``LateReserve`` when the step was released before, ``OutOfTurn`` when the handler cannot follow on what was
    done, and ``RuntimeError`` outside a transaction.
    """
    if not connection.is_in_transaction():
        raise RuntimeError("call barrier(ctx, connection) inside `async with connection.transaction():`")
    state = await connection.fetchval(SQL["arrive"], *_name(ctx))
    after, has_work = passage(ctx.step, ctx.phase, state)
    if after != state:
        await connection.execute(SQL["leave"], *_name(ctx), after)
    return has_work


async def ask_barrier(ctx: Context, connection: OwnConnection) -> str:
    """What ``query`` may answer for a step whose handlers pass the barrier: absent, held, committed or released."""
    return ANSWERS[await connection.fetchval(SQL["ask"], *_name(ctx)) or "absent"]


def _name(ctx: Context) -> tuple[str, UUID, str]:
    """An operation's id is unique within its tenant only."""
    return ctx.tenant, ctx.operation_id, ctx.step
