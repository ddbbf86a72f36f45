"""Goods on shelves: held, taken or released."""

from __future__ import annotations

from typing import Final

import msgspec

from examples.ledger.barrier import LateReserve, NothingHeld, barrier_key
from examples.queries import queries
from operations_api import Context, Reject

SQL: Final = queries("ledger/stock.sql")


class StockHold(msgspec.Struct, frozen=True):
    """Goods set aside, and what they cost together when they were."""

    sku: str
    quantity: int
    total_minor: int


class Warehouse:
    """The shelves as one call of one local handler uses them. A method called again does nothing more."""

    def __init__(self, ctx: Context) -> None:
        self._tx = ctx.tx
        self._key = barrier_key(ctx)

    async def hold(self, sku: str, quantity: int) -> StockHold:
        """Set goods aside. Rejects with SKU_UNKNOWN or OUT_OF_STOCK; raises ``LateReserve``."""
        price_minor = await self._tx.fetchval(SQL["hold"], *self._key, sku, quantity)
        if price_minor is None:
            price_minor = await self._explain_no_hold(sku, quantity)
        return StockHold(sku, quantity, price_minor * quantity)

    async def take(self) -> None:
        """Take what is held off the shelf. Raises ``NothingHeld``."""
        taken = await self._tx.fetchval(SQL["take"], *self._key)
        if not taken and not await self._tx.fetchval(SQL["is_taken"], *self._key):
            raise NothingHeld(f"step {self._key} holds no goods to take")

    async def release(self) -> None:
        """Put back what is held, if anything, and leave a tombstone that a late ``hold`` trips over."""
        await self._tx.execute(SQL["release"], *self._key)

    async def _explain_no_hold(self, sku: str, quantity: int) -> int:
        found = await self._tx.fetchrow(SQL["why_not_held"], *self._key, sku)
        if found["state"] == "held":
            return int(found["price_minor"])
        if found["state"]:
            raise LateReserve(f"the goods of step {self._key} are {found['state']} already")
        if not found["sku_is_known"]:
            raise Reject("SKU_UNKNOWN", f"Nothing on the shelves is called {sku}.")
        raise Reject("OUT_OF_STOCK", f"Fewer than {quantity} of {sku} are available.", retryable=True)
