"""Card payments: a record for the books of what the provider charged."""

from __future__ import annotations

from typing import Final

from examples.ledger.barrier import barrier_key
from examples.queries import queries
from operations_api import Context

SQL: Final = queries("ledger/payments.sql")


class Payments:
    """Payments as one call of one local handler uses them. A method called again does nothing more."""

    def __init__(self, ctx: Context) -> None:
        self._tx = ctx.tx
        self._key = barrier_key(ctx)

    async def is_account(self, name: str) -> bool:
        """Whether there is such an account."""
        return bool(await self._tx.fetchval(SQL["account_is_known"], name))

    async def confirm(self, charge_id: str, amount_minor: int) -> None:
        """Record a charge."""
        await self._tx.execute(SQL["confirm"], *self._key, charge_id, amount_minor)
