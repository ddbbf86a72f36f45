"""How much of everything there is in the database, for whoever watches it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Final

import msgspec

from operations_api.meter import Meter
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

READY_AT_MOST: Final = 10_000
"""Who has more than this waiting need not know how many; the count takes a few milliseconds."""

OLDEST_AMONG: Final = 1_000

SQL: Final = load("stock")


class Table(msgspec.Struct, frozen=True):
    """One of our tables; ``rows`` is Postgres' estimate, ``bytes`` includes its indexes."""

    name: str
    rows: int
    bytes: int


class Stock(msgspec.Struct, frozen=True):
    """What waits for workers and receivers, what is blocked by type, and what the tables hold."""

    ready: int
    waiting_for_room: int
    oldest_seconds: float
    webhooks_due: int
    webhooks_due_seconds: float
    blocked: dict[str, int]
    tables: list[Table]


async def take_stock(pool: Pool) -> Stock:
    """Look. Raises ``StoreUnavailable``."""
    async with connected(pool) as connection:
        queue = await connection.fetchrow(SQL["measure_queue"], READY_AT_MOST, OLDEST_AMONG)
        webhooks = await connection.fetchrow(SQL["measure_webhooks"], READY_AT_MOST)
        blocked = await connection.fetch(SQL["count_blocked"])
        tables = await connection.fetch(SQL["measure_tables"], _our_tables())
    return Stock(
        ready=queue["ready"],
        waiting_for_room=queue["waiting_for_room"],
        oldest_seconds=max(queue["oldest_seconds"], 0.0),  # the clock may be set back
        webhooks_due=webhooks["due"],
        webhooks_due_seconds=max(webhooks["oldest_seconds"], 0.0),
        blocked={row["type"]: row["blocked"] for row in blocked},
        tables=[Table(**row) for row in tables],
    )


def counting(meter: Meter, batch: str, pool: Pool) -> Callable[[int], None]:
    """For a batcher: tells the meter of each batch, and how busy the pool is when it begins."""

    def count(size: int) -> None:
        meter.batch_flushed(batch, size, (pool.get_size() - pool.get_idle_size()) / pool.get_max_size())

    return count


def _our_tables() -> list[str]:
    schema = (files("operations_api.store") / "sql" / "schema.sql").read_text(encoding="utf-8")
    return re.findall(r"^create table (\w+)", schema, re.MULTILINE)
