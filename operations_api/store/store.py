"""Operations as the HTTP side starts, reads, lists, cancels and forgets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import msgspec

from operations_api.domain.change import Change
from operations_api.domain.errors import KeyInFlight, OutcomeUnknown, StoreUnavailable
from operations_api.domain.failure import CANCELED, error_object
from operations_api.domain.operation import Operation, StepView
from operations_api.domain.operator import OperatorAction
from operations_api.domain.starting import KeyOfDeletedOperation, KeyReused, Started, StartRequest
from operations_api.meter import UNMETERED, Meter
from operations_api.store.batch import Batcher
from operations_api.store.connection import CONFLICTS, Connection, Pool, connected, open_pool
from operations_api.store.queries import columns, load
from operations_api.store.rows import to_operation, to_operator_actions, to_step_views
from operations_api.store.stock import counting

START_ROUNDS: Final = 4
"""Insert, look up, insert in the place of an expired operation, look up who was quicker."""

READS_QUEUE: Final = 100_000
"""All who wait for one operation read it when it ends: as many as can be connected, and then some."""

STATEMENT_SECONDS: Final = 30
"""What takes Postgres longer than a client waits is given up by it."""

GRACE_SECONDS: Final = 5.0
"""Whoever has not heard that either is not connected any more, though nobody has said so."""

PAGE_BYTES: Final = 8 * 1024 * 1024
"""What a page may hold before its last operation: a list is in memory until its client has read it."""

CANCELED_ERROR: Final = msgspec.json.encode(error_object(CANCELED)).decode()

SQL: Final = load("operations")


class ListFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which operations to list; ``after`` is (created_at, id) of the last one seen."""

    tenant: str
    type: str | None = None
    statuses: list[str] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    idempotency_key: str | None = None
    label: tuple[str, str] | None = None
    group: str | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


class ListPage(msgspec.Struct, frozen=True):
    """Operations, newest first, and whether there are more after them."""

    operations: list[Operation]
    has_more: bool


class CancelResult(msgspec.Struct, frozen=True):
    """What a cancel request came to; ``operation`` as it is now, None when there is none."""

    operation: Operation | None
    outcome: Literal["accepted", "already", "too_late", "stale"]


class RelabelResult(msgspec.Struct, frozen=True):
    """What a change of labels came to; ``operation`` as it is now, None when there is none."""

    operation: Operation | None
    outcome: Literal["done", "gone", "stale"]


class DeleteResult(msgspec.Struct, frozen=True):
    """What a delete request came to; ``operation`` as it is now, None when there is none."""

    operation: Operation | None
    outcome: Literal["deleted", "already", "not_terminal", "stale"]


