"""How Postgres goes about each hot statement: by index, with a bound, sorting no more than a batch.

A new statement that runs for every operation, or again and again, gets a line in `HOT`, and is checked on a small table
and on one of five million rows by tests/store/test_plans.py, and by `make bench-growth` where the rows really are.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec

from operations_api.embedded.binaries import postgres_directory
from operations_api.settings import Settings
from operations_api.store.connection import PLANNING
from operations_api.store.leases import claim_statement
from operations_api.store.queries import load

TABLES = ("operations", "idempotency_keys", "operation_steps", "webhooks")
"""Those that grow; their indexes come with them."""

STATISTICS = Path(__file__).parents[2] / "tests" / "store" / "five_million.sql"


class Hot(NamedTuple):
    """One statement. `named`: it is told the rows' names, so it has no business with any other row of a tenant."""

    file: str
    name: str
    named: bool = True


HOT = (
    Hot("operations", "start_operations"),
    Hot("operations", "start_under_own_ids"),
    Hot("operations", "find_keys"),
    Hot("operations", "get_operations"),
    Hot("operations", "get_versions"),
    Hot("operations", "get_operation_whole"),
    Hot("operations", "list_operations", named=False),
    Hot("operations", "recent_durations", named=False),
    Hot("operations", "cancel_operation"),
    Hot("operations", "head_of_queue", named=False),
    Hot("operations", "head_of_room", named=False),
    Hot("leases", "claim_operations", named=False),
    Hot("leases", "claim_suspect", named=False),
    Hot("leases", "give_back"),
    Hot("leases", "read_lease"),
    Hot("leases", "fence"),
    Hot("leases", "renew_leases"),
    Hot("journal", "report_progress"),
    Hot("leases", "sweep", named=False),
    Hot("journal", "write_journal"),
    Hot("journal", "write_checkpoint"),
    Hot("journal", "get_steps"),
    Hot("cleaning", "entomb_operations", named=False),
    Hot("cleaning", "free_keys"),
    Hot("cleaning", "erase_journals"),
    Hot("cleaning", "remove_tombstones", named=False),
    Hot("type_limits", "is_room_wanted", named=False),
    Hot("type_limits", "let_in", named=False),
    Hot("type_limits", "lift_limits", named=False),
    Hot("tenant_limits", "count_in_flight", named=False),
    Hot("stock", "measure_queue", named=False),
    Hot("stock", "count_blocked", named=False),
    Hot("definitions", "park_orphans", named=False),
    Hot("webhooks", "claim_webhooks", named=False),
)

BY_NAME = {*(f"{table}_pkey" for table in TABLES), "idempotency_keys_by_operation", "operations_in_flight"}
"""Each leads to the rows of one operation, others to all of a tenant."""

BY_INDEX = {"Index Scan", "Index Only Scan", "Tid Scan"}
"""A place (tid) comes out of an index scan of the same statement."""

SORTED_AT_MOST = 2_500
"""What was sent along is sorted, so that locks are taken in order; its size is an estimate."""

LOOKED_THROUGH = {"operations_ready", "operations_suspect", "operations_blocked", "operations_waiting_for_room"}
"""All that is in there concerns who asks: it is claimed in order, is a worker's to announce, or waits for a person."""


async def wrong_plans(connection: asyncpg.Connection, statements: Sequence[Hot] = HOT) -> list[str]:
    """What is wrong with the plans of hot statements, as sessions of ours make them: once, for any values."""
    found: list[str] = []
    for hot in statements:
        nodes = await nodes_of(connection, statement_of(hot))
        found += [f"{hot.name}: {wrong}" for wrong in _wrong(hot, nodes)]
    return found


def statement_of(hot: Hot) -> str:
    """As it is sent; a claim by a worker that knows two definitions."""
    return claim_statement(2) if hot.name == "claim_operations" else load(hot.file)[hot.name]


def keep_statistics(database_url: str, path: Path = STATISTICS) -> None:
    """Write what the planner knows of the tables, as statements that make it known elsewhere."""
    tables = [option for table in TABLES for option in ("--table", table)]
    command = [str(postgres_directory(Settings()) / "pg_dump"), "--statistics-only", *tables, database_url]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PGTZ": "UTC"}).stdout
    kept = [line for line in said.splitlines() if line and not line.startswith(("--", "SET ", "\\"))]
    path.write_text("\n".join(line for line in kept if "set_config" not in line) + "\n", encoding="utf-8")


async def nodes_of(connection: asyncpg.Connection, statement: str) -> list[dict[str, Any]]:
    """Every node of the plan that a session of ours makes of a statement."""
    for setting, value in PLANNING.items():
        await connection.execute(f"set {setting} = {value}")
    places = len((await connection.prepare(statement)).get_parameters())
    await connection.execute(f"prepare hot as {statement}")
    try:
        given = f" ({', '.join(['null'] * places)})" if places else ""
        [row] = await connection.fetch(f"explain (format json) execute hot{given}")
    finally:
        await connection.execute("deallocate hot")
    return list(_nodes(msgspec.json.decode(row[0])[0]["Plan"]))


def _wrong(hot: Hot, nodes: Sequence[dict[str, Any]]) -> Iterator[str]:
    for node in nodes:
        kind, index = node["Node Type"], node.get("Index Name", "")
        if kind.endswith("Sort") and node["Plan Rows"] > SORTED_AT_MOST and _is_unlimited(node):
            yield f"sorts {node['Plan Rows']:,.0f} rows"
        if node.get("Relation Name") not in TABLES or "Scan" not in kind:
            continue
        if kind not in BY_INDEX:
            yield f"{kind} of {node['Relation Name']}"
        elif hot.named and index and index not in BY_NAME:
            yield f"reads {node['Relation Name']} by {index}, which leads to others, too"
        elif index and "Index Cond" not in node and index not in LOOKED_THROUGH:
            yield f"reads all of {index}"


def _is_unlimited(node: dict[str, Any]) -> bool:
    """Whether a table is read below with no limit on the way: what a limit is will be said when it is executed."""
    if node["Node Type"] == "Limit":
        return False
    return node.get("Relation Name") in TABLES or any(map(_is_unlimited, node.get("Plans", ())))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def pages_in(statistics: str) -> dict[str, int]:
    """How many pages each table and index has, according to statistics that were kept."""
    found = re.findall(r"'relname', '(\w+)',(?:(?!'relname').)*?'relpages', '(\d+)'", statistics, re.DOTALL)
    return {name: int(pages) for name, pages in found}
