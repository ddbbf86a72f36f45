"""What operators do: each verb is one transaction that locks, checks, changes and records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import msgspec

from operations_api.domain.execution import Execution, Resolution, StepRecord, StepTraits
from operations_api.domain.failure import FORCE_CLOSED, error_object
from operations_api.domain.operation import Operation
from operations_api.domain.operator import Refused, Verb, compensated, in_flight_until, resolved, retried
from operations_api.store.connection import Connection, Pool, connected
from operations_api.store.leases import bare_execution_of, read_leased
from operations_api.store.queries import load
from operations_api.store.rows import to_operation

SQL: Final = load("operator")

FORCE_CLOSED_ERROR: Final = msgspec.json.encode(error_object(FORCE_CLOSED)).decode()

LOCKED_SECONDS: Final = 1.0
"""The row is locked by a local handler's transaction, which is short."""

Traits = Callable[[Operation, Execution], tuple[StepTraits, ...]]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for. ``actor`` names the API key; ``if_version`` None means whatever version it is."""

    tenant: str
    id: UUID
    actor: str
    evidence: str | None = None
    if_version: int | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What an order came to; ``operation`` as it is now, None when there is none."""

    operation: Operation | None
    outcome: Literal["done", "not_blocked", "in_flight", "stale", "refused"]
    wait_seconds: float = 0
    refusal: Refused | None = None


class Operators:
    """The verbs. Each acts on an operation that needs attention, and never while a call of it may be in flight."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def retry(self, order: Order) -> Verdict:
        """Try again now."""
        return await self._act(order, "retry", None, lambda operation, execution: retried(execution))

    async def resolve(self, order: Order, step: str, resolution: Resolution) -> Verdict:
        """State what became of a step in doubt."""
        return await self._act(
            order, "resolve", step, lambda operation, execution: resolved(execution, step, resolution), resolution
        )

    async def compensate(self, order: Order, traits_of: Traits) -> Verdict:
        """Undo what was committed. ``traits_of`` gives the steps' traits, or raises ``Refused``."""
        return await self._act(
            order,
            "compensate",
            None,
            lambda operation, execution: compensated(execution, traits_of(operation, execution)),
        )

    async def force_close(self, order: Order) -> Verdict:
        """End it as it is: ``failed``, whatever it holds."""
        return await self._act(order, "force-close", None, None)

    async def _act(
        self,
        order: Order,
        verb: Verb,
        step: str | None,
        change: Callable[[Operation, Execution], Execution] | None,
        resolution: Resolution | None = None,
    ) -> Verdict:
        try:
            async with connected(self._pool) as connection, connection.transaction():
                return await _carried_out(connection, order, (verb, step, resolution), change)
        except asyncpg.LockNotAvailableError:
            return Verdict(None, "in_flight", LOCKED_SECONDS)


async def _carried_out(
    connection: Connection,
    order: Order,
    said: tuple[Verb, str | None, Resolution | None],
    change: Callable[[Operation, Execution], Execution] | None,
) -> Verdict:
    row = await connection.fetchrow(SQL["lock_operation"], order.tenant, order.id)
    if row is None:
        return Verdict(None, "not_blocked")
    operation = to_operation(row)
    before = bare_execution_of(await read_leased(connection, row))
    if (refusal := _refusal(row, operation, before, order)) is not None:
        return refusal
    try:
        after = None if change is None else change(operation, before)
    except Refused as refused:
        return Verdict(operation, "refused", refusal=refused)
    await _record(connection, order, *said)
    if after is None:
        row = await connection.fetchrow(SQL["close_operation"], order.tenant, order.id, FORCE_CLOSED_ERROR)
    else:
        row = await _hand_over(connection, order, before, after)
    return Verdict(to_operation(row), "done")


def _refusal(row: Any, operation: Operation, execution: Execution, order: Order) -> Verdict | None:
    if order.if_version is not None and operation.version != order.if_version:
        return Verdict(operation, "stale")
    if operation.status != "needs_attention":
        return Verdict(operation, "not_blocked")
    now = row["claimed_at"]
    until = in_flight_until(execution, row["lease_expires_at"], now)
    return None if until is None else Verdict(operation, "in_flight", (until - now).total_seconds())


async def _record(
    connection: Connection, order: Order, verb: Verb, step: str | None, resolution: Resolution | None
) -> None:
    said = {"text": order.evidence, "as": resolution}
    evidence = {name: value for name, value in said.items() if value is not None}
    await connection.execute(
        SQL["record_action"], order.tenant, order.id, verb, step, order.actor,
        msgspec.json.encode(evidence).decode() if evidence else None,
    )  # fmt: skip


async def _hand_over(connection: Connection, order: Order, before: Execution, after: Execution) -> Any:
    await _restate(connection, order, [new for new, old in zip(after.steps, before.steps, strict=True) if new != old])
    failure = None if after.failure is None else msgspec.json.encode(after.failure).decode()
    return await connection.fetchrow(SQL["hand_over"], order.tenant, order.id, after.decision, after.phase, failure)


async def _restate(connection: Connection, order: Order, steps: Sequence[StepRecord]) -> None:
    await connection.execute(
        SQL["restate_steps"],
        order.tenant,
        order.id,
        [step.position for step in steps],
        [step.state for step in steps],
        [step.attempts for step in steps],
        [step.doubt for step in steps],
        [step.resolved_as for step in steps],
    )
