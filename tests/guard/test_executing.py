"""What an operation costs a worker: statements, calls of functions, and entries in indexes."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest

from benchmarks.definitions import registry
from operations_api.domain.operation import pins_of
from operations_api.domain.starting import StartRequest
from operations_api.settings import Settings
from operations_api.store.store import Store
from tests.guard.bounds import hold
from tests.guard.counting import Calls
from worker.process import working

MANY = 64
UNFINISHED = "select count(*) from operations where finished_at is null"
OF_OPERATIONS = ("claim_operations", "get_steps", "write_journal", "fence", "read_lease", "BEGIN;", "COMMIT;")
LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 60
"""Only so that a test which waits for nothing fails instead of hanging."""

UPDATED = """
select relname, n_tup_upd as updated, n_tup_upd - n_tup_hot_upd as elsewhere
from pg_stat_user_tables where relname in ('operations', 'operation_steps')
"""


async def execute(connection: asyncpg.Connection, database: str, redis_url: str, type: str, count: int) -> Calls:
    """So many operations from their start to their end, by a worker in this process; what the worker called."""
    await start(database, type, count)
    calls = Calls()
    settings = Settings(database_url=database, redis_url=redis_url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        with calls:
            async with working(settings, registry):
                while await connection.fetchval(UNFINISHED):  # noqa: ASYNC110 -- Postgres has no event for it
                    await asyncio.sleep(LOOK_SECONDS)
    return calls


async def start(database: str, type: str, count: int) -> None:
    store = await Store.open(database, pool_size=2)
    [definition] = [found for found in registry.current.values() if found.name == type]
    requests = [
        StartRequest(
            tenant="acme", type=type, key=uuid4().hex, fingerprint=bytes(32), id=uuid4(), definition_version=1,
            steps=pins_of(definition.steps), input=b'{"reference":"guard","text":"what is counted"}', labels={},
            deadline=None, not_before=None, traceparent=None, retention_seconds=86_400, fair_order=number,
        )
        for number in range(count)
    ]  # fmt: skip
    await asyncio.gather(*map(store.start, requests))
    await store.close()


def of_operations(sent: Counter[str]) -> int:
    return sum(sent[name] for name in OF_OPERATIONS)


@pytest.mark.parametrize("type", ["external", "local"])
async def test_an_operation_alone_takes_no_more_statements_than_it_did(sent, connection, database, redis_url, type):
    await execute(connection, database, redis_url, type, 1)
    hold(f"statements_of_one_{type}", of_operations(sent) - sent["claim_operations"])


async def test_two_external_steps_cost_five_writes_the_claim_included(sent, connection, database, redis_url):
    """Law 1: n sequential external steps need 2n + 1."""
    await execute(connection, database, redis_url, "external", 1)
    assert sent["write_journal"] == 4


async def test_many_at_once_share_their_statements(sent, connection, database, redis_url):
    await execute(connection, database, redis_url, "external", MANY)
    hold("journal_statements_of_64_external", sent["write_journal"])
    assert sent["fence"] == 0


async def test_many_local_ones_take_no_more_statements_than_they_did(sent, connection, database, redis_url):
    await execute(connection, database, redis_url, "local", MANY)
    hold("statements_of_one_of_64_local", (of_operations(sent) - sent["claim_operations"]) / MANY)


@pytest.mark.parametrize("type", ["external", "local"])
async def test_an_operation_calls_no_more_of_our_functions_than_it_did(sent, connection, database, redis_url, type):
    calls = await execute(connection, database, redis_url, type, MANY)
    hold(f"calls_of_one_of_64_{type}", calls.count / MANY)


async def test_only_the_claim_and_the_end_of_an_operation_touch_an_index(connection, database, redis_url):
    # the best of three counts: an old snapshot of anybody's keeps Postgres from tidying pages up
    elsewhere = [await _touching(connection, database, redis_url) for _ in range(3)]
    # two of five touch indexes, and some more find their page full; an index that each write touches makes it five
    assert min(operations for operations, _ in elsewhere) <= 2.25 * MANY, elsewhere
    assert min(steps for _, steps in elsewhere) <= 0.05 * 6 * MANY, elsewhere


async def _touching(connection: asyncpg.Connection, database: str, redis_url: str) -> tuple[int, int]:
    """How many updates of operations, and of steps, touch an index while so many are executed."""
    before = await _updated(connection)
    await execute(connection, database, redis_url, "external", MANY)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await _updated(connection))["operations"][0] - before["operations"][0] < 5 * MANY:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)  # a session that is over tells what it did a little later
    operations, steps = (found[name][1] - before[name][1] for name in ("operations", "operation_steps"))
    return operations, steps


async def _updated(connection: asyncpg.Connection) -> dict[str, tuple[int, int]]:
    """Of each table how many updates there were, and how many of them touched an index."""
    return {row["relname"]: (row["updated"], row["elsewhere"]) for row in await connection.fetch(UPDATED)}
