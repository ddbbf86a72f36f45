"""What is forgotten: operations whose retention is over, later their tombstones, and one operation's data on demand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from operations_api.domain.errors import OperationsError, StoreUnavailable
from operations_api.store.connection import CONFLICTS, Connection, Pool, connected
from operations_api.store.queries import columns, load

LOCK: Final = 0x636C65616E  # "clean": whoever cleans this database holds this advisory lock

TOMBSTONE: Final = timedelta(days=30)
"""How long an id is answered with 410 once its operation's retention is over, before it is a 404."""

SQL: Final = load("cleaning")


class Cleaned(msgspec.Struct, frozen=True):
    """What one batch has done: operations that became tombstones, keys that are free, tombstones that are gone.

    And what was only of use for a while: unused tokens, and bodies whose window for duplicates is over.
    """

    operations: int = 0
    keys: int = 0
    tombstones: int = 0
    tokens: int = 0
    bodies: int = 0


class CannotErase(OperationsError):
    """The message says what is in the way, and what to do."""


async def clean_batch(pool: Pool, limit: int, now: datetime | None = None) -> Cleaned:
    """Forget at most ``limit`` operations, tombstones, tokens and bodies each; nothing while somebody else cleans.

    ``now`` is Postgres' clock unless it is given. Raises ``StoreUnavailable``.
    """
    try:
        async with connected(pool) as connection, connection.transaction():
            if not await connection.fetchval(SQL["begin_cleaning"], LOCK):
                return Cleaned()
            gone = await connection.fetch(SQL["remove_tombstones"], now, limit)
            expired = await connection.fetch(SQL["entomb_operations"], now, limit, TOMBSTONE.total_seconds())
            names = columns(map(tuple, expired), width=2)
            keys = await connection.fetch(SQL["free_keys"], *names)
            await _erase_beside(connection, names)
            tokens = await connection.fetch(SQL["remove_tokens"], now, limit)
            bodies = await connection.fetch(SQL["remove_bodies"], now, limit)
    except CONFLICTS as error:
        raise StoreUnavailable(f"somebody else holds what is to be cleaned: {error}") from error
    return Cleaned(len(expired), len(keys), len(gone), len(tokens), len(bodies))


async def erase(pool: Pool, id: UUID, tenant: str | None = None) -> str:
    """Remove what the client sent and got, and what steps and operators noted; key and tombstone stay.

    Gives the tenant whose it was. Raises ``CannotErase`` for an operation that is unknown, not done, or, without a
    tenant, several tenants'.
    """
    async with connected(pool) as connection, connection.transaction():
        found = await connection.fetch(SQL["find_to_erase"], id, tenant)
        owner = _only_one_done(id, found)
        await connection.fetch(SQL["erase_operation"], owner, id)
        await _erase_beside(connection, [[owner], [id]])
    return owner


async def _erase_beside(connection: Connection, names: list[list[Any] | None]) -> None:
    await connection.execute(SQL["erase_journals"], *names)
    await connection.execute(SQL["erase_actions"], *names)


def _only_one_done(id: UUID, found: list[Any]) -> str:
    if not found:
        raise CannotErase(f"There is no operation {id}; look for it with its tenant's key: GET /operations.")
    if len(found) > 1:
        tenants = ", ".join(sorted(row["tenant"] for row in found))
        raise CannotErase(f"Several tenants have an operation {id} ({tenants}): say whose with --tenant.")
    if not found[0]["done"]:
        raise CannotErase(
            f"The operation {id} is {found[0]['status']} and needs what it was given: cancel it, or wait for its end."
        )
    return str(found[0]["tenant"])
