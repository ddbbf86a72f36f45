"""Versions are announced again and again, whatever Postgres says to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
import pytest

import worker.announce
from operations_api.store.connection import Pool, open_pool
from operations_api.store.definitions import remember
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS
from tests.worker.definitions import registry
from worker.announce import Announcer

WAITS_SINCE = "select max(query_start) from pg_stat_activity where wait_event_type = 'Lock'"


@pytest.fixture
async def impatient(database: str) -> AsyncIterator[Pool]:
    """Sessions that wait for no lock, on a database that knows the versions."""
    pool = await open_pool(database, size=1, session={"lock_timeout": "50"})
    await remember(pool, registry)
    yield pool
    pool.terminate()


async def test_an_announcement_that_is_refused_is_not_the_last(
    impatient: Pool, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.announce, "ANNOUNCE_SECONDS", POLL_SECONDS)
    watching, locking = await asyncpg.connect(database), await asyncpg.connect(database)
    async with locking.transaction():
        await locking.execute("select from definitions for update")
        announcing = asyncio.create_task(
            Announcer(impatient, registry.versions, lambda changes: None).keep_announcing()
        )
        refused = await waits_since(watching)
        await until(watching, f"select coalesce(({WAITS_SINCE}) > $1, false)", refused)
    await until(watching, "select count(*) = 0 from definitions where announced_at is null")
    announcing.cancel()
    await asyncio.gather(announcing, return_exceptions=True)
    await watching.close()
    await locking.close()


async def waits_since(connection: asyncpg.Connection) -> datetime:
    """When a wait for a lock has begun, once there is one: it lasts a twentieth of a second, and then there is none."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (since := await connection.fetchval(WAITS_SINCE)) is None:  # noqa: ASYNC110 -- Postgres has no event
            await asyncio.sleep(POLL_SECONDS)
    found: datetime = since
    return found


async def until(connection: asyncpg.Connection, condition: str, *args: object) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await connection.fetchval(condition, *args):
                return
            await asyncio.sleep(POLL_SECONDS)
