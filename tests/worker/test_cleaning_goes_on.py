"""Cleaning goes on, whatever Postgres says to it."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

import worker.clean
from operations_api.store.cleaning import Cleaned
from operations_api.store.store import Store
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS
from worker.clean import Cleaner


class Watched(Cleaner):
    """Counts the rounds that failed and those that did not."""

    failed = cleaned = 0

    async def run_once(self, *args: object) -> Cleaned:
        try:
            found = await super().run_once()
        except asyncpg.UndefinedTableError:
            self.failed += 1
            raise
        self.cleaned += 1
        return found


async def test_a_round_that_postgres_refuses_is_not_the_last(
    store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.clean, "CLEAN_SECONDS", POLL_SECONDS)
    connection = await asyncpg.connect(database)
    await connection.execute("alter table idempotency_keys rename to elsewhere")
    cleaner = Watched(store.pool)
    cleaning = asyncio.create_task(cleaner.keep_cleaning())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not cleaner.failed:  # noqa: ASYNC110 -- it says so in a log only
            await asyncio.sleep(POLL_SECONDS)
        await connection.execute("alter table elsewhere rename to idempotency_keys")
        while not cleaner.cleaned:  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
    cleaning.cancel()
    await asyncio.gather(cleaning, return_exceptions=True)
    await connection.close()
