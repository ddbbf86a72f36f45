"""What is asked for every operation is answered by an index, and sorts no table: with few rows and with five million.

The plans for five million are real ones: the planner is given the statistics of a database with so many operations, and
tables and indexes as large as theirs, all of it holes. `python -m benchmarks.growth --keep-statistics` writes the
statistics anew, and looks at the same plans where the rows really are.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from benchmarks.growth.plans import HOT, STATISTICS, TABLES, Hot, nodes_of, pages_in, wrong_plans
from operations_api.embedded.postgres import Postgres
from operations_api.store.connection import PLANNING
from operations_api.store.leases import claim_statement
from operations_api.store.migrate import migrate
from operations_api.store.queries import load

from . import factory

ROWS = 200_000
READY = 20_000
FOR_EVERY_OPERATION = [
    hot
    for hot in HOT
    if hot.name
    in {
        "start_operations", "find_keys", "get_operations", "head_of_queue", "claim_operations", "claim_suspect",
        "fence", "write_journal", "is_room_wanted", "let_in",
    }
]  # fmt: skip
"""Their plans have to be right before anything is known of a table, too."""

PAGE_BYTES = 8192
SEGMENT_BYTES = 2**30
"""Postgres keeps a table in files of this size."""

FILL = f"""
insert into operations (
    tenant, id, type, definition_version, steps, input, retention_seconds, ready, fair_order, phase, status, decision,
    result, started_at, finished_at, expires_at
)
select
    'tenant-0000', gen_random_uuid(), 'place-order', 1, '[]', '{{}}', 86400, is_ready, n,
    case when is_ready then 'queued' else 'finished' end, case when is_ready then 'pending' else 'succeeded' end,
    case when not is_ready then 'commit' end, case when not is_ready then '{{}}'::json end,
    case when not is_ready then later end, case when not is_ready then later end, case when not is_ready then later end
from generate_series(1, {ROWS}) as n, (select clock_timestamp() + interval '1 day' as later) as c,
    lateral (select n <= {READY} as is_ready) as r
"""  # noqa: S608  # our own numbers

ALL_FINISHED = FILL.replace(f"n <= {READY} as is_ready", "false as is_ready")

FILL_KEYS = """
insert into idempotency_keys (tenant, type, key, fingerprint, operation_id)
select tenant, type, id::text, sha256('body'), id from operations
"""
FILL_STEPS = """
insert into operation_steps (tenant, operation_id, position, key, kind, effect, state)
select tenant, id, 0, 'stock', 'step', 'external', 'committed' from operations where finished_at is not null
"""


@pytest.fixture
async def as_of_five_million(own_postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A database that the planner takes for one of five million operations."""
    await migrate(own_postgres.url)
    connection = await asyncpg.connect(own_postgres.url)
    for table in TABLES:
        await connection.execute(f"alter table {table} set (autovacuum_enabled = false)")
    statistics = STATISTICS.read_text(encoding="utf-8")
    await connection.execute(statistics)
    for name, pages in pages_in(statistics).items():
        path = await connection.fetchval("select pg_relation_filepath(to_regclass($1))", name)
        enlarge(own_postgres.data / path, pages * PAGE_BYTES)
    yield connection
    await connection.close()


def enlarge(file: Path, size: int) -> None:
    """To this size, without taking any space."""
    number = 0
    while size > 0:
        part = file if number == 0 else file.with_name(f"{file.name}.{number}")
        part.touch()
        if part.stat().st_size < min(size, SEGMENT_BYTES):
            os.truncate(part, min(size, SEGMENT_BYTES))
        size, number = size - SEGMENT_BYTES, number + 1


async def test_hot_statements_read_by_index_only(connection: asyncpg.Connection) -> None:
    for table in TABLES:
        await connection.execute(f"alter table {table} set (autovacuum_enabled = false)")
    for fill in (FILL, FILL_KEYS, FILL_STEPS):
        await connection.execute(fill)
    assert await wrong_plans(connection, FOR_EVERY_OPERATION) == []
    await connection.execute("analyze")  # also makes every plan anew
    assert await wrong_plans(connection, FOR_EVERY_OPERATION) == []


async def test_plans_made_while_the_tables_are_empty_read_by_index_only(connection: asyncpg.Connection) -> None:
    """They are kept, and the tables grow."""
    assert await wrong_plans(connection, FOR_EVERY_OPERATION) == []


