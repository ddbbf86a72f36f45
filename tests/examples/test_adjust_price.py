from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import msgspec
import pytest

from examples.adjust_price import ADJUST_PRICE, PriceInput
from examples.ledger.audit import audit
from examples.ledger.barrier import LateReserve, NothingHeld
from examples.place_order import PLACE_ORDER, OrderInput
from examples.seed import STOCK
from operations_api import Reject, Retry
from tests.examples.operation import Begin, Operation
from tests.examples.test_end_to_end import Shop, shop
from tests.store.conftest import blocked

__all__ = ["shop"]

TEAPOT_MINOR = STOCK["teapot"][0]
CHANGE = PriceInput(sku="teapot", price_minor=2_650, seen_version=1)
OTHER = PriceInput(sku="teapot", price_minor=9_900, seen_version=1)

Join = Callable[[PriceInput], Awaitable[Operation]]


@pytest.fixture
async def join(database: str, begin: Begin) -> AsyncIterator[Join]:
    """Begins operations that have a connection each, so that they can be at the same row."""
    connections: list[asyncpg.Connection] = []

    async def joined(input: PriceInput) -> Operation:
        connections.append(await asyncpg.connect(database))
        return Operation(connections[-1], ADJUST_PRICE, input)

    yield joined
    for connection in connections:
        await connection.close()


async def tag(ledger: asyncpg.Connection) -> tuple[int, int]:
    """The price of a teapot, and its version."""
    return tuple(await ledger.fetchrow("select price_minor, version from examples.stock where sku = 'teapot'"))


async def test_a_change_that_is_meant_for_the_version_there_is_is_made(begin: Begin, ledger):
    assert await tag(ledger) == (TEAPOT_MINOR, 1)
    result = await begin(ADJUST_PRICE, CHANGE).finish()
    assert (result.price_minor, result.version) == await tag(ledger) == (2_650, 2)
    again = msgspec.structs.replace(OTHER, seen_version=result.version)
    assert (await begin(ADJUST_PRICE, again).finish()).version == 3
    assert await tag(ledger) == (9_900, 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (msgspec.structs.replace(CHANGE, seen_version=1), "STALE_VERSION"),
        (msgspec.structs.replace(CHANGE, seen_version=3), "STALE_VERSION"),
        (msgspec.structs.replace(CHANGE, sku="nothing"), "SKU_UNKNOWN"),
    ],
)
async def test_a_change_that_is_meant_for_another_version_is_refused_and_changes_nothing(
    begin: Begin, ledger, change, reason
):
    await begin(ADJUST_PRICE, OTHER).finish()
    with pytest.raises(Reject) as rejected:
        await begin(ADJUST_PRICE, change).finish()
    assert (rejected.value.reason, rejected.value.retryable) == (reason, False)
    assert await tag(ledger) == (9_900, 2)


async def test_of_two_that_have_seen_the_same_version_and_meet_at_the_row_one_changes_it(
    join: Join, ledger, database: str
):
    """Both have read version 1, in their statement, before the first of them may write."""
    callers = [await join(CHANGE), await join(OTHER)]
    row = ledger.transaction()
    await row.start()
    await ledger.execute("select from examples.stock where sku = 'teapot' for update")
    reserving = asyncio.gather(*(caller.reserve("price") for caller in callers), return_exceptions=True)
    await blocked(database, 2)
    await row.rollback()
    outcomes = await reserving
    [loser] = [caller for caller, outcome in zip(callers, outcomes, strict=True) if isinstance(outcome, Retry)]
    [winner] = [caller for caller in callers if caller is not loser]
    await winner.commit("price")
    assert await tag(ledger) == (winner.input.price_minor, 2)
    with pytest.raises(Reject, match="STALE_VERSION"):
        await loser.reserve("price")
    assert await tag(ledger) == (winner.input.price_minor, 2)


