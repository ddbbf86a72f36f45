"""What is forgotten: what has been kept for long enough, and one operation's data on demand."""

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

    And what was only of use for a while: unused tokens, bodies whose window for duplicates is over, webhooks that were
    taken or given up, events that started nothing, secrets that nothing is signed with any more.
    """

    operations: int = 0
    keys: int = 0
    tombstones: int = 0
    tokens: int = 0
    bodies: int = 0
    webhooks: int = 0
    dead_webhooks: int = 0
    webhook_events: int = 0
    secrets: int = 0


class Kept(msgspec.Struct, frozen=True):
    """For how long something is kept that no operation's retention rules: since it was taken, given up or received."""

    webhooks: timedelta = timedelta(days=7)
    dead_webhooks: timedelta = timedelta(days=30)
    webhook_events: timedelta = timedelta(days=30)


DEFAULT: Final = Kept()


class CannotErase(OperationsError):
    """The message says what is in the way, and what to do."""


async def clean_batch(pool: Pool, limit: int, kept: Kept = DEFAULT, now: datetime | None = None) -> Cleaned:
    """Forget at most ``limit`` of each kind of thing that ``Cleaned`` counts; nothing while somebody else cleans.

    ``now`` is Postgres' clock unless it is given. Raises ``StoreUnavailable``.
    """
    try:
        async with connected(pool) as connection, connection.transaction():
            if not await connection.fetchval(SQL["begin_cleaning"], LOCK):
                return Cleaned()
            return await _clean(connection, limit, kept, now)
    except CONFLICTS as error:
        raise StoreUnavailable(f"somebody else holds what is to be cleaned: {error}") from error


async def _clean(connection: Connection, limit: int, kept: Kept, now: datetime | None) -> Cleaned:
    async def removed(name: str, *since: timedelta) -> int:
        return len(await connection.fetch(SQL[name], now, limit, *(each.total_seconds() for each in since)))

    tombstones = await removed("remove_tombstones")
    expired = await connection.fetch(SQL["entomb_operations"], now, limit, TOMBSTONE.total_seconds())
    names = columns(map(tuple, expired), width=2)
    keys = await connection.fetch(SQL["free_keys"], *names)
    await _erase_beside(connection, names)
    return Cleaned(
        operations=len(expired),
        keys=len(keys),
        tombstones=tombstones,
        tokens=await removed("remove_tokens"),
        bodies=await removed("remove_bodies"),
        webhooks=await removed("remove_delivered_webhooks", kept.webhooks),
        dead_webhooks=await removed("remove_dead_webhooks", kept.dead_webhooks),
        webhook_events=await removed("remove_webhook_events", kept.webhook_events),
        secrets=await removed("remove_secrets"),
    )


async def erase(pool: Pool, id: UUID, tenant: str | None = None) -> str:
    """Remove what the client sent and got, what steps and operators noted and receivers were told; the key stays.

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
    await connection.execute(SQL["erase_webhooks"], *names)


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
