"""Operations of a group: one at a time, in the order in which they were accepted, whoever ends them and when."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from operations_api.domain.journal import JournalEntry
from operations_api.store.connection import Pool
from operations_api.store.journal import Journal
from operations_api.store.leases import Leased, Leases
from operations_api.store.operator import Operators, Order
from operations_api.store.own_ids import OwnIds
from operations_api.store.store import Store

from . import factory
from .conftest import KNOWN, blocked

HOUR = timedelta(hours=1)


async def start(store: Store, group: str = "account-7", **asked: Any) -> UUID:
    request = factory.request(key=uuid4().hex, group=group, **asked)
    return (await store.start(request)).operation.id


async def ready(connection: asyncpg.Connection) -> set[UUID]:
    return {row["id"] for row in await connection.fetch("select id from operations where ready")}


def ending(leased: Leased, status: str = "succeeded") -> JournalEntry:
    """The write that ends an operation."""
    ends = {"decide": "commit", "result": b"{}"} if status == "succeeded" else {"decide": "rollback", "error": b"{}"}
    return factory.entry(leased, status=status, phase="finished", release_lease=True, **ends)


async def end_next(leases: Leases, journal: Journal) -> UUID:
    """Claim what is ready and end it."""
    (leased,) = await leases.claim(KNOWN, 10)
    assert await journal.write(ending(leased)) is not None
    return leased.operation.id


async def test_one_is_ready_and_the_others_follow_in_the_order_of_acceptance(
    store: Store, connection: asyncpg.Connection, leases: Leases, journal: Journal
) -> None:
    ids = [await start(store) for _ in range(4)]
    for id in ids:
        assert await ready(connection) == {id}
        assert await end_next(leases, journal) == id
    assert await ready(connection) == set()
    assert await connection.fetch("select from operation_groups") == []


async def test_starts_of_one_batch_follow_in_the_order_in_which_they_were_submitted(
    store: Store, connection: asyncpg.Connection, leases: Leases, journal: Journal
) -> None:
    ids = await asyncio.gather(*(start(store, id=uuid4()) for _ in range(20)))  # ids that sort in another order
    assert [await end_next(leases, journal) for _ in ids] == list(ids)


async def test_groups_and_what_has_none_do_not_hold_each_other_up(store: Store, connection: asyncpg.Connection) -> None:
    heads = [await start(store, group) for group in ("a", "b")]
    alone = [(await store.start(factory.request(key=uuid4().hex))).operation.id for _ in range(2)]
    await start(store, "a")
    other = await start(store, "a", tenant="other")
    assert await ready(connection) == {*heads, *alone, other}


async def test_a_head_that_needs_attention_or_sleeps_holds_its_group_up_until_it_ends(
    store: Store, pool: Pool, connection: asyncpg.Connection, leases: Leases, journal: Journal
) -> None:
    await start(store)
    second = await start(store)
    (head,) = await leases.claim(KNOWN, 1)
    blocked_entry = factory.entry(head, status="needs_attention", release_lease=True)
    assert await journal.write(blocked_entry) is not None
    assert await ready(connection) == set()
    order = Order(tenant=factory.TENANT, id=head.operation.id, actor="ann", evidence="a test")
    await Operators(pool).force_close(order)
    assert await ready(connection) == {second}


async def test_a_cancel_of_what_waits_moves_nobody_and_a_cancel_of_the_head_the_next(
    store: Store, connection: asyncpg.Connection
) -> None:
    first, second, third = [await start(store) for _ in range(3)]
    assert (await store.cancel(factory.TENANT, second)).outcome == "accepted"
    assert await ready(connection) == {first}
    assert (await store.cancel(factory.TENANT, first)).outcome == "accepted"
    assert await ready(connection) == {third}


async def test_a_head_waits_for_its_time_and_the_others_for_it(
    store: Store, connection: asyncpg.Connection, leases: Leases
) -> None:
    later = datetime.now(UTC) + HOUR
    head = await start(store, not_before=later)
    second = await start(store)
    assert await ready(connection) == set()
    await connection.execute("update operations set next_wake_at = clock_timestamp() where id = $1", head)
    await leases.sweep(10)
    assert await ready(connection) == {head}
    assert (await store.cancel(factory.TENANT, head)).outcome == "accepted"
    assert await ready(connection) == {second}


async def test_what_becomes_the_head_before_its_time_sleeps_until_then(
    store: Store, connection: asyncpg.Connection
) -> None:
    first = await start(store)
    await start(store, not_before=datetime.now(UTC) + HOUR)
    await store.cancel(factory.TENANT, first)
    row = await connection.fetchrow("select ready, next_wake_at, not_before from operations where finished_at is null")
    assert (row["ready"], row["next_wake_at"]) == (False, row["not_before"])


async def test_a_deadline_ends_what_waits_and_it_never_begins(
    store: Store, connection: asyncpg.Connection, leases: Leases, journal: Journal
) -> None:
    head = await start(store)
    late = await start(store, deadline=datetime.now(UTC) + HOUR)
    third = await start(store)
    await connection.execute("update operations set next_wake_at = clock_timestamp() where id = $1", late)
    await leases.sweep(10)
    claimed = {leased.operation.id: leased for leased in await leases.claim(KNOWN, 10)}
    assert set(claimed) == {head, late}
    assert claimed[late].operation.decision == "rollback", "also where the clock now says that there is time"
    assert await journal.write(ending(claimed[late], "failed")) is not None
    assert await ready(connection) == set()
    assert await journal.write(ending(claimed[head])) is not None
    assert await ready(connection) == {third}


async def test_a_start_that_comes_while_the_head_ends_is_not_forgotten(
    database: str, store: Store, connection: asyncpg.Connection
) -> None:
    head = await start(store)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(CANCEL, head)
    starting = asyncio.create_task(start(store))
    await blocked(database)
    await transaction.commit()
    started = await starting
    assert await ready(connection) == {started}


@pytest.mark.parametrize("end", ["cancel", "force-close"])
async def test_a_head_that_ends_while_another_is_being_accepted_makes_that_one_ready(
    end: str, database: str, pool: Pool, store: Store, connection: asyncpg.Connection
) -> None:
    head = await start(store)
    if end == "force-close":
        await connection.execute("update operations set status = 'needs_attention' where id = $1", head)
    transaction = connection.transaction()
    await transaction.start()
    await factory.operation(connection, id=(late := uuid4()), tenant=factory.TENANT, group_name="account-7")
    order = Order(tenant=factory.TENANT, id=head, actor="ann", evidence="a test")
    closing: Any = store.cancel(factory.TENANT, head) if end == "cancel" else Operators(pool).force_close(order)
    ending_it = asyncio.create_task(closing)
    await blocked(database)
    await transaction.commit()
    assert (await ending_it).outcome in ("accepted", "done")
    assert await ready(connection) == {late}


async def test_what_waits_is_canceled_while_the_head_ends_and_nobody_is_forgotten(
    database: str, store: Store, connection: asyncpg.Connection, leases: Leases, journal: Journal
) -> None:
    """Both wait for the group, the head's end first; then it wants the row of what is canceled."""
    _, second, third = [await start(store) for _ in range(3)]
    (head,) = await leases.claim(KNOWN, 1)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("select from operation_groups for update")
    writing = asyncio.create_task(journal.write(ending(head)))
    await blocked(database, 1)
    canceling = asyncio.create_task(store.cancel(factory.TENANT, second))
    await blocked(database, 2)
    await transaction.commit()
    assert await writing is not None
    assert (await canceling).outcome == "accepted"
    assert await ready(connection) == {third}