@pytest.mark.parametrize("definitions", [1, 2, 40])
async def test_a_claim_merges_queues_row_by_row(connection: asyncpg.Connection, definitions: int) -> None:
    """A sort would read everything that is ready, and above the locks it would lock it, too."""
    for fill in (None, ALL_FINISHED, FILL):
        if fill is not None:
            await connection.execute(fill)
            await connection.execute("analyze operations")
        nodes = await nodes_of(connection, claim_statement(definitions))
        assert not [node for node in nodes if node["Node Type"].endswith("Sort") and reads_operations(node)]
        assert ("Merge Append" in [node["Node Type"] for node in nodes]) == (definitions > 1)
        queues = [node for node in nodes if node.get("Index Name") == "operations_ready"]
        assert len(queues) == definitions  # nor does it stand for the primary key, where each row is locked
        assert all("type" in node["Index Cond"] and "definition_version" in node["Index Cond"] for node in queues)


def reads_operations(node: dict[str, Any]) -> bool:
    return node.get("Relation Name") == "operations" or any(map(reads_operations, node.get("Plans", ())))


async def test_a_claim_does_not_read_what_waits_for_other_workers(connection: asyncpg.Connection) -> None:
    for place in range(50):
        await factory.operation(connection, type="other", fair_order=place)
    await factory.operation(connection, fair_order=51)
    known = [factory.TYPE], [1]
    (claimed,), read = await read_by(connection, claim_statement(1), uuid4(), *known, 10, 15, *[None] * 7)
    assert claimed["type"] == factory.TYPE
    assert read < 10


async def test_looking_for_what_nobody_announces_does_not_read_what_somebody_does(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute("insert into definitions (name, version, steps) values ($1, 1, '[]')", factory.TYPE)
    for place in range(50):
        await factory.operation(connection, fair_order=place)
    orphan = await factory.operation(connection, type="orphan")
    (parked,), read = await read_by(connection, load("definitions")["park_orphans"], 60, 500)
    assert parked["id"] == orphan["id"]
    assert read < 10


async def read_by(connection: asyncpg.Connection, statement: str, *arguments: Any) -> tuple[list[asyncpg.Record], int]:
    """What a statement gives in a session of ours, and how many rows of operations it has read."""
    for setting, value in PLANNING.items():
        await connection.execute(f"set {setting} = {value}")
    async with connection.transaction():
        rows = await connection.fetch(statement, *arguments)
        return rows, await connection.fetchval(
            "select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = 'operations'"
        )


@pytest.mark.parametrize(
    ("table", "name", "index", "column"),
    [
        ("operations", "list_operations", "operations_newest", "ROW(created_at, id)"),
        ("leases", "sweep", "operations_asleep", "next_wake_at"),
        ("operations", "recent_durations", "operations_expired", "expires_at"),
        ("webhooks", "claim_webhooks", "webhooks_lanes", "next_attempt_at"),
    ],
)
async def test_what_is_looked_for_begins_or_ends_where_the_index_says(
    connection: asyncpg.Connection, table: str, name: str, index: str, column: str
) -> None:
    nodes = await nodes_of(connection, load(table)[name])
    (scan,) = [node for node in nodes if node.get("Index Name") == index]
    assert column in scan["Index Cond"]


async def test_hot_statements_read_by_index_only_among_five_million(as_of_five_million: asyncpg.Connection) -> None:
    assert await wrong_plans(as_of_five_million) == []


async def test_the_planner_believes_that_there_are_five_million(as_of_five_million: asyncpg.Connection) -> None:
    [row] = await as_of_five_million.fetch("explain (format json) select * from operations")
    assert msgspec.json.decode(row[0])[0]["Plan"]["Plan Rows"] == pytest.approx(5_000_000, rel=0.01)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("select * from operations where message = $1", "Seq Scan of operations"),
        ("select * from operations order by input::text", "sorts"),
        ("select 1 from operations where expires_at < $1 and tombstone_until is null limit 1", "leads to others, too"),
        ("select * from operations where tombstone_until is not null order by tombstone_until limit 1", "reads all of"),
    ],
)
async def test_a_wrong_plan_is_seen(
    as_of_five_million: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, wrong: str, said: str
) -> None:
    monkeypatch.setattr("benchmarks.growth.plans.load", lambda _: {"wrong": wrong})
    found = await wrong_plans(as_of_five_million, [Hot("x", "wrong", named="expires" in wrong)])
    assert any(said in each for each in found), found


def test_no_hot_statement_is_there_twice() -> None:
    assert len(set(HOT)) == len(HOT)
