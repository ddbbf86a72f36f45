"""Two persons act at the same time."""

from __future__ import annotations

import asyncio

from operations_api.store.operator import Operators, Order

from . import factory
from .conftest import blocked
from .factory import TENANT


async def test_of_two_who_act_at_once_on_what_needs_attention_one_does(connection, pool, database):
    row = await factory.operation(connection, status="needs_attention")
    operators = Operators(pool)
    async with connection.transaction():
        await connection.execute("select from operations for no key update")
        acting = [
            asyncio.create_task(operators.retry(Order(tenant=TENANT, id=row["id"], actor=who)))
            for who in ("ann", "bob")
        ]
        await blocked(database, 2)
    verdicts = await asyncio.gather(*acting)
    assert sorted(verdict.outcome for verdict in verdicts) == ["done", "not_blocked"]
    assert await connection.fetchval("select count(*) from operator_actions") == 1
