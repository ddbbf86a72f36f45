from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest

from examples.ledger.audit import SQL
from examples.transfer_funds import TRANSFER_FUNDS, TransferInput
from operations_api import Reject
from tests.examples.operation import Begin, Operation


async def balances(ledger: asyncpg.Connection) -> dict[str, int]:
    return dict(await ledger.fetch("select name, balance_minor from examples.accounts"))


async def test_a_transfer_takes_from_one_account_what_it_gives_to_the_other(begin: Begin, ledger):
    before = await balances(ledger)
    await begin(TRANSFER_FUNDS, TransferInput("alice", "bob", 1_250)).finish()
    after = await balances(ledger)
    assert after["alice"] == before["alice"] - 1_250
    assert after["bob"] == before["bob"] + 1_250
    assert sum(after.values()) == sum(before.values()) == 0


@pytest.mark.parametrize(
    ("transfer", "reason"),
    [
        (TransferInput("bob", "alice", 501), "INSUFFICIENT_FUNDS"),
        (TransferInput("bob", "bob", 1), "SAME_ACCOUNT"),
        (TransferInput("bob", "nobody", 1), "ACCOUNT_UNKNOWN"),
        (TransferInput("nobody", "bob", 1), "ACCOUNT_UNKNOWN"),
    ],
)
async def test_a_transfer_that_cannot_be_made_moves_nothing(begin: Begin, ledger, transfer, reason):
    before = await balances(ledger)
    with pytest.raises(Reject) as rejected:
        await begin(TRANSFER_FUNDS, transfer).finish()
    assert rejected.value.reason == reason
    assert await balances(ledger) == before


async def test_what_is_held_cannot_be_spent_twice(begin: Begin):
    await begin(TRANSFER_FUNDS, TransferInput("bob", "alice", 500)).reserve("transfer")
    with pytest.raises(Reject, match="INSUFFICIENT_FUNDS"):
        await begin(TRANSFER_FUNDS, TransferInput("bob", "alice", 1)).reserve("transfer")


async def test_opposite_transfers_at_the_same_time_neither_deadlock_nor_lose_money(database, begin: Begin, ledger):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    order = random.Random(seed)
    before = await balances(ledger)

    async def transfer_many(pairs: list[tuple[str, str]]) -> None:
        connection = await asyncpg.connect(database)
        try:
            for payer, payee in pairs:
                await Operation(connection, TRANSFER_FUNDS, TransferInput(payer, payee, 1)).finish()
        finally:
            await connection.close()

    pairs = [("alice", "bob"), ("bob", "alice"), ("alice", "merchant")] * 10
    await asyncio.gather(*(transfer_many(order.sample(pairs, len(pairs))) for _ in range(6)))
    after = await balances(ledger)
    assert after["merchant"] == before["merchant"] + 60
    assert after["bob"] == before["bob"]
    assert sum(after.values()) == 0


async def test_the_same_hold_in_two_transactions_at_once_is_taken_once(database, begin: Begin, ledger):
    """The second waits for the first and then fails: the engine calls again and finds it done."""
    first = begin(TRANSFER_FUNDS, TransferInput("bob", "alice", 100))
    other_connection = await asyncpg.connect(database)
    zombie = Operation(other_connection, TRANSFER_FUNDS, first.input)
    zombie.id = first.id
    outcomes = await asyncio.gather(first.reserve("transfer"), zombie.reserve("transfer"), return_exceptions=True)
    await other_connection.close()
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(failure, asyncpg.UniqueViolationError) for failure in failures), failures
    assert await ledger.fetchval("select held_minor from examples.accounts where name = 'bob'") == 100


async def test_a_transfer_whose_postings_do_not_sum_to_zero_is_refused_by_the_database(ledger):
    transfer = ledger.transaction()
    await transfer.start()
    transfer_id = await ledger.fetchval(
        "insert into examples.transfers (tenant, operation_id, step) values ('t', gen_random_uuid(), 's') returning id"
    )
    await ledger.execute("insert into examples.postings values ($1, 'alice', 5), ($1, 'bob', -4)", transfer_id)
    with pytest.raises(asyncpg.CheckViolationError, match="do not sum to zero"):
        await transfer.commit()


async def test_a_customer_cannot_go_below_what_is_held(ledger):
    with pytest.raises(asyncpg.CheckViolationError, match="accounts_balance_covers_what_is_held"):
        await ledger.execute("update examples.accounts set balance_minor = -1 where name = 'bob'")


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("update examples.accounts set balance_minor = balance_minor + 1 where name = 'alice'", "account alice has a"),
        ("update examples.accounts set held_minor = 7 where name = 'alice'", "account alice says 7 is held"),
        ("update examples.stock set held = 1 where sku = 'kettle'", "sku kettle"),
        ("update examples.stock set on_hand = on_hand - 1 where sku = 'kettle'", "sku kettle"),
        (
            "insert into examples.transfers (tenant, operation_id, step) values ('t', gen_random_uuid(), 's')",
            "has 0 postings",
        ),
        (
            "set session_replication_role = replica; update examples.postings set amount_minor = 1 where account='bob'",
            "all postings together",
        ),
    ],
)
async def test_the_audit_finds_books_that_do_not_add_up(ledger, damage, finding):
    await ledger.execute(damage)
    findings = [row["finding"] for row in await ledger.fetch(SQL["books"])]
    assert any(finding in found for found in findings), findings
