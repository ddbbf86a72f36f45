"""Operations that are started under their client's own id: the primary key is what makes a repetition a replay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from operations_api.domain.errors import KeyInFlight, OutcomeUnknown, StoreUnavailable
from operations_api.domain.starting import IdOfAnotherType, IdOfDeletedOperation, IdReused, Started, StartRequest
from operations_api.meter import UNMETERED, Meter
from operations_api.store.batch import Batcher
from operations_api.store.connection import CONFLICTS, Pool, connected
from operations_api.store.queries import columns, load
from operations_api.store.rows import to_operation
from operations_api.store.stock import counting

SQL: Final = load("operations")

Name = tuple[str, UUID]


class OwnIds:
    """One per process. Everything raises ``StoreUnavailable`` when Postgres cannot be reached.

    What an id names already may be in the way: ``IdOfAnotherType``, ``IdOfDeletedOperation``, ``IdReused``.
    """

    def __init__(self, pool: Pool, meter: Meter = UNMETERED) -> None:
        self._pool = pool
        self._starts: Batcher[StartRequest, Started] = Batcher(
            self._start_many, flights=2, count=counting(meter, "own_ids", pool)
        )

    async def start(self, request: StartRequest) -> Started:
        """Store the operation in one statement, or find what its id names already.

        Raises ``KeyInFlight`` too, and ``OutcomeUnknown`` when the connection broke during COMMIT twice.
        """
        try:
            return await self._starts.submit(request)
        except OutcomeUnknown as unknown:
            try:
                return await self._starts.submit(request)
            except StoreUnavailable:
                raise unknown from None

    async def find(self, tenant: str, id: UUID, type: str, fingerprint: bytes) -> Started | None:
        """What this id names, or None while it is free."""
        found = await self._find([(tenant, id)])
        return _met(found[tenant, id], type, fingerprint) if found else None

    async def drain(self) -> None:
        """Finish what was submitted."""
        await self._starts.drain()

    async def _start_many(self, requests: Sequence[StartRequest]) -> list[Started | Exception]:
        rows: dict[Name, Any] = {}
        try:
            rows = await self._insert(requests)
        except CONFLICTS:
            await self._find([_name(request) for request in requests])  # fails where not an id is held, but everything
            if len(requests) > 1:
                raise  # the batcher tries them one by one
        rows |= await self._find([name for name in map(_name, requests) if name not in rows])
        return [_answer(request, rows.get(_name(request))) for request in requests]

    async def _insert(self, requests: Sequence[StartRequest]) -> dict[Name, Any]:
        first: dict[Name, StartRequest] = {}
        for request in requests:
            first.setdefault(_name(request), request)
        values = columns(map(_values, first.values()), width=17)
        async with connected(self._pool) as connection:
            rows = await connection.fetch(SQL["start_under_own_ids"], *values)
        return {(row["tenant"], row["id"]): row for row in rows}

    async def _find(self, names: Sequence[Name]) -> dict[Name, Any]:
        if not names:
            return {}
        try:
            async with connected(self._pool) as connection:
                rows = await connection.fetch(SQL["get_operations"], *columns(names, width=2))
        except CONFLICTS as error:
            raise StoreUnavailable(f"somebody else holds what is needed: {error}") from error
        return {(row["tenant"], row["id"]): row for row in rows}


def _answer(request: StartRequest, row: Any) -> Started | Exception:
    if row is None:  # whoever is in the way has not committed, or is gone since
        return KeyInFlight("another request is starting under this id")
    try:
        met = _met(row, request.type, request.fingerprint)
    except (IdReused, IdOfAnotherType, IdOfDeletedOperation) as error:
        return error
    # a place in the fair order is one request's: that is how it knows its own row, also after a COMMIT without answer
    return Started(met.operation, replayed=row["fair_order"] != request.fair_order)


def _met(row: Any, type: str, fingerprint: bytes) -> Started:
    """A replay of what the id names. Raises what is in its way."""
    if row["type"] != type:
        raise IdOfAnotherType(row["id"], row["type"])
    expired = row["expires_at"] is not None and row["expires_at"] <= datetime.now(UTC)
    if row["deleted_at"] is not None or expired:
        raise IdOfDeletedOperation(row["id"])
    if row["request_fingerprint"] != fingerprint:
        raise IdReused(row["id"])
    return Started(to_operation(row), replayed=True)


def _name(request: StartRequest) -> Name:
    return request.tenant, request.id


def _values(ask: StartRequest) -> tuple[Any, ...]:
    """The parameters of ``start_under_own_ids``, one operation's worth."""
    return (
        ask.tenant, ask.id, ask.type, ask.definition_version, msgspec.json.encode(ask.steps).decode(), ask.fingerprint,
        ask.input.decode(), msgspec.json.encode(ask.labels).decode(), ask.deadline, ask.not_before, ask.traceparent,
        ask.retention_seconds, ask.fair_order, ask.callback_url, ask.group, ask.priority, ask.limited,
    )  # fmt: skip
