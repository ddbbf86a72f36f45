"""The journal: every write a worker makes, fenced by the epoch of its lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from operations_api.domain.change import Change
from operations_api.domain.errors import LeaseLost, StoreUnavailable, Unstorable
from operations_api.domain.journal import JournalEntry, Written
from operations_api.meter import UNMETERED, Meter
from operations_api.store.batch import Batcher
from operations_api.store.connection import CONFLICTS, UNSTORABLE, Connection, Pool, connected
from operations_api.store.journal_rows import document_of
from operations_api.store.queries import load
from operations_api.store.stock import counting
from operations_api.store.store import CANCELED_ERROR

SQL: Final = load("journal")
LEASES: Final = load("leases")


class ProgressReport(msgspec.Struct, frozen=True):
    """The newest progress of a call under way; ``progress`` is a JSON object."""

    tenant: str
    id: UUID
    epoch: int
    progress: bytes
    message: str | None


class Journal:
    """One per worker process. ``on_change`` hears of every version that was committed.

    ``transactions`` local handlers hold a session at a time; the pool has some more, so that what they keep busy for
    minutes is never missing for the journal of the others.
    """

    def __init__(
        self,
        pool: Pool,
        owner: UUID,
        on_change: Callable[[list[Change]], None],
        *,
        transactions: int = 8,
        meter: Meter = UNMETERED,
    ) -> None:
        self._pool = pool
        self._owner = owner
        self._on_change = on_change
        self._transactions = asyncio.Semaphore(transactions)
        self._writes: Batcher[JournalEntry, Written | None] = Batcher(
            self._write_many, flights=2, count=counting(meter, "journal", pool)
        )
        self._reports: Batcher[ProgressReport, None] = Batcher(
            self._report_many, count=counting(meter, "progress", pool)
        )

    async def write(self, entry: JournalEntry) -> Written | None:
        """Store an entry together with whatever else is being stored; None when its lease is lost or its gate shut.

        Raises ``StoreUnavailable`` and ``Unstorable``.
        """
        return await self._writes.submit(entry)

    async def report(self, report: ProgressReport) -> None:
        """Store progress, if the lease still holds."""
        await self._reports.submit(report)

    async def checkpoint(self, tenant: str, id: UUID, epoch: int, position: int, value: bytes) -> None:
        """Store the cursor of an external call. Raises ``LeaseLost``."""
        async with connected(self._pool) as connection:
            rows = await connection.fetch(SQL["write_checkpoint"], tenant, id, epoch, position, value.decode())
        if not rows:
            raise LeaseLost("another worker holds the operation")

    @asynccontextmanager
    async def transaction(self, tenant: str, id: UUID, epoch: int) -> AsyncIterator[LocalTransaction]:
        """A transaction for local handlers, fenced from its first statement to its last.

        Raises ``LeaseLost``, and ``StoreUnavailable`` when nothing of it was kept: the connection broke, or Postgres
        refused a statement or the COMMIT.
        """
        async with self._transactions, _unavailable_when_refused(), connected(self._pool) as connection:
            connection.lend()
            local = LocalTransaction(connection, (tenant, id, epoch, self._owner))
            await local.begin()
            try:
                yield local
            except BaseException:
                await local.undo()
                raise
            connection.reset_with_commit()
            await local.commit()
        self._on_change(local.changes)

    async def drain(self) -> None:
        """Wait until everything submitted is stored."""
        await self._writes.drain()
        await self._reports.drain()

    async def _write_many(self, entries: Sequence[JournalEntry]) -> list[Written | None]:
        try:
            async with connected(self._pool) as connection:
                written = await write_entries(connection, entries)
        except (*CONFLICTS, *UNSTORABLE) as error:
            if len(entries) > 1:
                raise  # the batcher tries them one by one
            if isinstance(error, CONFLICTS):
                raise StoreUnavailable(f"the operation is locked: {error}") from error
            # Postgres and asyncpg quote what they refuse: values do not belong into logs
            raise Unstorable(f"{type(error).__name__} {getattr(error, 'constraint_name', None) or ''}") from None
        self._on_change(_changes(entries, written))
        return written

    async def _report_many(self, reports: Sequence[ProgressReport]) -> list[None]:
        newest = {(report.tenant, report.id): report for report in reports}.values()
        async with connected(self._pool) as connection:
            rows = await connection.fetch(
                SQL["report_progress"],
                [report.tenant for report in newest],
                [report.id for report in newest],
                [report.epoch for report in newest],
                [report.progress.decode() for report in newest],
                [report.message for report in newest],
            )
        self._on_change([Change(row["tenant"], row["id"], row["version"], done=False) for row in rows])
        return [None] * len(reports)


@asynccontextmanager
async def _unavailable_when_refused() -> AsyncIterator[None]:
    """What Postgres refuses takes the whole transaction along, and is no reason to lose the lease.

    Somebody else holds the operation's row for longer than a statement waits; a deferred constraint is looked at in
    COMMIT; a handler has kept an error of Postgres to itself.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        raise StoreUnavailable(f"Postgres has undone the transaction: {error}") from error