async def test_a_replay_takes_no_place(store: Store, pool: Pool, connection: asyncpg.Connection) -> None:
    request = factory.request(key="same", group="g")
    own = factory.request(key=None, id=uuid4(), group="g", fair_order=2)
    for _ in range(3):
        await store.start(request)
        await OwnIds(pool).start(own)
    places = await connection.fetch("select group_position from operations order by group_position")
    assert [row["group_position"] for row in places] == [1, 2]
    assert await connection.fetchval("select last_position from operation_groups") == 2


async def test_many_that_start_and_end_at_once_run_one_at_a_time_in_each_group(
    pool: Pool, connection: asyncpg.Connection, journal: Journal, leases: Leases
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    stores = [Store(pool) for _ in range(3)]
    groups = [f"g{number}" for number in range(7)]
    ended: dict[str, list[UUID]] = {group: [] for group in groups}

    async def begin(store: Store) -> None:
        for _ in range(60):
            await asyncio.gather(*(start(store, chance.choice(groups)) for _ in range(chance.randrange(1, 5))))

    async def work() -> None:
        while starting or await ready(connection):
            taken = await leases.claim(KNOWN, 8)
            names = [leased.operation.group for leased in taken]
            assert len(names) == len(set(names)), "two of one group at once"
            chance.shuffle(taken)
            await asyncio.gather(*(journal.write(ending(leased)) for leased in taken))
            for leased in taken:
                ended[leased.operation.group].append(leased.operation.id)
            await asyncio.sleep(0)

    async def all_begun() -> None:
        await asyncio.gather(*map(begin, stores))
        starting.clear()

    starting = {True}
    await asyncio.gather(all_begun(), work())
    for group in groups:
        rows = await connection.fetch("select id, group_position from operations where group_name = $1", group)
        places = dict(map(tuple, rows))
        assert sorted(ended[group]) == sorted(places)
        # a group of which nothing was left begins anew
        assert all(after in (before + 1, 1) for before, after in pairwise([0, *(places[id] for id in ended[group])]))
    assert await connection.fetch("select from operation_groups") == []


CANCEL: Any = """
update operations
set status = 'canceled', phase = 'finished', decision = 'rollback', error = '{}', ready = false, next_wake_at = null,
    finished_at = clock_timestamp(), expires_at = clock_timestamp()
where id = $1
"""
