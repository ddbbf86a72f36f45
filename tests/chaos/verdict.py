"""What became of the operations, the money and the seats: read from the books once everything is quiet."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from examples.ledger.audit import audit
from examples.place_order import MERCHANT
from tests.chaos.books import Books, Seats, judge_seats, read_books
from tests.chaos.fleet import TENANT, Fleet
from tests.chaos.load import Accepted, Fate
from tests.chaos.shop import PRICE_MINOR
from tests.chaos.takeovers import Takeover, read_leases, takeovers

QUIET_SECONDS = 120.0


class Verdict(msgspec.Struct):
    """The checker's table. ``findings`` are sentences about what is wrong; money is in minor units."""

    accepted: int
    terminal: int
    blocked: int
    lost: int
    doubled: int
    held: int
    money_before: int
    money_after: int
    books: Books
    seats: Seats
    takeovers: list[Takeover]
    findings: list[str]


async def balances(fleet: Fleet) -> dict[str, int]:
    """The money of all customers and merchants, in minor units: operations only move it among them."""
    connection = await asyncpg.connect(fleet.database_url)
    try:
        rows = await connection.fetch("select name, balance_minor from examples.accounts where kind <> 'outside'")
        return {row["name"]: row["balance_minor"] for row in rows}
    finally:
        await connection.close()


async def wait_until_quiet(fleet: Fleet) -> None:
    """Until every operation is finished or waits for a person."""
    until = time.monotonic() + QUIET_SECONDS
    connection = await asyncpg.connect(fleet.database_url)
    try:
        while time.monotonic() < until:
            unfinished = "select count(*) from operations where finished_at is null and status <> 'needs_attention'"
            if await connection.fetchval(unfinished) == 0:
                return
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def judge(fleet: Fleet, accepted: list[Accepted], before: dict[str, int]) -> Verdict:
    """Compare what clients were promised with what the database, the ledger and the participant say."""
    connection = await asyncpg.connect(fleet.database_url)
    try:
        keys = await _learn_fates(connection, accepted)
        steps = await _unsettled_steps(connection)
        wrong_books = await audit(connection)
        lines = await read_leases(connection)
    finally:
        await connection.close()
    after = await balances(fleet)
    books = read_books(fleet.books)
    seats, wrong_seats = judge_seats(books, accepted)
    return Verdict(
        accepted=len(accepted),
        terminal=sum(1 for work in accepted if work.became and work.became.finished_at is not None),
        blocked=sum(1 for work in accepted if work.became and work.became.is_blocked),
        lost=sum(1 for work in accepted if _is_lost(work)),
        doubled=sum(times - 1 for times in keys.values()) + seats.doubled,
        held=len(steps) + seats.held,
        money_before=sum(before.values()),
        money_after=sum(after.values()),
        books=books,
        seats=seats,
        takeovers=takeovers(lines, {death.life: death.at for death in fleet.deaths}),
        findings=[
            *wrong_books,
            *steps,
            *wrong_seats,
            *liars(accepted),
            *wrong_balances(accepted, before, after),
            *_wrong_mail(accepted, fleet.mail),
        ],
    )


async def _learn_fates(connection: Any, accepted: list[Accepted]) -> Counter[str]:
    """Note what became of every operation. Gives how many there are for each client's key."""
    rows = await connection.fetch(
        "select id, idempotency_key, status, blocked is not null as is_blocked,"
        " extract(epoch from created_at)::float8 as created_at, extract(epoch from started_at)::float8 as started_at,"
        " extract(epoch from finished_at)::float8 as finished_at from operations where tenant = $1",
        TENANT,
    )
    fates = {row["id"]: Fate(**{name: row[name] for name in Fate.__struct_fields__}) for row in rows}
    for work in accepted:
        work.became = fates.get(work.id)
    return Counter(row["idempotency_key"] for row in rows)


def _is_lost(work: Accepted) -> bool:
    """Neither finished nor waiting for a person who is told why."""
    return work.became is None or (work.became.finished_at is None and not work.became.is_blocked)


async def _unsettled_steps(connection: Any) -> list[str]:
    """Steps of finished operations that are neither wholly done nor wholly given back."""
    rows = await connection.fetch(
        """
        select o.id, o.status, s.key, s.state
        from operations as o
        join operation_steps as s on s.tenant = o.tenant and s.operation_id = o.id
        where o.finished_at is not null
          and case o.status
              when 'succeeded' then s.state not in ('committed', 'executed')
              else s.state not in ('released', 'rejected', 'compensated', 'pending')
          end
        """
    )
    return [f"operation {row['id']} is {row['status']}, its step {row['key']} is {row['state']}" for row in rows]


def liars(accepted: list[Accepted]) -> list[str]:
    """A terminal status, once told, never changes; exactly what was told to be canceled ends in that."""
    found = []
    for work in accepted:
        status = work.became.status if work.became else "unknown"
        if work.told is not None and status != work.told:
            found.append(f"operation {work.id} was told to be {work.told} and is {status}")
        if work.canceled in (200, 202) and status not in ("canceled", "needs_attention"):
            found.append(f"the cancel of operation {work.id} was accepted, and it is {status}")
        if work.canceled == 409 and status == "canceled":
            found.append(f"the cancel of operation {work.id} was refused, and it is canceled")
    return found


def wrong_balances(accepted: list[Accepted], before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Every account has changed by what the succeeded operations were asked to move, and by nothing else."""
    expected = Counter(before)
    for work in accepted:
        if work.became is not None and work.became.status == "succeeded" and work.type != "probe":
            payer, payee, amount_minor = _movement(work)
            expected[payer] -= amount_minor
            expected[payee] += amount_minor
    return [
        f"account {name} has {after[name]}, the operations that succeeded make it {expected[name]}"
        for name in after
        if after[name] != expected[name]
    ]


def _movement(work: Accepted) -> tuple[str, str, int]:
    if work.type == "place-order":
        return work.input["account"], MERCHANT, PRICE_MINOR * work.input["quantity"]
    return work.input["from_account"], work.input["to_account"], work.input["amount_minor"]


def _wrong_mail(accepted: list[Accepted], spool: Path) -> list[str]:
    """One confirmation for each order that succeeded, and none for any other."""
    orders = sum(
        1 for work in accepted if work.type == "place-order" and work.became and work.became.status == "succeeded"
    )
    sent = len(list(spool.glob("*.eml")))
    return [] if sent == orders else [f"{orders} orders succeeded, {sent} confirmations were sent"]