class LocalTransaction:
    """Handlers' writes and the journal entry, all or nothing.

    Its first statement locks the operation's row against a claim (heartbeats pass), its last is the guarded entry.
    """

    def __init__(self, connection: Connection, fence: tuple[str, UUID, int, UUID]) -> None:
        self.connection = connection
        self.changes: list[Change] = []
        self._fence = fence
        self._transaction: Any = None
        self._savepoint: Any = None
        self._is_empty = True

    async def begin(self) -> None:
        """Raises ``LeaseLost``."""
        self._is_empty = True
        self._transaction = self.connection.transaction()
        await self._transaction.start()
        try:
            held = await self.connection.fetchval(LEASES["fence"], *self._fence)
        except CONFLICTS:
            await self.undo()
            raise
        if held is None:
            await self.undo()
            raise LeaseLost("another worker holds the operation")

    async def write(self, entry: JournalEntry) -> Written | None:
        """Add the entry; None when its gate is shut or the operation was finished by somebody else."""
        written = await write_entries(self.connection, [entry])
        self.changes += _changes([entry], written)
        return written[0]

    async def set_savepoint(self) -> None:
        """What the next handler does can be undone by itself. For the first one the transaction is its savepoint."""
        self._savepoint = None if self._is_empty else self.connection.transaction()
        self._is_empty = False
        if self._savepoint is not None:
            await self._savepoint.start()

    async def end_savepoint(self, *, keep: bool) -> None:
        """Keep or undo what was done since the savepoint. What is kept costs nothing: COMMIT releases it.

        Raises ``LeaseLost`` where the fence has to be passed again.
        """
        if keep:
            return
        if self._savepoint is not None:
            await self._savepoint.rollback()
        else:
            await self.undo()
            await self.begin()

    async def commit(self) -> None:
        """Make it durable."""
        transaction, self._transaction = self._transaction, None
        await transaction.commit()

    async def undo(self) -> None:
        """Nothing of it happened."""
        transaction, self._transaction = self._transaction, None
        if transaction is not None and not self.connection.is_closed():
            await transaction.rollback()


async def write_entries(connection: Connection, entries: Sequence[JournalEntry]) -> list[Written | None]:
    """Store entries in one statement and give what the database made of each."""
    rows = await connection.fetch(SQL["write_journal"], document_of(entries), len(entries), CANCELED_ERROR)
    written = {(row["tenant"], row["id"]): row for row in rows}
    return [_to_written(written.get((entry.tenant, entry.id))) for entry in entries]


def _to_written(row: Any) -> Written | None:
    if row is None:
        return None
    return Written(**{name: row[name] for name in Written.__struct_fields__})


def _changes(entries: Sequence[JournalEntry], written: Sequence[Written | None]) -> list[Change]:
    return [
        Change(entry.tenant, entry.id, result.version, done=result.phase == "finished")
        for entry, result in zip(entries, written, strict=True)
        if result is not None
    ]
