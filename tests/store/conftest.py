"""Sessions on the fresh database, and a way to see that one waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from operations_api.store.connection import Pool, open_pool


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
        while await watcher.fetchval(WAITING) < count:  # noqa: ASYNC110  # Postgres has no event for it
            await asyncio.sleep(0.002)
    finally:
        await watcher.close()


WAITING: Any = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""
