"""transfer-funds: the smallest two-phase definition, one local step that moves money between two accounts."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from examples.ledger.fields import AccountName, AmountMinor
from examples.ledger.money import FundsHold, FundsReceipt, Ledger
from operations_api import Context, Definition, Reject, Step


class TransferInput(msgspec.Struct, frozen=True):
    """Who pays whom, and how much."""

    from_account: AccountName
    to_account: AccountName
    amount_minor: AmountMinor


class TransferResult(msgspec.Struct, frozen=True):
    """What was moved."""

    transfer_id: Annotated[int, Meta(description="The transfer in the ledger.")]
    amount_minor: int


class Transfer(Step):
    """Held on one account, then moved to the other."""

    key = "transfer"
    effect = "local"

    async def reserve(self, ctx: Context, input: TransferInput) -> FundsHold:
        if input.from_account == input.to_account:
            raise Reject("SAME_ACCOUNT", "The two accounts must differ: from_account is to_account.")
        return await Ledger(ctx).hold(input.from_account, input.to_account, input.amount_minor)

    async def commit(self, ctx: Context, reservation: FundsHold) -> FundsReceipt:
        return await Ledger(ctx).capture(reservation)

    async def rollback(self, ctx: Context, reservation: FundsHold | None) -> None:
        await Ledger(ctx).release()


def transfer_result(input: TransferInput, results: dict[str, Any]) -> TransferResult:
    receipt: FundsReceipt = results["transfer"]
    return TransferResult(receipt.transfer_id, receipt.amount_minor)


TRANSFER_FUNDS = Definition(
    name="transfer-funds",
    summary="Move money from one account to another.",
    input=TransferInput,
    result=TransferResult,
    steps=(Transfer(),),
    build_result=transfer_result,
    example=TransferInput(from_account="alice", to_account="bob", amount_minor=1_250),
)
