"""A ledger for every test of the examples, and books that must add up at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from examples.ledger.audit import audit
from examples.seed import seed
from tests.examples.operation import Begin, Operation


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with the examples' accounts and goods."""
    await seed(database)
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
async def begin(ledger: asyncpg.Connection) -> AsyncIterator[Begin]:
    """Begins operations by hand; afterwards the books must add up, whatever the test did."""
    yield lambda definition, input, tenant="dev": Operation(ledger, definition, input, tenant)
    assert await audit(ledger) == []
