"""Leases: who may work on an operation, fenced by an epoch that grows with every claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec

from operations_api.domain.change import Change
from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.execution import Execution, StepRecord
from operations_api.domain.failure import Failure
from operations_api.domain.first_call import FirstCall
from operations_api.domain.operation import Operation, StepPin
from operations_api.store.connection import CONFLICTS, Connection, Pool, connected
from operations_api.store.queries import columns, load
from operations_api.store.rows import to_operation, to_step

SQL: Final = load("leases")
JOURNAL: Final = load("journal")

Known = tuple[str, int]
"""A type and a version of it."""

_decode_pins: Final = msgspec.json.Decoder(tuple[StepPin, ...]).decode

NO_FIRST_CALLS: Final[Mapping[Known, FirstCall]] = MappingProxyType({})


class Leased(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as its lease holder finds it. ``claimed_at`` is Postgres' clock when it was read.

    ``begun`` is the position of the step whose reserve this claim has begun: its intent is stored.
    """

    operation: Operation
    pins: tuple[StepPin, ...]
    steps: dict[int, StepRecord]
    failure: Failure | None
    epoch: int
    lost_leases: int
    claimed_at: datetime
    begun: int | None = None


class Held(msgspec.Struct, frozen=True):
    """A lease to renew."""

    tenant: str
    id: UUID
    epoch: int


class Renewal(msgspec.Struct, frozen=True):
    """What came of it. Neither lost nor renewed: the row was locked just then; try again with the next heartbeat."""

    tenant: str
    id: UUID
    held: bool
    renewed: bool
    cancel_requested: bool


@cache
def claim_statement(definitions: int) -> str:
    """``claim_operations`` with a queue for each of so many definitions: one text for a number, to be planned once."""
    before, queue, after = SQL["claim_operations"].split("----\n")
    return before + "union all\n".join(queue.replace("[1]", f"[{n}]") for n in range(1, definitions + 1)) + after


class Leases:
    """Claims, renewals and the sweep of one worker process. ``owner`` is random per start: no host name is trusted.

    ``on_change`` hears of the operations whose first call a claim has begun.
    """

    def __init__(
        self,
        pool: Pool,
        owner: UUID,
        lease_seconds: float,
        on_change: Callable[[list[Change]], None] = lambda changes: None,
    ) -> None:
        self._pool = pool
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._on_change = on_change

    async def claim(
        self, known: Iterable[Known], limit: int, first_calls: Mapping[Known, FirstCall] = NO_FIRST_CALLS
    ) -> list[Leased]:
        """Take up to ``limit`` ready operations of known (type, version), in fair order.

        Those that are new and have one of ``first_calls`` come with its intent stored.
        """
        types, versions = zip(*known, strict=True)
        async with connected(self._pool) as connection:
            rows = await connection.fetch(
                claim_statement(len(types)),
                self._owner,
                list(types),
                list(versions),
                limit,
                self._lease_seconds,
                *columns(((*name, *_call_values(call)) for name, call in first_calls.items()), width=7),
            )
            old = [row for row in rows if row["lease_epoch"] > 1]  # the others have nothing in the journal to be read
            journals = await _journals(connection, old)
        claimed = [_to_leased(row, journals.get((row["tenant"], row["id"]), {}), row["begun"]) for row in rows]
        self._on_change([_begun(leased) for leased in claimed if leased.begun is not None])
        return claimed

    async def claim_suspect(self, known: Iterable[tuple[str, int]]) -> Leased | None:
        """Take one operation that was there twice when its worker died; it may begin once the worker is empty."""
        types, versions = zip(*known, strict=True)
        async with connected(self._pool) as connection:
            row = await connection.fetchrow(
                SQL["claim_suspect"], self._owner, list(types), list(versions), self._lease_seconds
            )
            return None if row is None else await read_leased(connection, row)

    async def begin_alone(self, held: Held) -> Leased | None:
        """Note that nothing else is executed beside it from now on, and read it; None when the lease is lost."""
        async with connected(self._pool) as connection, connection.transaction():
            row = await connection.fetchrow(SQL["begin_alone"], held.tenant, held.id, held.epoch)
            return None if row is None else await read_leased(connection, row)

    async def give_back(self, held: Held) -> None:
        """Give up a lease under which nothing was begun."""
        async with connected(self._pool) as connection:
            await connection.execute(SQL["give_back"], held.tenant, held.id, held.epoch)

    async def reread(self, tenant: str, id: UUID, epoch: int) -> Leased | None:
        """The operation as it is once everything begun under this lease is over; None when the lease is lost."""
        try:
            async with connected(self._pool) as connection, connection.transaction():
                row = await connection.fetchrow(SQL["read_lease"], tenant, id, epoch, self._owner)
                return None if row is None else await read_leased(connection, row)
        except CONFLICTS as error:  # whatever was begun is not over yet
            raise StoreUnavailable(f"the operation is locked: {error}") from error

    async def sweep(self, limit: int) -> int:
        """Make ready what has slept long enough; how many those were."""
        async with connected(self._pool) as connection:
            return len(await connection.fetch(SQL["sweep"], limit))


