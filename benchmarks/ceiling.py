"""The database's ceiling: pgbench sends the very statements the API sends, without an API."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

from benchmarks.deployment import Deployment, deployed
from benchmarks.plan import Plan
from benchmarks.system import TEXT
from benchmarks.systems.operations import Operations
from operations_api.embedded.binaries import postgres_directory
from operations_api.settings import Settings
from operations_api.store.queries import load

TITLE = "pgbench, the API's statements"
SETTINGS = "16 connections, prepared statements; `batched`: 64 operations in each statement, as under load"
CONNECTIONS = 16
BATCH = 64
STORED = 1000

INPUT = f'{{"reference":"ceiling","text":"{TEXT}"}}'
STEPS = '[{"key":"first","kind":"step"},{"key":"second","kind":"step"}]'
KNOWN = f"array(select md5('k' || n)::uuid from generate_series(1, {STORED}) n)"  # noqa: S608 -- constants
"""Ids that can be computed, of operations to be polled."""

EACH = {
    "tenant": "'bench'",
    "id": "gen_random_uuid()",
    "type": "'external'",
    "definition_version": "1",
    "steps": f"'{STEPS}'",
    "key": "gen_random_uuid()::text",
    "fingerprint": "sha256('x')",
    "input": f"'{INPUT}'",
    "labels": "'{}'",
    "retention_seconds": "2592000",
    "fair_order": "1",
    "priority": "'normal'",
    "limited": "false",
}
"""What one start binds; everything else is null."""


async def measure_ceiling(plan: Plan) -> dict[str, Any]:
    """Starts and polls, one in each statement and many."""
    queries = load("operations")
    one, many = (started(queries["start_operations"], size) for size in (1, BATCH))
    async with deployed(Operations()) as deployment:
        await _pgbench(deployment, started(queries["start_operations"], STORED, id=KNOWN), 0)
        poll = {1: "array['bench']", 2: f"array[md5('k' || ceil(random() * {STORED})::int)::uuid]"}
        return {
            "starts": await _pgbench(deployment, one, plan.starts_seconds),
            "starts batched": await _pgbench(deployment, many, plan.starts_seconds, BATCH),
            "polls finished": await _pgbench(deployment, _bound(queries["get_operations"], poll), plan.polls_seconds),
        }


def started(sql: str, size: int, **arrays: str) -> str:
    """The statement with so many starts bound to it, and the arrays that are given instead."""
    columns = re.search(r"as r \(([^)]*)\)", sql)
    assert columns is not None
    each = f"from generate_series(1, {size})"
    values = [
        arrays.get(name) or f"array(select {EACH.get(name, 'null')} {each})"
        for name in columns[1].replace(",", " ").split()
    ]
    return _bound(sql, dict(enumerate(values, 1)))


def _bound(sql: str, values: dict[int, str]) -> str:
    return re.sub(r"\$(\d+)", lambda found: values[int(found[1])], sql).rstrip().rstrip(";") + ";\n"


async def _pgbench(deployment: Deployment, sql: str, seconds: float, size: int = 1) -> dict[str, float]:
    """Operations a second and mean milliseconds; once only when there are no seconds."""
    servers = deployment.servers
    script = Path(servers.directory) / "script.sql"
    script.write_text(sql, encoding="utf-8")
    length = ["-T", str(max(1, round(seconds))), "-c", str(CONNECTIONS), "-j", "2"] if seconds else ["-t", "1"]
    command = [str(postgres_directory(Settings()) / "pgbench"), "-n", "-M", "prepared", "-f", str(script), *length]
    process = await asyncio.create_subprocess_exec(
        *command, servers.database_url, stdout=-1, stderr=-1, env={**os.environ, "PGTZ": "UTC"}
    )
    said, wrong = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"pgbench ended with {process.returncode}: {wrong.decode()[-1000:]}")
    rate, latency = re.search(rb"tps = ([\d.]+)", said), re.search(rb"latency average = ([\d.]+)", said)
    assert rate is not None
    assert latency is not None
    return {"rate": float(rate[1]) * size, "mean_ms": float(latency[1])}
