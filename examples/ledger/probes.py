"""What a local probe holds: a mark, and nothing else."""

from __future__ import annotations

from typing import Final

from examples.ledger.barrier import LateReserve, NothingHeld, barrier_key
from examples.queries import queries
from operations_api import Context

SQL: Final = queries("ledger/probes.sql")


class ProbeMarks:
    """Marks as one call of one local handler uses them. A method called again does nothing more."""

    def __init__(self, ctx: Context) -> None:
        self._tx = ctx.tx
        self._key = barrier_key(ctx)

    async def hold(self) -> None:
        """Leave a mark. Raises ``LateReserve``."""
        state = await self._tx.fetchval(SQL["hold"], *self._key)
        if state != "held":
            raise LateReserve(f"the mark of step {self._key} is {state} already")

    async def keep(self) -> None:
        """Make the mark final. Raises ``NothingHeld``."""
        if not await self._tx.fetchval(SQL["keep"], *self._key):
            raise NothingHeld(f"step {self._key} left no mark to keep")

    async def release(self) -> None:
        """Take the mark back, if there is one, and leave a tombstone that a late ``hold`` trips over."""
        await self._tx.execute(SQL["release"], *self._key)
