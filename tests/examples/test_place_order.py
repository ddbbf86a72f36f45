from __future__ import annotations

import asyncpg
import pytest

from examples.ledger.barrier import LateReserve, NothingHeld
from examples.place_order import PLACE_ORDER, OrderInput
from examples.seed import STOCK
from operations_api import Reject
from tests.examples.operation import Begin

KETTLE_MINOR = STOCK["kettle"][0]
TWO_KETTLES = OrderInput(account="alice", sku="kettle", quantity=2, email="alice@example.com")


@pytest.fixture(autouse=True)
def spool(tmp_path, monkeypatch):
    monkeypatch.setenv("EXAMPLES_SPOOL_DIR", str(tmp_path))
    monkeypatch.delenv("SMTP_URL", raising=False)
    return tmp_path


async def account(ledger: asyncpg.Connection, name: str) -> tuple[int, int]:
    return tuple(await ledger.fetchrow("select balance_minor, held_minor from examples.accounts where name = $1", name))


async def shelf(ledger: asyncpg.Connection, sku: str) -> tuple[int, int]:
    return tuple(await ledger.fetchrow("select on_hand, held from examples.stock where sku = $1", sku))


async def test_an_order_exchanges_goods_for_money_and_is_confirmed(begin: Begin, ledger, spool):
    balance, _ = await account(ledger, "alice")
    on_hand, _ = await shelf(ledger, "kettle")
    result = await begin(PLACE_ORDER, TWO_KETTLES).finish()
    assert result.total_minor == 2 * KETTLE_MINOR
    assert await account(ledger, "alice") == (balance - 2 * KETTLE_MINOR, 0)
    assert await account(ledger, "merchant") == (2 * KETTLE_MINOR, 0)
    assert await shelf(ledger, "kettle") == (on_hand - 2, 0)
    [mail] = spool.glob("*.eml")
    assert result.message_id in mail.read_text()
    assert "You paid 78.00" in mail.read_text()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": "bob"}, "INSUFFICIENT_FUNDS"),
        ({"account": "nobody"}, "ACCOUNT_UNKNOWN"),
        ({"account": "bank"}, "INSUFFICIENT_FUNDS"),
        ({"sku": "unicorn"}, "OUT_OF_STOCK"),
        ({"sku": "nothing"}, "SKU_UNKNOWN"),
        ({"sku": "teapot", "quantity": 26}, "OUT_OF_STOCK"),
    ],
)
async def test_an_order_that_cannot_be_met_holds_nothing(begin: Begin, ledger, spool, changes, reason):
    order = OrderInput(**{"account": "alice", "sku": "kettle", "email": "a@example.com", **changes})
    with pytest.raises(Reject) as rejected:
        await begin(PLACE_ORDER, order).finish()
    assert rejected.value.reason == reason
    assert await ledger.fetchval("select sum(held_minor) from examples.accounts") == 0
    assert await ledger.fetchval("select sum(held) from examples.stock") == 0
    assert not list(spool.iterdir())


async def test_each_handler_called_twice_does_its_work_once(begin: Begin, ledger, spool):
    once, twice = begin(PLACE_ORDER, TWO_KETTLES), begin(PLACE_ORDER, TWO_KETTLES)
    for key in ("stock", "funds"):
        assert await once.reserve(key) == await twice.reserve(key) == await twice.reserve(key)
    assert await account(ledger, "alice") == (STARTING_BALANCE, 4 * KETTLE_MINOR)
    for key in ("stock", "funds"):
        assert await twice.commit(key) == await twice.commit(key)
    assert await account(ledger, "alice") == (STARTING_BALANCE - 2 * KETTLE_MINOR, 2 * KETTLE_MINOR)
    assert await shelf(ledger, "kettle") == (STOCK["kettle"][1] - 2, 2)
    assert await twice.execute("confirmation-email") == await twice.execute("confirmation-email", attempt=2)
    assert len(list(spool.iterdir())) == 1


async def test_a_hold_that_was_taken_at_an_older_price_keeps_it(begin: Begin, ledger):
    order = begin(PLACE_ORDER, TWO_KETTLES)
    first = await order.reserve("stock")
    await ledger.execute("update examples.stock set price_minor = 9999 where sku = 'kettle'")
    assert await order.reserve("stock") == first


@pytest.mark.parametrize("key", ["stock", "funds"])
@pytest.mark.parametrize("is_outcome_known", [True, False])
async def test_a_rollback_gives_back_once_however_often_it_is_called(begin: Begin, ledger, key, is_outcome_known):
    order, other = begin(PLACE_ORDER, TWO_KETTLES), begin(PLACE_ORDER, TWO_KETTLES)
    for operation in (order, other):
        await operation.reserve("stock")
        await operation.reserve("funds")
    await order.rollback(key, is_outcome_known=is_outcome_known)
    await order.rollback(key)
    left = 2 if key == "stock" else 2 * KETTLE_MINOR
    held = (await shelf(ledger, "kettle"))[1] if key == "stock" else (await account(ledger, "alice"))[1]
    assert held == left, "only the other operation's hold is left"


@pytest.mark.parametrize("key", ["stock", "funds"])
async def test_a_reserve_after_its_rollback_is_an_error_and_holds_nothing(begin: Begin, ledger, key):
    order = begin(PLACE_ORDER, TWO_KETTLES)
    order.reservations["stock"] = await begin(PLACE_ORDER, TWO_KETTLES).reserve("stock")
    await order.rollback(key)
    held = await account(ledger, "alice"), await shelf(ledger, "kettle")
    with pytest.raises(LateReserve):
        await order.reserve(key)
    assert (await account(ledger, "alice"), await shelf(ledger, "kettle")) == held


@pytest.mark.parametrize("key", ["stock", "funds"])
async def test_a_commit_after_the_rollback_is_an_error_and_moves_nothing(begin: Begin, ledger, key):
    order = begin(PLACE_ORDER, TWO_KETTLES)
    await order.reserve("stock")
    await order.reserve("funds")
    await order.rollback(key)
    with pytest.raises(NothingHeld):
        await order.commit(key)
    assert (await account(ledger, "alice"))[0] == STARTING_BALANCE


@pytest.mark.parametrize("key", ["stock", "funds"])
async def test_a_late_rollback_does_not_undo_a_commit(begin: Begin, ledger, key):
    order = begin(PLACE_ORDER, TWO_KETTLES)
    await order.finish()
    before = await account(ledger, "alice"), await shelf(ledger, "kettle")
    await order.rollback(key)
    assert (await account(ledger, "alice"), await shelf(ledger, "kettle")) == before


async def test_operations_with_the_same_id_in_two_tenants_are_apart(begin: Begin, ledger):
    ours, theirs = begin(PLACE_ORDER, TWO_KETTLES), begin(PLACE_ORDER, TWO_KETTLES, tenant="other")
    theirs.id = ours.id
    await ours.reserve("stock")
    await theirs.reserve("stock")
    await theirs.rollback("stock")
    assert (await shelf(ledger, "kettle"))[1] == 2


STARTING_BALANCE = 1_000_000_000_000
