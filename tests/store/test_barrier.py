"""The barrier in a Postgres of the user's own: what repeats is done once, and what comes too late is an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from operations_api import BARRIER_SCHEMA, Context, LateReserve, ask_barrier, barrier
from operations_api.domain.barrier import OutOfTurn

from .conftest import blocked


class Theatre:
    """Seats in a database that is not the service's, as handlers of one step hold, sell and free them."""

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.url)
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def handle(self, ctx: Context) -> bool:
        """What a handler does: it passes the barrier and, where it has work to do, notes its phase."""
        async with self.transaction() as connection:
            if has_work := await barrier(ctx, connection):
                await connection.execute("insert into effects values ($1, $2)", ctx.operation_id, ctx.phase)
        return has_work

    async def effects(self, id: UUID) -> list[str]:
        async with self.transaction() as connection:
            rows = await connection.fetch("select phase from effects where operation = $1 order by phase", id)
        return [row["phase"] for row in rows]


@pytest.fixture
async def theatre(empty_database: str) -> Theatre:
    theatre = Theatre(empty_database)
    async with theatre.transaction() as connection:
        await connection.execute(BARRIER_SCHEMA)
        await connection.execute(BARRIER_SCHEMA)  # again does nothing
        await connection.execute("create table effects (operation uuid, phase text)")
    return theatre


def call(phase: str, id: UUID, *, step: str = "seats", tenant: str = "acme") -> Context:
    """What a handler is given, for what the barrier reads of it."""
    values: dict[str, Any] = dict.fromkeys(Context.__dataclass_fields__)
    values |= {"operation_id": id, "tenant": tenant, "step": step, "phase": phase, "deadline": datetime.now(UTC)}
    return Context(**values)


async def test_a_repeated_handler_does_its_work_once(theatre: Theatre) -> None:
    id = uuid4()
    for phase in ("reserve", "commit", "compensate"):
        assert [await theatre.handle(call(phase, id)) for _ in range(3)] == [True, False, False]
    assert await theatre.effects(id) == ["commit", "compensate", "reserve"]


async def test_a_handler_that_comes_ten_times_at_once_does_its_work_once(theatre: Theatre) -> None:
    id = uuid4()
    worked = await asyncio.gather(*(theatre.handle(call("reserve", id)) for _ in range(10)))
    assert worked.count(True) == 1
    assert await theatre.effects(id) == ["reserve"]


async def test_a_rollback_of_what_was_never_reserved_does_nothing_and_a_reserve_after_it_is_refused(
    theatre: Theatre,
) -> None:
    id = uuid4()
    assert not await theatre.handle(call("rollback", id))
    with pytest.raises(LateReserve, match='step "seats" is released already'):
        await theatre.handle(call("reserve", id))
    assert not await theatre.handle(call("rollback", id))
    assert await theatre.effects(id) == []


async def test_a_late_reserve_is_refused_after_what_it_obtained_was_given_back(theatre: Theatre) -> None:
    id = uuid4()
    assert [await theatre.handle(call(phase, id)) for phase in ("reserve", "rollback")] == [True, True]
    with pytest.raises(LateReserve):
        await theatre.handle(call("reserve", id))
    assert not await theatre.handle(call("rollback", id))
    assert await theatre.effects(id) == ["reserve", "rollback"]


async def test_what_a_handler_did_and_that_it_did_it_are_one_transaction(theatre: Theatre) -> None:
    id = uuid4()
    connection = await asyncpg.connect(theatre.url)
    await connection.execute("begin")
    assert await barrier(call("reserve", id), connection)
    await connection.execute("insert into effects values ($1, 'reserve')", id)
    connection.terminate()  # its process was killed
    assert await theatre.effects(id) == []
    assert not await theatre.handle(call("rollback", id))


