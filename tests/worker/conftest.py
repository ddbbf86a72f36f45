"""A crew of real worker processes on a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from operations_api.store.store import Store
from tests.worker.crew import Crew


@pytest.fixture
async def crew(store: Store, database: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Crew]:
    """No worker yet; those the test starts are gone at its end, and what they said is shown when it fails."""
    for name in ("marks", "gates"):
        (tmp_path / name).mkdir()
    (tmp_path / "ledger").touch()
    connection = await asyncpg.connect(database)
    await connection.execute("create table effects (operation uuid, step text, phase text)")
    await connection.execute("create table only_once (number integer unique deferrable initially deferred)")
    crew = Crew(store, connection, tmp_path, {"DATABASE_URL": database, "REDIS_URL": redis_url})
    try:
        yield crew
    finally:
        crew.kill()
        await connection.close()
        print(crew.said())
