"""Starts of types with a window for duplicates: the same body is the same operation, whatever its key.

One transaction locks the row of the body, finds what the body has started, and binds the key to that or starts. It
costs three statements, none of which is shared with other starts: what a type pays that wants this.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from operations_api.domain.errors import KeyInFlight, OutcomeUnknown, StoreUnavailable
from operations_api.domain.operation import Operation
from operations_api.domain.starting import Started, StartRequest
from operations_api.meter import UNMETERED, Meter
from operations_api.store.connection import CONFLICTS, Connection, connected
from operations_api.store.queries import load
from operations_api.store.rows import to_operation
from operations_api.store.store import Store, start_on

SQL: Final = load("recent_bodies")
OPERATIONS: Final = load("operations")


class RecentBodies:
    """One per process. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, store: Store, meter: Meter = UNMETERED) -> None:
        self._store = store
        self._meter = meter

    async def start(self, request: StartRequest, window_seconds: int) -> Started:
        """Start, or replay what the key or, within the window, the body names; the key names that from now on.

        Raises what ``Store.start`` does.
        """
        try:
            return await self._start(request, window_seconds)
        except OutcomeUnknown as unknown:
            try:  # the key makes it safe to ask again
                return await self._start(request, window_seconds)
            except StoreUnavailable:
                raise unknown from None

    async def _start(self, request: StartRequest, window_seconds: int) -> Started:
        try:
            async with connected(self._store.pool) as connection:
                if not await _is_bound(connection, request):
                    async with connection.transaction():
                        started = await _start_on(connection, request, window_seconds)
                    if started.replayed:
                        self._meter.window_replayed(request.type)
                    return started
        except _KeyTaken:
            pass  # meanwhile, by a request with the same key
        except CONFLICTS as error:
            raise KeyInFlight("another request with this key or body is being accepted") from error
        return await self._store.start(request)


class _KeyTaken(Exception):
    """Undoes the transaction."""


async def _start_on(connection: Connection, request: StartRequest, window_seconds: int) -> Started:
    body: list[Any] = [request.tenant, request.type, request.fingerprint]
    known = await connection.fetchrow(SQL["lock_body"], *body, request.id, window_seconds)
    if known["operation_id"] != request.id:
        # a statement of its own: the one that waited for the lock does not see what it waited for
        found = await _find(connection, request.tenant, known["operation_id"]) if known["is_recent"] else None
        if found is not None:
            return await _bind(connection, request, found)
        await connection.execute(SQL["replace_body"], *body, request.id, window_seconds)
    started = await start_on(connection, request)
    if started is None:
        raise _KeyTaken
    return Started(started, replayed=False)


async def _bind(connection: Connection, request: StartRequest, found: Operation) -> Started:
    key = (request.tenant, request.type, request.key, request.fingerprint, found.id)
    if not await connection.fetch(SQL["bind_another_key"], *key):
        raise _KeyTaken
    return Started(found, replayed=True)


async def _is_bound(connection: Connection, request: StartRequest) -> bool:
    return bool(await connection.fetch(OPERATIONS["find_keys"], [request.tenant], [request.type], [request.key]))


async def _find(connection: Connection, tenant: str, id: UUID) -> Operation | None:
    """The operation, unless it is gone."""
    rows = await connection.fetch(OPERATIONS["get_operations"], [tenant], [id])
    operation = to_operation(rows[0]) if rows else None
    return None if operation is None or operation.deleted_at is not None else operation
