"""Makes the examples' tables and fills them: call ``seed``, or run ``python -m examples.seed`` (DATABASE_URL)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from typing import Final
from uuid import UUID

import asyncpg

from examples.queries import HERE, queries

SQL: Final = queries("ledger/seed.sql")
POST: Final = queries("ledger/money.sql")["post"]

OUTSIDE: Final = "bank"
"""Where money comes from: the one account that goes below zero."""

ACCOUNTS: Final = {
    OUTSIDE: ("outside", 0),
    "merchant": ("merchant", 0),
    "alice": ("customer", 1_000_000_000_000),  # rich enough for every test run that uses her account
    "bob": ("customer", 500),  # too poor for anything on the shelves
}
STOCK: Final = {
    "kettle": (3_900, 1_000_000),
    "teapot": (2_450, 25),
    "unicorn": (1_000_000, 0),  # always sold out
}
SEED_OPERATION: Final = UUID(int=0)
"""Opening balances are transfers like any other; they belong to no operation."""


async def seed(database_url: str) -> None:
    """Create the schema ``examples`` with its accounts and goods, unless they are there; safe to run at the same time.

    Raises ``RuntimeError`` when the tables are those of another version of the examples.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(SQL["lock"])
            await _create_schema(connection)
            await _open_accounts(connection)
            for sku, (price_minor, quantity) in STOCK.items():
                await connection.execute(SQL["stock_shelf"], sku, price_minor, quantity)
    finally:
        await connection.close()


async def _create_schema(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    schema = (HERE / "ledger/schema.sql").read_text(encoding="utf-8")
    digest = hashlib.sha256(schema.encode()).hexdigest()
    if not await connection.fetchval(SQL["is_created"]):
        await connection.execute(schema)
        await connection.execute(SQL["record_schema_version"], digest)
    elif await connection.fetchval(SQL["schema_version"]) != digest:
        raise RuntimeError(
            "the schema examples was made by another version of the examples: "
            "drop it (drop schema examples cascade) when nothing in it is needed, and start again"
        )


async def _open_accounts(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    for name, (kind, _) in ACCOUNTS.items():
        await connection.execute(SQL["open_account"], name, kind)
    for name, (_, balance_minor) in ACCOUNTS.items():
        if balance_minor:
            await connection.fetchval(POST, "examples", SEED_OPERATION, name, OUTSIDE, name, balance_minor, 0)


if __name__ == "__main__":
    if "DATABASE_URL" not in os.environ:
        sys.exit("set DATABASE_URL to the database the examples should use")
    asyncio.run(seed(os.environ["DATABASE_URL"]))