async def test_a_change_that_waits_for_another_writer_looks_at_what_that_one_has_written(
    join: Join, ledger, database: str
):
    """Somebody who keeps to the rule of the version, and knows nothing of holds."""
    late = await join(CHANGE)
    row = ledger.transaction()
    await row.start()
    await ledger.execute("update examples.stock set version = 2, price_minor = 7 where sku = 'teapot' and version = 1")
    reserving = asyncio.create_task(late.reserve("price"))
    await blocked(database, 1)
    await row.commit()
    with pytest.raises(Reject, match="STALE_VERSION"):
        await reserving
    assert await tag(ledger) == (7, 2)
    await ledger.execute("update examples.stock set version = 1 where sku = 'teapot'")  # for the audit


async def test_a_change_that_is_given_back_is_the_next_ones(begin: Begin, ledger):
    first, second = begin(ADJUST_PRICE, CHANGE), begin(ADJUST_PRICE, OTHER)
    await first.reserve("price")
    with pytest.raises(Retry):
        await second.reserve("price")
    await first.rollback("price")
    assert await tag(ledger) == (TEAPOT_MINOR, 1)
    assert (await second.finish()).version == 2
    await first.rollback("price")
    assert await tag(ledger) == (9_900, 2)


async def test_each_handler_called_twice_does_its_work_once(begin: Begin, ledger):
    change = begin(ADJUST_PRICE, CHANGE)
    assert await change.reserve("price") == await change.reserve("price")
    assert await change.commit("price") == await change.commit("price")
    assert await tag(ledger) == (2_650, 2)
    await change.rollback("price")
    assert await tag(ledger) == (2_650, 2), "a late rollback does not undo a commit"


async def test_a_reserve_or_a_commit_after_the_rollback_is_an_error_and_changes_nothing(begin: Begin, ledger):
    late, turned_back = begin(ADJUST_PRICE, CHANGE), begin(ADJUST_PRICE, CHANGE)
    await late.rollback("price")
    with pytest.raises(LateReserve):
        await late.reserve("price")
    await turned_back.reserve("price")
    await turned_back.rollback("price")
    with pytest.raises(NothingHeld):
        await turned_back.commit("price")
    assert await tag(ledger) == (TEAPOT_MINOR, 1)


async def test_orders_do_not_make_a_price_stale(begin: Begin, ledger):
    order = begin(PLACE_ORDER, OrderInput(account="alice", sku="teapot", email="alice@example.com"))
    await order.reserve("stock")
    change = begin(ADJUST_PRICE, CHANGE)
    await change.reserve("price")
    await order.commit("stock")
    assert (await change.commit("price")).version == 2


async def test_the_database_itself_refuses_a_second_change_of_one_version(begin: Begin, ledger):
    await begin(ADJUST_PRICE, CHANGE).finish()
    twice = "insert into examples.price_changes values ('t', gen_random_uuid(), 's', 'held', 'teapot', 1, 5)"
    with pytest.raises(asyncpg.UniqueViolationError, match="price_changes_once_per_version"):
        await ledger.execute(twice)


@pytest.mark.parametrize(
    "damage",
    ["set version = 5 where sku = 'teapot'", "set price_change_held = true where sku = 'teapot'"],
)
async def test_the_audit_finds_a_price_that_is_not_what_its_changes_say(ledger, damage):
    await ledger.execute(f"update examples.stock {damage}")
    assert any("the price of teapot" in finding for finding in await audit(ledger))


async def test_of_operations_that_are_meant_for_one_version_one_succeeds(shop: Shop, ledger, database: str):
    """In the hands of a real worker, with both of them at the row before one may write."""
    row = ledger.transaction()
    await row.start()
    await ledger.execute("select from examples.stock where sku = 'teapot' for update")
    changes = [{"sku": "teapot", "price_minor": 1_000 + number, "seen_version": 1} for number in range(2)]
    ids = [await shop.begin("adjust-price", change) for change in changes]
    await blocked(database, len(ids))
    await row.rollback()
    ends = [await shop.until(id, lambda operation: operation.done) for id in ids]
    [made] = [end for end in ends if end.status == "succeeded"]
    result = msgspec.json.decode(made.result)
    assert (result["price_minor"], result["version"]) == await tag(ledger)
    assert result["version"] == 2
    [refused] = [end for end in ends if end is not made]
    assert msgspec.json.decode(refused.error)["reason"] == "STALE_VERSION"