async def renew(connection: Connection, owner: UUID, lease_seconds: float, held: Sequence[Held]) -> list[Renewal]:
    """Renew leases over the heartbeat's own connection, without waiting for locks."""
    rows = await connection.fetch(
        SQL["renew_leases"],
        [lease.tenant for lease in held],
        [lease.id for lease in held],
        [lease.epoch for lease in held],
        owner,
        lease_seconds,
    )
    return [Renewal(**row) for row in rows]


async def read_leased(connection: Connection, row: Any) -> Leased:
    """The operation in this row, which the transaction has locked, with its journal."""
    journals = await _journals(connection, [row])
    return _to_leased(row, journals.get((row["tenant"], row["id"]), {}))


def bare_execution_of(leased: Leased) -> Execution:
    """What the rows say by themselves, without a definition."""
    operation = leased.operation
    return Execution(
        tenant=operation.tenant,
        id=operation.id,
        type=operation.type,
        epoch=leased.epoch,
        decision=operation.decision,
        cancel_requested=operation.cancel_requested_at is not None,
        deadline=operation.deadline,
        failure=leased.failure,
        steps=tuple(_record(leased, position, pin) for position, pin in enumerate(leased.pins)),
        traits=(),
    )


def _record(leased: Leased, position: int, pin: StepPin) -> StepRecord:
    return leased.steps.get(position) or StepRecord(position=position, key=pin.key, kind=pin.kind, effect=pin.effect)


async def _journals(connection: Connection, rows: Sequence[Any]) -> dict[tuple[str, UUID], dict[int, StepRecord]]:
    journals: dict[tuple[str, UUID], dict[int, StepRecord]] = {}
    if rows:
        names = [row["tenant"] for row in rows], [row["id"] for row in rows]
        for step in await connection.fetch(JOURNAL["get_steps"], *names):
            journals.setdefault((step["tenant"], step["operation_id"]), {})[step["position"]] = to_step(step)
    return journals


def _call_values(call: FirstCall) -> tuple[Any, ...]:
    return call.pins, call.position, call.step, call.timeout_seconds, call.progress


def _begun(leased: Leased) -> Change:
    operation = leased.operation
    return Change(operation.tenant, operation.id, operation.version, done=False)


def _to_leased(row: Any, steps: dict[int, StepRecord], begun: int | None = None) -> Leased:
    return Leased(
        operation=to_operation(row),
        pins=_decode_pins(row["steps"]),
        steps=steps,
        failure=None if row["failure"] is None else msgspec.json.decode(row["failure"], type=Failure),
        epoch=row["lease_epoch"],
        lost_leases=row["lost_leases"],
        claimed_at=row["claimed_at"],
        begun=begun,
    )
