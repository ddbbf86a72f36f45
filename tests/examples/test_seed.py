from __future__ import annotations

import asyncio

import asyncpg
import pytest

from examples.ledger.audit import audit
from examples.queries import HERE, queries
from examples.seed import ACCOUNTS, STOCK, seed


async def test_seeding_from_many_processes_at_once_is_seeding_once(database: str):
    await asyncio.gather(*(seed(database) for _ in range(8)))
    connection = await asyncpg.connect(database)
    balances = dict(await connection.fetch("select name, balance_minor from examples.accounts"))
    findings = await audit(connection)
    await connection.close()
    opening = {name: balance for name, (_, balance) in ACCOUNTS.items()}
    assert balances == {**opening, "bank": -sum(opening.values())}
    assert findings == []


async def test_seeding_again_leaves_what_happened_since(ledger, database: str):
    await ledger.execute("update examples.stock set on_hand = 7, received = 7 where sku = 'teapot'")
    await seed(database)
    assert await ledger.fetchval("select on_hand from examples.stock where sku = 'teapot'") == 7
    assert await ledger.fetchval("select count(*) from examples.stock") == len(STOCK)


async def test_tables_of_another_version_are_left_alone_and_named(ledger, database: str):
    await ledger.execute("update examples.schema_version set digest = 'another'")
    with pytest.raises(RuntimeError, match="drop schema examples cascade"):
        await seed(database)


@pytest.mark.parametrize(
    "file", sorted(str(path.relative_to(HERE)) for path in (HERE / "ledger").glob("*.sql") if path.name != "schema.sql")
)
async def test_every_query_fits_the_schema(ledger, file: str):
    named = queries(file)
    assert named
    for name, sql in named.items():
        try:
            await ledger.prepare(sql)
        except asyncpg.PostgresError as error:
            raise AssertionError(f"{file}: {name}: {error}") from error
