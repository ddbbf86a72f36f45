"""What is done for every operation, counted in statements: each is a round trip, and most of the time it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from operations_api.store.connection import Pool, connected, open_pool
from operations_api.store.journal import Journal
from operations_api.store.leases import Leases
from operations_api.store.store import Store

from . import factory
from .conftest import KNOWN
from .factory import entry, request, step_entry

MANY = 50


@pytest.fixture
async def one(database: str) -> AsyncIterator[Pool]:
    """A pool of one session, so that everything it is sent is seen."""
    opened = await open_pool(database, size=1)
    yield opened
    await opened.close()


@pytest.fixture
async def sent(one: Pool) -> list[str]:
    """The statements so far, once the session knows the types of every parameter and column."""
    store, leases = Store(one), Leases(one, uuid4(), lease_seconds=15)
    journal = Journal(one, leases._owner, lambda changes: None)
    await store.get(factory.TENANT, (await store.start(request(key=uuid4().hex))).operation.id)
    (leased,) = await leases.claim(KNOWN, 1)
    await journal.write(entry(leased, step_entry()))
    statements: list[str] = []
    async with connected(one) as connection:
        connection.add_query_logger(lambda record: statements.append(record.query))
    return statements


async def test_a_start_is_one_statement(one, sent):
    await Store(one).start(request(key=uuid4().hex))
    assert len(sent) == 1


async def test_a_read_is_one_statement(one, sent):
    await Store(one).get(factory.TENANT, uuid4())
    assert len(sent) == 1


async def test_while_one_batch_is_stored_all_others_gather_for_the_next(one, sent):
    store = Store(one)
    await asyncio.gather(*(store.start(request(key=uuid4().hex)) for _ in range(MANY)))
    assert len(sent) <= 3  # the first, by itself, with what came in the same turn; then the rest


async def test_an_operation_costs_a_worker_its_share_of_a_claim_and_of_each_write(one, sent):
    store, leases = Store(one), Leases(one, uuid4(), lease_seconds=15)
    journal = Journal(one, uuid4(), lambda changes: None)
    await asyncio.gather(*(store.start(request(key=uuid4().hex)) for _ in range(MANY)))
    sent.clear()
    claimed = await leases.claim(KNOWN, MANY)
    assert (len(claimed), len(sent)) == (MANY, 1)
    await asyncio.gather(*(journal.write(entry(leased, step_entry())) for leased in claimed))
    assert len(sent) <= 4


async def test_what_a_handler_did_to_its_session_is_undone_before_anybody_gets_it(one, sent, connection):
    leases = Leases(one, uuid4(), lease_seconds=15)
    await factory.operation(connection)
    (leased,) = await leases.claim(KNOWN, 1)
    journal = Journal(one, leases._owner, lambda changes: None)
    async with journal.transaction(factory.TENANT, leased.operation.id, leased.epoch) as local:
        await local.connection.execute("set search_path to nowhere; select pg_advisory_lock(1)")
    async with connected(one) as later:
        assert await later.fetchval("show search_path") != "nowhere"
    assert await connection.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0
