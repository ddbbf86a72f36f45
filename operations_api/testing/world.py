"""What rehearsed operations act upon: the user's books, and a database connection whose changes are undone."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

from operations_api.domain.context import Transaction

Ledger = Callable[[UUID], Any | Awaitable[Any]]
"""Given an operation's id, a snapshot of what is held and applied: anything that ``==`` compares."""


class OpenTransaction(Protocol):
    """A transaction or savepoint."""

    async def start(self) -> None: ...
    async def commit(self) -> None: ...
    async def rollback(self) -> None: ...


class Connection(Transaction, Protocol):
    """An asyncpg connection: nested transactions are savepoints."""

    def transaction(self) -> OpenTransaction: ...


class World:
    """Whatever the handlers change."""

    def __init__(
        self, ledger: Ledger, connection: Connection | None, before_each: Callable[[], Any | Awaitable[Any]] | None
    ) -> None:
        self.connection = connection
        self._ledger = ledger
        self._before_each = before_each

    async def snapshot(self, operation_id: UUID) -> Any:
        """What the user's books say now."""
        return await _awaited(self._ledger(operation_id))

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[None]:
        """One operation's time; what it did to the database is undone at the end."""
        if self._before_each is not None:
            await _awaited(self._before_each())
        if self.connection is None:
            yield
            return
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            yield
        finally:
            await transaction.rollback()


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
