"""Sessions on the fresh database, and a way to see that one waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from operations_api.domain.change import Change
from operations_api.store.connection import Pool, open_pool
from operations_api.store.journal import Journal
from operations_api.store.leases import Leased, Leases

from . import factory


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the test's own."""
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """Sessions as the product opens them."""
    opened = await open_pool(database, size=8)
    yield opened
    await opened.close()


async def blocked(database: str, count: int = 1) -> None:
    """Return when so many sessions of this database wait for a lock."""
    watcher = await asyncpg.connect(database)
    try:
        async with asyncio.timeout(30):  # only so that a test which waits for nothing fails instead of hanging
            while await watcher.fetchval(WAITING) < count:  # noqa: ASYNC110  # Postgres has no event for it
                await asyncio.sleep(0.002)
    finally:
        await watcher.close()


WAITING: Any = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


KNOWN: Any = [(factory.TYPE, 1)]


@pytest.fixture
def leases(pool: Pool) -> Leases:
    """What a worker claims with."""
    return Leases(pool, uuid4(), lease_seconds=15)


@pytest.fixture
async def leased(connection: asyncpg.Connection, leases: Leases) -> Leased:
    """An operation that a worker holds."""
    await factory.operation(connection)
    (claimed,) = await leases.claim(KNOWN, 1)
    return claimed


@pytest.fixture
def changes() -> list[Change]:
    """What the journal said had changed."""
    return []


@pytest.fixture
def journal(pool: Pool, leases: Leases, changes: list[Change]) -> Journal:
    """The journal of the same worker."""
    return Journal(pool, leases._owner, changes.extend)
