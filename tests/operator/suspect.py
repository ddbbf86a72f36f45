"""An operation that two workers have died of: how it comes to be one, and who holds it."""

from __future__ import annotations

import asyncio
from uuid import UUID

from tests.operator.definitions import POLL_SECONDS
from tests.operator.desk import Desk
from tests.processes import PATIENCE_SECONDS


async def make_suspect(desk: Desk, id: str) -> None:
    """As it is after two workers have died of it."""
    await desk.pool.execute(
        "update operations set lost_leases = 2, status = 'running', phase = 'reserving', lease_owner = null, "
        "lease_expires_at = null, next_wake_at = null, ready = true, lease_epoch = lease_epoch + 1 where id = $1",
        UUID(id),
    )


async def leased(desk: Desk, id: str) -> None:
    """Somebody holds it, and may be waiting to be alone with it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await desk.row(id))["lease_owner"] is None:  # noqa: ASYNC110 -- Postgres has no event for it
            await asyncio.sleep(POLL_SECONDS)


async def given_back(desk: Desk, id: str) -> None:
    """Nobody holds it any more, whatever came of it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await desk.row(id))["lease_owner"] is not None:  # noqa: ASYNC110 -- Postgres has no event for it
            await asyncio.sleep(POLL_SECONDS)
