"""Money on accounts: held, captured or released, and posted twice (double entry)."""

from __future__ import annotations

from typing import Final

import msgspec

from examples.ledger.barrier import LateReserve, NothingHeld, barrier_key
from examples.queries import queries
from operations_api import Context, Reject

SQL: Final = queries("ledger/money.sql")


class FundsHold(msgspec.Struct, frozen=True):
    """Money set aside on ``payer``'s account: nobody else can spend it, and it can still be given back."""

    payer: str
    payee: str
    amount_minor: int


class FundsReceipt(msgspec.Struct, frozen=True):
    """Money that has moved."""

    transfer_id: int
    amount_minor: int


class Ledger:
    """The ledger as one call of one local handler uses it. A method called again does nothing more."""

    def __init__(self, ctx: Context) -> None:
        self._tx = ctx.tx
        self._key = barrier_key(ctx)

    async def hold(self, payer: str, payee: str, amount_minor: int) -> FundsHold:
        """Set money aside. Rejects with ACCOUNT_UNKNOWN or INSUFFICIENT_FUNDS; raises ``LateReserve``."""
        if not await self._tx.fetchval(SQL["hold"], *self._key, payer, payee, amount_minor):
            await self._explain_no_hold(payer, payee, amount_minor)
        return FundsHold(payer, payee, amount_minor)

    async def capture(self, hold: FundsHold) -> FundsReceipt:
        """Pay what is held. Raises ``NothingHeld``."""
        if not await self._tx.fetchval(SQL["capture"], *self._key):
            return await self._earlier_receipt(hold.amount_minor)
        return await self.post(hold.payer, hold.payee, hold.amount_minor, held_minor=hold.amount_minor)

    async def release(self) -> None:
        """Give back what is held, if anything, and leave a tombstone that a late ``hold`` trips over."""
        await self._tx.execute(SQL["release"], *self._key)

    async def post(self, payer: str, payee: str, amount_minor: int, *, held_minor: int = 0) -> FundsReceipt:
        """Move money at once; ``held_minor`` of it had been set aside."""
        await self._tx.execute(SQL["lock_accounts"], payer, payee)
        transfer_id = await self._tx.fetchval(SQL["post"], *self._key, payer, payee, amount_minor, held_minor)
        return FundsReceipt(transfer_id, amount_minor) if transfer_id else await self._earlier_receipt(amount_minor)

    async def _explain_no_hold(self, payer: str, payee: str, amount_minor: int) -> None:
        found = await self._tx.fetchrow(SQL["why_not_held"], *self._key, payer, payee)
        if found["state"] == "held":
            return
        if found["state"]:
            raise LateReserve(f"the money of step {self._key} is {found['state']} already")
        for name, is_known in ((payer, found["payer_is_known"]), (payee, found["payee_is_known"])):
            if not is_known:
                raise Reject("ACCOUNT_UNKNOWN", f"There is no account {name}.")
        raise Reject("INSUFFICIENT_FUNDS", f"Account {payer} has less than {amount_minor} available.")

    async def _earlier_receipt(self, amount_minor: int) -> FundsReceipt:
        transfer_id = await self._tx.fetchval(SQL["transfer_of"], *self._key)
        if transfer_id is None:
            raise NothingHeld(f"step {self._key} holds no money to pay with")
        return FundsReceipt(transfer_id, amount_minor)