class Store:
    """One per process. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool, meter: Meter = UNMETERED) -> None:
        self.pool = pool
        self._starts: Batcher[StartRequest, Started] = Batcher(
            self._start_many, flights=2, count=counting(meter, "starts", pool)
        )
        self._reads: Batcher[tuple[str, UUID], Operation | None] = Batcher(
            self.get_many, flights=2, limit=256, queue_limit=READS_QUEUE, count=counting(meter, "reads", pool)
        )

    @classmethod
    async def open(cls, database_url: str, *, pool_size: int, meter: Meter = UNMETERED) -> Store:
        """Connect. Raises ``StoreUnavailable``."""
        session = {"statement_timeout": str(STATEMENT_SECONDS * 1000)}
        patience_seconds = STATEMENT_SECONDS + GRACE_SECONDS
        pool = await open_pool(database_url, size=pool_size, session=session, patience_seconds=patience_seconds)
        return cls(pool, meter)

    async def close(self) -> None:
        """Finish what was submitted and disconnect."""
        await self._starts.drain()
        await self.pool.close()

    async def start(self, request: StartRequest) -> Started:
        """Bind the key and store the operation in one transaction, or find what the key names already.

        Raises ``KeyReused``, ``KeyOfDeletedOperation``, ``KeyInFlight``, and ``OutcomeUnknown`` when the connection
        broke during COMMIT twice: the same request, sent again, tells.
        """
        try:
            return await self._starts.submit(request)
        except OutcomeUnknown as unknown:
            return await self._start_again(request, unknown)

    async def _start_again(self, request: StartRequest, unknown: OutcomeUnknown) -> Started:
        # the key makes it safe to ask again; while that fails too, nobody knows what became of the first attempt
        try:
            return await self._starts.submit(request)
        except StoreUnavailable:
            raise unknown from None

    async def find_key(self, tenant: str, type: str, key: str, fingerprint: bytes) -> Started | None:
        """What this key names, or None while it is free. Raises ``KeyReused`` and ``KeyOfDeletedOperation``."""
        rows = await self._fetch("find_keys", [tenant], [type], [key])
        if not rows or rows[0]["expired"]:
            return None
        _refuse_mismatch(rows[0], fingerprint)
        return Started(to_operation(rows[0]), replayed=True)

    async def get(self, tenant: str, id: UUID) -> Operation | None:
        """One operation, read together with whatever else is being read. A tombstone has ``deleted_at``."""
        return await self._reads.submit((tenant, id))

    async def get_many(self, names: Sequence[tuple[str, UUID]]) -> list[Operation | None]:
        """Operations by (tenant, id), in this order, None where there is none."""
        distinct = dict.fromkeys(names)  # many may wait for the same one
        rows = await self._fetch("get_operations", [tenant for tenant, _ in distinct], [id for _, id in distinct])
        found = {(row["tenant"], row["id"]): to_operation(row) for row in rows}
        return [found.get(name) for name in names]

    async def get_versions(self, names: Sequence[tuple[str, UUID]]) -> list[Change]:
        """How far these operations have come, in any order; those that are not there are left out."""
        rows = await self._fetch("get_versions", [tenant for tenant, _ in names], [id for _, id in names])
        return [Change(*row) for row in rows]

    async def get_full(self, tenant: str, id: UUID) -> tuple[Operation, list[StepView], list[OperatorAction]] | None:
        """One operation with its steps and what operators did to it, of one instant."""
        rows = await self._fetch("get_operation_whole", tenant, id)
        if not rows:
            return None
        row = rows[0]
        return to_operation(row), to_step_views(row["steps"], row["journal"]), to_operator_actions(row["actions"])

    async def list_page(self, wanted: ListFilter) -> ListPage:
        """One page, newest first. It ends early where it would hold too many bytes."""
        created_at, id = wanted.after or (None, None)
        label = None if wanted.label is None else msgspec.json.encode(dict([wanted.label])).decode()
        rows = await self._fetch(
            "list_operations", wanted.tenant, wanted.type, wanted.statuses, wanted.created_after,
            wanted.created_before, wanted.idempotency_key, label, wanted.group, created_at, id, wanted.limit,
            PAGE_BYTES,
        )  # fmt: skip
        return ListPage([to_operation(row) for row in rows], has_more=bool(rows) and rows[0]["found"] > len(rows))

    async def recent_durations(
        self, retention_seconds: dict[str, int], count: int
    ) -> list[tuple[str, UUID, str, float]]:
        """(tenant, id, type, seconds) of operations of these types that ended lately, the newest first.

        Cheap, and only a sample: of a type among many others it may find none. Nothing while migrations are missing.
        """
        try:
            rows = await self._fetch(
                "recent_durations", list(retention_seconds), list(retention_seconds.values()), count
            )
        except asyncpg.UndefinedTableError:
            return []
        return [(row["tenant"], row["id"], row["type"], row["seconds"]) for row in rows]

    async def cancel(self, tenant: str, id: UUID, if_version: int | None = None) -> CancelResult:
        """Ask for cancellation, decided against the commit decision in one statement."""
        rows = await self._fetch("cancel_operation", tenant, id, if_version, CANCELED_ERROR)
        if rows:
            return CancelResult(to_operation(rows[0]), "accepted")
        operation = await self.get(tenant, id)
        if operation is None or operation.deleted_at is not None:
            return CancelResult(operation, "too_late")
        if if_version is not None and operation.version != if_version:
            return CancelResult(operation, "stale")
        already = operation.status in ("canceling", "canceled")
        return CancelResult(operation, "already" if already else "too_late")

    async def relabel(
        self, tenant: str, id: UUID, labels: dict[str, str], if_version: int | None = None
    ) -> RelabelResult:
        """Replace the labels of an operation, finished or not."""
        rows = await self._fetch("relabel_operation", tenant, id, if_version, msgspec.json.encode(labels).decode())
        if rows:
            return RelabelResult(to_operation(rows[0]), "done")
        operation = await self.get(tenant, id)
        stale = operation is not None and if_version is not None and operation.version != if_version
        return RelabelResult(operation, "stale" if stale else "gone")

    async def delete(self, tenant: str, id: UUID, if_version: int | None = None) -> DeleteResult:
        """Forget a finished operation; its key and id stay taken until it expires."""
        rows = await self._erase(tenant, id, if_version)
        if rows:
            return DeleteResult(to_operation(rows[0]), "deleted")
        operation = await self.get(tenant, id)
        if operation is None or operation.deleted_at is not None:
            return DeleteResult(operation, "already")
        stale = if_version is not None and operation.version != if_version
        return DeleteResult(operation, "stale" if stale else "not_terminal")

    async def head_of_queue(self, limited_type: str | None = None) -> int | None:
        """The place in the fair order that is served next; None when nobody waits, or migrations are missing.

        With a type: the place in the line of those that wait for its room.
        """
        try:
            rows = await (
                self._fetch("head_of_queue") if limited_type is None else self._fetch("head_of_room", limited_type)
            )
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            return None
        place: int | None = rows[0]["fair_order"]
        return place

    async def ping(self) -> None:
        """Return when Postgres answers."""
        async with connected(self.pool) as connection:
            await connection.fetchval("select 1", timeout=2)

    async def _erase(self, tenant: str, id: UUID, if_version: int | None) -> list[Any]:
        with _unavailable_when_held():
            async with connected(self.pool) as connection, connection.transaction():
                rows: list[Any] = await connection.fetch(SQL["delete_operation"], tenant, id, if_version)
                if rows:
                    await connection.execute(SQL["erase_steps"], tenant, id)
                    await connection.execute(SQL["erase_told"], tenant, id)
        return rows

    async def _fetch(self, name: str, *args: Any) -> list[Any]:
        with _unavailable_when_held():
            return await self._fetch_or_conflict(name, *args)

    async def _fetch_or_conflict(self, name: str, *args: Any) -> list[Any]:
        async with connected(self.pool) as connection:
            rows: list[Any] = await connection.fetch(SQL[name], *args)
            return rows

    async def _start_many(self, requests: Sequence[StartRequest]) -> list[Started | Exception]:
        starts = [_Start(request) for request in requests]
        try:
            for _ in range(START_ROUNDS):
                if open_starts := [start for start in starts if start.answer is None]:
                    await self._insert(open_starts)
                if open_starts := [start for start in open_starts if start.answer is None]:
                    await self._look_up(open_starts)
        except CONFLICTS:
            await self._look_up(starts)  # fails where it is not a key that is held, but everything
            if len(starts) > 1:
                raise  # the batcher tries them one by one
        return [start.answer or KeyInFlight("another request is binding this key") for start in starts]

    async def _insert(self, starts: list[_Start]) -> None:
        rows = await self._fetch_or_conflict(
            "start_operations", *columns((start.values() for start in starts), width=20)
        )
        stored = {row["id"]: row for row in rows}
        for start in starts:
            if row := stored.get(start.request.id):
                start.answer = Started(to_operation(row), replayed=False)

    async def _look_up(self, starts: list[_Start]) -> None:
        names = [(start.request.tenant, start.request.type, start.request.key) for start in starts]
        rows = await self._fetch("find_keys", *columns(names, width=3))
        bound = {(row["key_tenant"], row["key_type"], row["key_key"]): row for row in rows}
        for start, name in zip(starts, names, strict=True):
            if row := bound.get(name):
                start.meet(row)
            else:
                start.replaces = start.retry_of = None  # what it was to replace has been cleaned away since


@contextmanager
def _unavailable_when_held() -> Iterator[None]:
    """Whatever it met, nothing was done, and later it may have gone."""
    try:
        yield
    except CONFLICTS as error:
        raise StoreUnavailable(f"somebody else holds what is needed: {error}") from error


async def start_on(connection: Connection, request: StartRequest) -> Operation | None:
    """Bind the key and store the operation in a transaction of the caller's; None where the key is bound already."""
    parameters = ([value] for value in _Start(request).values())
    rows = await connection.fetch(SQL["start_operations"], *parameters)
    return to_operation(rows[0]) if rows else None


