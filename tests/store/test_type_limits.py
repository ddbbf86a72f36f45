"""Types of which only so many run at once: over all workers, whatever wakes them, and in fair order."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from operations_api.store.connection import Pool
from operations_api.store.definitions import park_orphans
from operations_api.store.journal import Journal
from operations_api.store.leases import Leased, Leases
from operations_api.store.store import Store
from operations_api.store.type_limits import TypeLimits

from . import factory
from .conftest import KNOWN

LIMITS = {factory.TYPE: 2}


@pytest.fixture
def limits(pool: Pool) -> TypeLimits:
    return TypeLimits(pool, KNOWN, LIMITS)


async def start(store: Store, **asked: Any) -> UUID:
    return (await store.start(factory.request(**{"key": uuid4().hex, "limited": True, **asked}))).operation.id


async def count(connection: asyncpg.Connection, where: str) -> int:
    return int(await connection.fetchval(f"select count(*) from operations where {where}"))  # noqa: S608


async def sleep(journal: Journal, leased: Leased) -> None:
    entry = factory.entry(leased, release_lease=True, wake_at=leased.claimed_at + timedelta(seconds=0))
    assert await journal.write(entry) is not None


async def test_no_more_than_the_limit_is_let_in(
    store: Store, limits: TypeLimits, connection: asyncpg.Connection, leases: Leases
) -> None:
    for _ in range(5):
        await start(store)
    assert await leases.claim(KNOWN, 10) == [], "nothing is ready by itself"
    assert await limits.let_in(10) == 2
    assert await limits.let_in(10) == 0, "what is ready takes room"
    assert len(await leases.claim(KNOWN, 10)) == 2
    assert await limits.let_in(10) == 0, "what is executed takes room"


async def test_the_first_in_fair_order_come_first(store: Store, limits: TypeLimits, leases: Leases) -> None:
    for place in (5, 3, 4, 1, 2):
        await start(store, fair_order=place, key=f"place-{place}")
    await limits.let_in(10)
    assert {leased.operation.idempotency_key for leased in await leases.claim(KNOWN, 10)} == {"place-1", "place-2"}


async def test_what_ends_sleeps_or_waits_for_a_person_makes_room(
    store: Store, limits: TypeLimits, connection: asyncpg.Connection, leases: Leases, journal: Journal
) -> None:
    for _ in range(5):
        await start(store)
    await limits.let_in(10)
    ends, sleeps = await leases.claim(KNOWN, 10)
    done = {"status": "succeeded", "phase": "finished", "decide": "commit", "result": b"{}", "release_lease": True}
    assert await journal.write(factory.entry(ends, **done)) is not None
    await sleep(journal, sleeps)
    assert await limits.let_in(10) == 2
    first, _ = await leases.claim(KNOWN, 10)
    assert await journal.write(factory.entry(first, status="needs_attention", release_lease=True)) is not None
    assert await limits.let_in(10) == 1


@pytest.mark.parametrize("woken_by", ["sweep", "cancel", "lost lease"])
async def test_what_is_woken_waits_for_room_again(
    woken_by: str,
    store: Store,
    limits: TypeLimits,
    connection: asyncpg.Connection,
    leases: Leases,
    journal: Journal,
) -> None:
    await start(store)
    await limits.let_in(10)
    (leased,) = await leases.claim(KNOWN, 10)
    for _ in range(2):
        await start(store)
    if woken_by != "lost lease":
        await sleep(journal, leased)
    await limits.let_in(10)
    if woken_by == "cancel":
        await store.cancel(factory.TENANT, leased.operation.id)
    else:
        await connection.execute(
            "update operations set next_wake_at = clock_timestamp() where next_wake_at is not null"
        )
        await leases.sweep(10)
    row = await connection.fetchrow("select ready, waits_for_room from operations where id = $1", leased.operation.id)
    assert tuple(row) == (False, True)
    assert await count(connection, "ready or lease_owner is not null") <= 2


async def test_a_cancel_of_what_waits_for_room_ends_it(store: Store, connection: asyncpg.Connection) -> None:
    id = await start(store)
    assert (await store.cancel(factory.TENANT, id)).outcome == "accepted"
    assert await count(connection, "waits_for_room") == 0


async def test_while_one_worker_gives_room_away_another_gives_none_and_waits_for_nobody(
    store: Store, connection: asyncpg.Connection, limits: TypeLimits
) -> None:
    for _ in range(6):
        await start(store)
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('operations-api: rooms', 0))")
        assert await limits.let_in(10) == 0
    assert await limits.let_in(10) == 2


async def test_what_waits_for_a_worker_that_does_nothing_else_keeps_nobody_out(
    store: Store, connection: asyncpg.Connection, limits: TypeLimits, leases: Leases
) -> None:
    suspect = await start(store, fair_order=1)
    await connection.execute("update operations set lost_leases = 2")
    for _ in range(5):
        await start(store, fair_order=2)
    await limits.let_in(10)
    await limits.let_in(10)
    assert len(await leases.claim(KNOWN, 10)) == 2, "beside the suspect, which is ready for whoever gets empty"
    taken = await leases.claim_suspect(KNOWN)
    assert taken is not None
    assert taken.operation.id == suspect
    assert await limits.let_in(10) == 0


async def test_a_deadline_ends_in_time_what_waits_for_room(
    store: Store, connection: asyncpg.Connection, limits: TypeLimits, leases: Leases
) -> None:
    for _ in range(2):
        await start(store)
    await limits.let_in(10)
    late = await start(store, deadline=factory.SOON)
    assert await count(connection, "waits_for_room and next_wake_at = deadline") == 1
    await connection.execute("update operations set next_wake_at = $1 where id = $2", factory.LONG_AGO, late)
    await leases.sweep(10)
    await leases.sweep(10)
    row = await connection.fetchrow("select ready, waits_for_room, decision from operations where id = $1", late)
    assert tuple(row) == (True, False, "rollback")


async def test_what_is_let_in_before_its_deadline_is_awake(
    store: Store, connection: asyncpg.Connection, limits: TypeLimits
) -> None:
    await start(store, deadline=factory.SOON)
    await limits.let_in(10)
    assert await count(connection, "ready and next_wake_at is null and decision is null") == 1


async def test_many_workers_at_once_keep_the_limit(
    pool: Pool, store: Store, connection: asyncpg.Connection, journal: Journal, leases: Leases
) -> None:
    for _ in range(60):
        await start(store)
    most = 0

    async def work() -> None:
        nonlocal most
        limits = TypeLimits(pool, KNOWN, LIMITS)
        while await unfinished():
            await limits.let_in(4)
            taken = await leases.claim(KNOWN, 4)
            most = max(most, await connection_count())
            for leased in taken:
                done = {"status": "succeeded", "phase": "finished", "decide": "commit", "result": b"{}"}
                await journal.write(factory.entry(leased, release_lease=True, **done))

    async def connection_count() -> int:
        async with pool.acquire() as session:
            return await count(session, "lease_owner is not null")

    async def unfinished() -> int:
        async with pool.acquire() as session:
            return await count(session, "finished_at is null")

    async with asyncio.timeout(60):  # only so that a lost operation fails instead of hanging
        await asyncio.gather(*(work() for _ in range(4)))
    assert 1 <= most <= 2


async def test_a_type_that_has_lost_its_limit_waits_for_nothing(
    pool: Pool, store: Store, connection: asyncpg.Connection, leases: Leases
) -> None:
    for _ in range(5):
        await start(store)
    assert await TypeLimits(pool, KNOWN, {}).lift(at_most=3) == 3, "so many at a time"
    assert await TypeLimits(pool, KNOWN, {}).lift() == 2
    assert len(await leases.claim(KNOWN, 10)) == 5
    assert await TypeLimits(pool, [("another", 1)], {}).lift() == 0


async def test_what_no_worker_knows_takes_no_room_and_needs_attention(
    pool: Pool, store: Store, connection: asyncpg.Connection, limits: TypeLimits, leases: Leases
) -> None:
    for _ in range(2):
        await start(store, definition_version=2, fair_order=1)
    known = await start(store, fair_order=2)
    await factory.definition(connection, version=1, announced_at=factory.SOON)
    await factory.definition(connection, version=2, announced_at=factory.LONG_AGO)
    assert len(await park_orphans(pool, 10)) == 2
    assert await limits.let_in(10) == 1
    (leased,) = await leases.claim(KNOWN, 10)
    assert leased.operation.id == known
    both = [*KNOWN, (factory.TYPE, 2)]
    assert await TypeLimits(pool, both, LIMITS).let_in(10) == 1, "whoever knows them lets them in, one beside the known"


async def test_whose_turn_it_is_among_those_that_wait_for_room_is_known(store: Store) -> None:
    assert await store.head_of_queue(factory.TYPE) is None
    for place in (7, 5, 6):
        await start(store, fair_order=place)
    assert await store.head_of_queue(factory.TYPE) == 5
    assert await store.head_of_queue() is None, "none of them waits for a worker"
