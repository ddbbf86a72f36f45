"""One-off work on the database, for commands: what Postgres refuses becomes a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import asyncpg

from operations_api.domain.errors import StoreUnavailable
from operations_api.store.connection import Pool, open_pool

T = TypeVar("T")


def run_on_database(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end. Raises `StoreUnavailable` for what Postgres refuses (a password, a database's name)."""
    try:
        return asyncio.run(work)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise StoreUnavailable(
            f"The database lacks what this release needs ({error}): run `operations-api migrate`."
        ) from None
    except (asyncpg.PostgresError, OSError) as error:
        raise StoreUnavailable(f"Postgres cannot be used: {error}; check DATABASE_URL.") from None


async def with_pool(database_url: str | None, use: Callable[[Pool], Awaitable[T]]) -> T:
    """Call `use` with a small pool that is closed afterwards."""
    assert database_url is not None, "resolve the settings first"
    pool = await open_pool(database_url, size=2)
    try:
        return await use(pool)
    finally:
        await pool.close()