class _Start:
    """One start on its way: what it asks for, whose place it takes, and what came of it."""

    def __init__(self, request: StartRequest) -> None:
        self.request = request
        self.replaces: UUID | None = None
        self.retry_of: UUID | None = None
        self.answer: Started | Exception | None = None

    def values(self) -> tuple[Any, ...]:
        """The parameters of ``start_operations``, one operation's worth."""
        ask = self.request
        return (
            ask.tenant, ask.id, ask.type, ask.definition_version, msgspec.json.encode(ask.steps).decode(), ask.key,
            ask.fingerprint, ask.input.decode(), msgspec.json.encode(ask.labels).decode(), ask.deadline,
            ask.not_before, ask.traceparent, ask.retention_seconds, ask.fair_order, self.replaces, self.retry_of,
            ask.callback_url, ask.group, ask.priority, ask.limited,
        )  # fmt: skip

    def meet(self, row: Any) -> None:
        """The key is bound: replay, refuse, or take the place of what it names in the next round."""
        if row["expired"]:
            self.replaces, self.retry_of = row["operation_id"], None
            return
        try:
            _refuse_mismatch(row, self.request.fingerprint)
        except (KeyReused, KeyOfDeletedOperation) as error:
            self.answer = error
            return
        if self.request.retry_failed and to_operation(row).may_start_again:
            self.replaces = self.retry_of = row["operation_id"]
            return
        self.answer = Started(to_operation(row), replayed=row["operation_id"] != self.request.id)


def _refuse_mismatch(row: Any, fingerprint: bytes) -> None:
    if row["id"] is None or row["deleted_at"] is not None:
        raise KeyOfDeletedOperation(row["operation_id"])
    if row["fingerprint"] != fingerprint:
        raise KeyReused(row["operation_id"])
