"""Imported bank statements: staged line by line, then posted as one sum, or removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from examples.ledger.barrier import LateReserve, NothingHeld, barrier_key
from examples.queries import queries
from operations_api import Context, Reject

SQL: Final = queries("ledger/statements.sql")


class Line(msgspec.Struct, frozen=True):
    """One incoming payment on a bank statement."""

    number: int
    reference: str
    amount_minor: int


class Totals(msgspec.Struct, frozen=True):
    """How much an import holds."""

    rows: int
    amount_minor: int


class Statements:
    """Imports as one call of one local handler uses them. A method called again does nothing more."""

    def __init__(self, ctx: Context) -> None:
        self._tx = ctx.tx
        self._key = barrier_key(ctx)

    async def open(self, account: str, statement: str) -> None:
        """Begin. Rejects with ACCOUNT_UNKNOWN or STATEMENT_ALREADY_IMPORTED; raises ``LateReserve``."""
        if await self._tx.fetchval(SQL["open"], *self._key, account, statement):
            return
        found = await self._tx.fetchrow(SQL["why_not_opened"], *self._key, account)
        if found["state"] == "staging":
            return
        if found["state"]:
            raise LateReserve(f"the import of step {self._key} is {found['state']} already")
        if not found["account_is_known"]:
            raise Reject("ACCOUNT_UNKNOWN", f"There is no account {account}.")
        raise Reject("STATEMENT_ALREADY_IMPORTED", f"Statement {statement} was imported for {account} before.")

    async def stage(self, lines: Sequence[Line]) -> None:
        """Add lines. Raises ``LateReserve`` when the import is not open any more."""
        columns = zip(*((line.number, line.reference, line.amount_minor) for line in lines), strict=True)
        if not await self._tx.fetchval(SQL["stage"], *self._key, *map(list, columns)):
            raise LateReserve(f"the import of step {self._key} is not open any more")

    async def totals(self) -> Totals:
        """How many lines there are, and their sum."""
        found = await self._tx.fetchrow(SQL["totals"], *self._key)
        return Totals(found["rows"], found["amount_minor"])

    async def close(self) -> None:
        """End the import: its total is the caller's to post. Raises ``NothingHeld``."""
        if await self._tx.fetchval(SQL["close"], *self._key):
            return
        if (await self._tx.fetchrow(SQL["why_not_opened"], *self._key, ""))["state"] != "posted":
            raise NothingHeld(f"step {self._key} has no import to post")

    async def remove(self) -> None:
        """Remove what is staged, if anything, and leave a tombstone that a late ``open`` trips over."""
        await self._tx.execute(SQL["remove"], *self._key)
        await self._tx.execute(SQL["remove_lines"], *self._key)
