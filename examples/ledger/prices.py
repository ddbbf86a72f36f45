"""Prices that people look at and then change: each change is meant for the version that was seen."""

from __future__ import annotations

from typing import Final

import msgspec

from examples.ledger.barrier import LateReserve, NothingHeld, barrier_key
from examples.queries import queries
from operations_api import Context, Reject, Retry

SQL: Final = queries("ledger/prices.sql")


class PriceHold(msgspec.Struct, frozen=True):
    """The right to change a price: until it is used or given back, nobody else can change it."""

    sku: str
    seen_version: int


class Prices:
    """The price tags as one call of one local handler uses them. A method called again does nothing more."""

    def __init__(self, ctx: Context) -> None:
        self._tx = ctx.tx
        self._key = barrier_key(ctx)

    async def hold(self, sku: str, seen_version: int, price_minor: int) -> PriceHold:
        """Take the right to change a price that is still at this version.

        Rejects with SKU_UNKNOWN or STALE_VERSION. Raises ``Retry`` while somebody else has the right, who may yet give
        it back, and ``LateReserve``.
        """
        if not await self._tx.fetchval(SQL["hold"], *self._key, sku, seen_version, price_minor):
            await self._explain_no_hold(sku, seen_version)
        return PriceHold(sku, seen_version)

    async def change(self) -> int:
        """Make the change that is held; gives the version that it made. Raises ``NothingHeld``."""
        version = await self._tx.fetchval(SQL["change"], *self._key)
        version = version or await self._tx.fetchval(SQL["version_made"], *self._key)
        if version is None:
            raise NothingHeld(f"step {self._key} has no right to change a price")
        return int(version)

    async def release(self) -> None:
        """Give the right back, if it is held, and leave a tombstone that a late ``hold`` trips over."""
        await self._tx.execute(SQL["release"], *self._key)

    async def _explain_no_hold(self, sku: str, seen_version: int) -> None:
        found = await self._tx.fetchrow(SQL["why_not_held"], *self._key, sku)
        if found["state"] == "held":
            return
        if found["state"]:
            raise LateReserve(f"the change of step {self._key} is {found['state']} already")
        if found["version"] is None:
            raise Reject("SKU_UNKNOWN", f"Nothing on the shelves is called {sku}.")
        if found["version"] != seen_version:
            raise Reject("STALE_VERSION", f"The price of {sku} has version {found['version']} now: read it again.")
        raise Retry(detail=f"somebody else is changing the price of {sku}")