@pytest.mark.parametrize("committed", [True, False])
async def test_a_rollback_waits_for_a_reserve_under_way_and_undoes_what_that_did(
    theatre: Theatre, committed: bool
) -> None:
    id = uuid4()
    connection = await asyncpg.connect(theatre.url)
    reserving = connection.transaction()
    await reserving.start()
    assert await barrier(call("reserve", id), connection)
    rollback = asyncio.create_task(theatre.handle(call("rollback", id)))
    await blocked(theatre.url)
    await (reserving.commit() if committed else reserving.rollback())
    assert await rollback is committed
    await connection.close()
    with pytest.raises(LateReserve):
        await theatre.handle(call("reserve", id))


async def test_a_reserve_waits_for_a_rollback_under_way_and_is_then_refused(theatre: Theatre) -> None:
    id = uuid4()
    connection = await asyncpg.connect(theatre.url)
    releasing = connection.transaction()
    await releasing.start()
    assert not await barrier(call("rollback", id), connection)
    reserve = asyncio.create_task(theatre.handle(call("reserve", id)))
    await blocked(theatre.url)
    await releasing.commit()
    with pytest.raises(LateReserve):
        await reserve
    await connection.close()
    assert await theatre.effects(id) == []


@pytest.mark.parametrize("first", ["reserve", "rollback"])
async def test_a_session_that_sees_an_old_snapshot_is_refused_rather_than_let_through(
    theatre: Theatre, first: str
) -> None:
    id, second = uuid4(), "rollback" if first == "reserve" else "reserve"
    connection = await asyncpg.connect(theatre.url)
    await connection.execute("begin isolation level repeatable read")
    await connection.execute("select 1 from effects")  # the snapshot is taken
    await theatre.handle(call(first, id))
    with pytest.raises(asyncpg.SerializationError):
        await barrier(call(second, id), connection)
    await connection.close()


@pytest.mark.parametrize(
    ("before", "phase"),
    [
        ([], "commit"),
        (["rollback"], "commit"),
        (["reserve", "commit"], "rollback"),
        (["reserve"], "compensate"),
        (["reserve", "commit", "compensate"], "commit"),
    ],
)
async def test_a_handler_that_cannot_follow_on_what_was_done_is_an_error_and_changes_nothing(
    theatre: Theatre, before: list[str], phase: str
) -> None:
    id = uuid4()
    for earlier in before:
        await theatre.handle(call(earlier, id))
    effects = await theatre.effects(id)
    with pytest.raises(OutOfTurn, match="call the barrier in every handler"):
        await theatre.handle(call(phase, id))
    assert await theatre.effects(id) == effects


async def test_steps_operations_and_tenants_have_rows_of_their_own(theatre: Theatre) -> None:
    id = uuid4()
    for owner in ({}, {"step": "cloakroom"}, {"tenant": "other"}):
        assert await theatre.handle(call("reserve", id, **owner))
    assert await theatre.handle(call("reserve", uuid4()))


async def test_outside_a_transaction_it_refuses_to_answer(theatre: Theatre) -> None:
    connection = await asyncpg.connect(theatre.url)
    with pytest.raises(RuntimeError, match=r"inside `async with connection\.transaction\(\):`"):
        await barrier(call("reserve", uuid4()), connection)
    await connection.close()


async def test_it_works_on_a_connection_of_a_pool(theatre: Theatre) -> None:
    async with (
        asyncpg.create_pool(theatre.url, min_size=1, max_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        assert await barrier(call("reserve", uuid4()), connection)


async def test_it_knows_what_a_query_may_answer(theatre: Theatre) -> None:
    id = uuid4()
    answers = []
    async with theatre.transaction() as connection:
        for phase in ("reserve", "commit", "compensate"):
            answers.append(await ask_barrier(call("reserve", id), connection))
            await theatre.handle(call(phase, id))
        answers.append(await ask_barrier(call("commit", id), connection))
        pivot = call("execute", uuid4(), step="charge")
        await theatre.handle(pivot)
        answers.append(await ask_barrier(pivot, connection))
    assert answers == ["absent", "held", "committed", "released", "committed"]
