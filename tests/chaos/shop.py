"""Customers and goods for the load: so many that it measures the engine, and not how long a queue for one row is.

They are beside those of the examples. The merchant stays one: everybody's payments meet there.
"""

from __future__ import annotations

import asyncpg

from examples.seed import OUTSIDE, POST, SEED_OPERATION, SQL, seed

CUSTOMERS = tuple(f"customer-{number:02}" for number in range(64))
GOODS = tuple(f"lamp-{number:02}" for number in range(64))
PRICE_MINOR = 2_500
SUPPLY = 1_000_000
SAVINGS_MINOR = 100 * SUPPLY * PRICE_MINOR
"""Nobody runs out of money by buying one lamp after the other."""

TOO_MANY = 10_000
"""Lamps of which there are enough, and which ``bob``, the pauper of the examples, can never pay for."""


async def open_shop(database_url: str) -> None:
    """Seed the examples, then open the accounts and fill the shelves."""
    await seed(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        for name in CUSTOMERS:
            await connection.execute(SQL["open_account"], name, "customer")
            await connection.fetchval(POST, "chaos", SEED_OPERATION, name, OUTSIDE, name, SAVINGS_MINOR, 0)
        for sku in GOODS:
            await connection.execute(SQL["stock_shelf"], sku, PRICE_MINOR, SUPPLY)
    finally:
        await connection.close()
