"""import-statement: a long step that reports progress and, killed in the middle, goes on where it was.

Each chunk of rows and the cursor behind it are one transaction: ``ctx.checkpoint`` commits both. So the step may hold
something long before it has reserved, which is why ``rollback`` does not look at its reservation.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from examples.bank import statement_lines
from examples.ledger.fields import AccountName
from examples.ledger.money import FundsReceipt, Ledger
from examples.ledger.statements import Statements, Totals
from operations_api import Context, Definition, Retry, Step

OUTSIDE: Final = "bank"
"""The account incoming payments come from."""

CHUNK_ROWS: Final = 500
"""What a crash may cost: some ten milliseconds of work."""


class ImportInput(msgspec.Struct, frozen=True):
    """Which statement to import, and into which account."""

    account: AccountName
    statement: Annotated[str, Meta(min_length=1, max_length=64, description="Its number; each is imported once.")]
    rows: Annotated[int, Meta(ge=1, le=200_000, description="How many lines the stand-in bank makes up.")] = 5_000
    pause_ms: Annotated[int, Meta(ge=0, le=1_000, description="A pause after every 500 rows, to watch it.")] = 0


class ImportResult(msgspec.Struct, frozen=True):
    """What was imported."""

    rows: int
    amount_minor: Annotated[int, Meta(description="The sum of all lines, in minor units.")]
    transfer_id: Annotated[int, Meta(description="The transfer in the ledger.")]


class Staged(msgspec.Struct, frozen=True):
    """Lines that wait to be posted, and can still be removed."""

    account: str
    rows: int
    amount_minor: int


class Lines(Step):
    """The statement's lines: staged chunk by chunk, then posted as one sum."""

    key = "lines"
    effect = "local"
    timeout_seconds = 600  # the longest import: 200,000 rows with every pause

    async def reserve(self, ctx: Context, input: ImportInput) -> Staged:
        # whatever can be refused is refused here, before the first checkpoint: a Reject means that nothing is held
        await Statements(ctx).open(input.account, input.statement)
        for start in range(ctx.last_checkpoint or 0, input.rows, CHUNK_ROWS):
            await self._stage(ctx, input, start)
        totals: Totals = await Statements(ctx).totals()
        return Staged(input.account, totals.rows, totals.amount_minor)

    async def commit(self, ctx: Context, reservation: Staged) -> FundsReceipt:
        await Statements(ctx).close()
        return await Ledger(ctx).post(OUTSIDE, reservation.account, reservation.amount_minor)

    async def rollback(self, ctx: Context, reservation: Staged | None) -> None:
        await Statements(ctx).remove()

    async def _stage(self, ctx: Context, input: ImportInput, start: int) -> None:
        if ctx.cancel_requested:
            raise Retry(detail="canceled; what is staged will be removed by rollback")
        end = min(start + CHUNK_ROWS, input.rows)
        await Statements(ctx).stage(statement_lines(input.statement, start, end - start))
        ctx.progress(end, input.rows, "rows")
        await ctx.checkpoint(end)
        await asyncio.sleep(input.pause_ms / 1_000)


def import_result(input: ImportInput, results: dict[str, Any]) -> ImportResult:
    receipt: FundsReceipt = results["lines"]
    return ImportResult(input.rows, receipt.amount_minor, receipt.transfer_id)


IMPORT_STATEMENT = Definition(
    name="import-statement",
    summary="Import a bank statement of thousands of lines, with progress, and go on after a crash.",
    input=ImportInput,
    result=ImportResult,
    steps=(Lines(),),
    build_result=import_result,
    example=ImportInput(account="merchant", statement="2026-10", rows=5_000),
)
