"""What became of the operations and the money: read from the database once everything is quiet."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import asyncpg
import msgspec

from examples.ledger.audit import audit
from tests.chaos.fleet import TENANT, Fleet
from tests.chaos.load import Accepted

QUIET_SECONDS = 120.0


class Verdict(msgspec.Struct):
    """The checker's table."""

    accepted: int
    terminal: int
    blocked: int
    lost: int
    doubled: int
    held: int
    money_before: int
    money_after: int
    findings: list[str]

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, nothing held, money conserved."""
        return not (self.lost or self.doubled or self.held or self.findings) and self.money_before == self.money_after


async def money(fleet: Fleet) -> int:
    """The money of all customers and merchants, in minor units: operations only move it among them."""
    return int(await _value(fleet, "select sum(balance_minor) from examples.accounts where kind <> 'outside'"))


async def wait_until_quiet(fleet: Fleet) -> None:
    """Until every operation is finished or waits for a person."""
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        unfinished = "select count(*) from operations where finished_at is null and status <> 'needs_attention'"
        if await _value(fleet, unfinished) == 0:
            return
        await asyncio.sleep(0.1)


async def judge(fleet: Fleet, accepted: list[Accepted], money_before: int) -> Verdict:
    """Compare what clients were promised with what the database and the ledger say."""
    connection = await asyncpg.connect(fleet.database_url)
    try:
        rows = await connection.fetch(
            "select id, idempotency_key, status, blocked, extract(epoch from finished_at)::float8 as finished_at"
            " from operations where tenant = $1",
            TENANT,
        )
        stored = {row["id"]: row for row in rows}
        for work in accepted:
            work.finished_at = stored[work.id]["finished_at"] if work.id in stored else None
        steps = await _unsettled_steps(connection)
        return Verdict(
            accepted=len(accepted),
            terminal=sum(1 for work in accepted if work.finished_at is not None),
            blocked=sum(1 for work in accepted if work.id in stored and stored[work.id]["blocked"] is not None),
            lost=sum(1 for work in accepted if _is_lost(stored.get(work.id))),
            doubled=len(rows) - len({row["idempotency_key"] for row in rows}),
            held=len(steps),
            money_before=money_before,
            money_after=await money(fleet),
            findings=[*await audit(connection), *steps, *_liars(accepted, stored)],
        )
    finally:
        await connection.close()


def _is_lost(row: Any) -> bool:
    """Neither finished nor waiting for a person who is told why."""
    return row is None or (row["finished_at"] is None and row["blocked"] is None)


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


def _liars(accepted: list[Accepted], stored: dict[Any, Any]) -> list[str]:
    """A terminal status, once told, never changes."""
    return [
        f"operation {work.id} was told to be {work.told} and is {stored[work.id]['status']}"
        for work in accepted
        if work.told is not None and work.id in stored and stored[work.id]["status"] != work.told
    ]


async def _value(fleet: Fleet, query: str) -> Any:
    connection = await asyncpg.connect(fleet.database_url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()
