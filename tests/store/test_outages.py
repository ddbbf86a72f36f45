"""A session that is ended by others is an outage, and not a defect of ours."""

from __future__ import annotations

import asyncio

import pytest

from operations_api.domain.errors import OutcomeUnknown
from operations_api.store.connection import connected

RUNNING = "select pid from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(600)'"


async def test_a_statement_whose_backend_is_terminated_has_an_unknown_outcome_and_the_next_one_works(pool, connection):
    async def sleep():
        async with connected(pool) as session:
            await session.fetchval("select pg_sleep(600)")

    sleeping = asyncio.create_task(sleep())
    async with asyncio.timeout(30):  # only so that a test which waits for nothing fails instead of hanging
        while (pid := await connection.fetchval(RUNNING)) is None:  # noqa: ASYNC110  # Postgres has no event for it
            await asyncio.sleep(0.002)
    await connection.execute("select pg_terminate_backend($1)", pid)
    with pytest.raises(OutcomeUnknown):
        await sleeping
    async with connected(pool) as session:
        assert await session.fetchval("select 1") == 1
