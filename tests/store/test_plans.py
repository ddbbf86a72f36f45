"""What is asked for every operation is answered by an index, with statistics and without, and sorts no table."""

from __future__ import annotations

import re
from typing import Any

import asyncpg
import msgspec
import pytest

from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

ROWS = 200_000
READY = 20_000
TABLES = ("operations", "idempotency_keys", "operation_steps")
HOT = [
    ("operations", "start_operations"),
    ("operations", "find_keys"),
    ("operations", "get_operations"),
    ("operations", "head_of_queue"),
    ("operations", "claim_operations"),
    ("operations", "claim_suspect"),
    ("operations", "fence"),
    ("journal", "write_journal"),
    ("type_limits", "is_room_wanted"),
    ("type_limits", "let_in"),
]
BY_NAME = {*(f"{table}_pkey" for table in TABLES), "idempotency_keys_by_operation"}
"""Each leads to one row, others to all of a tenant."""

UNSORTED = {"head_of_queue", "claim_operations", "claim_suspect", "is_room_wanted", "let_in"}
"""Their index is in the wanted order; elsewhere only what was sent along is sorted, so that locks are in order."""

FILL = f"""
insert into operations (
    tenant, id, type, definition_version, steps, input, retention_seconds, ready, fair_order, phase, status, decision,
    result, started_at, finished_at, expires_at
)
select
    'acme', gen_random_uuid(), 'place-order', 1, '[]', '{{}}', 86400, is_ready, n,
    case when is_ready then 'queued' else 'finished' end, case when is_ready then 'pending' else 'succeeded' end,
    case when not is_ready then 'commit' end, case when not is_ready then '{{}}'::json end,
    case when not is_ready then later end, case when not is_ready then later end, case when not is_ready then later end
from generate_series(1, {ROWS}) as n, (select clock_timestamp() + interval '1 day' as later) as c,
    lateral (select n <= {READY} as is_ready) as r
"""  # noqa: S608  # our own numbers

FILL_KEYS = """
insert into idempotency_keys (tenant, type, key, fingerprint, operation_id)
select tenant, type, id::text, sha256('body'), id from operations
"""
FILL_STEPS = """
insert into operation_steps (tenant, operation_id, position, key, kind, effect, state)
select tenant, id, 0, 'stock', 'step', 'external', 'committed' from operations where finished_at is not null
"""


async def test_hot_statements_read_by_index_only(connection: asyncpg.Connection) -> None:
    for table in TABLES:
        await connection.execute(f"alter table {table} set (autovacuum_enabled = false)")
    for fill in (FILL, FILL_KEYS, FILL_STEPS):
        await connection.execute(fill)
    await connection.execute("set plan_cache_mode = force_generic_plan")
    await _check_all(connection)
    await connection.execute("analyze")  # also makes every plan anew
    await _check_all(connection)


async def test_plans_made_while_the_tables_are_empty_read_by_index_only(pool: Pool) -> None:
    """They are kept, and the tables grow."""
    async with connected(pool) as connection:
        await _check_all(connection)


@pytest.mark.parametrize(
    ("table", "name", "index", "column"),
    [
        ("operations", "list_operations", "operations_newest", "ROW(created_at, id)"),
        ("operations", "sweep", "operations_asleep", "next_wake_at"),
        ("operations", "recent_durations", "operations_expired", "expires_at"),
        ("webhooks", "claim_webhooks", "webhooks_lanes", "next_attempt_at"),
    ],
)
async def test_what_is_looked_for_begins_or_ends_where_the_index_says(
    pool: Pool, table: str, name: str, index: str, column: str
) -> None:
    async with connected(pool) as connection:
        nodes = await _plan(connection, name, load(table)[name])
    (scan,) = [node for node in nodes if node.get("Index Name") == index]
    assert column in scan["Index Cond"]


async def _check_all(connection: asyncpg.Connection) -> None:
    for table, name in HOT:
        nodes = await _plan(connection, name, load(table)[name])
        scans = [node for node in nodes if node.get("Relation Name") in TABLES and "Scan" in node["Node Type"]]
        by = {(node["Node Type"], node.get("Index Name")) for node in scans}
        assert all(kind in ("Index Scan", "Index Only Scan") for kind, _ in by), (name, by)
        if name in UNSORTED:
            assert not [node for node in nodes if node["Node Type"].endswith("Sort")], name
        else:
            assert {index for _, index in by} <= BY_NAME, (name, by)


async def _plan(connection: asyncpg.Connection, name: str, statement: str) -> list[dict[str, Any]]:
    """The nodes of the plan that is kept for whatever is asked."""
    await connection.execute(f"prepare {name} as {statement}")
    nulls = ", ".join(["null"] * max((int(number) for number in re.findall(r"\$(\d+)", statement)), default=0))
    given = f"({nulls})" if nulls else ""
    [row] = await connection.fetch(f"explain (format json) execute {name} {given}")
    await connection.execute(f"deallocate {name}")
    return list(_nodes(msgspec.json.decode(row[0])[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]
