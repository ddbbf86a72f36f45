"""charge-card: a point of no return in the hands of somebody else.

The funds are held here before the card is charged there. The charge is a *Pivot*: its success decides that everything
is committed, its refusal that everything is rolled back, and when its outcome is unknown the provider is asked.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from examples.ledger.fields import AccountName, AmountMinor
from examples.ledger.money import FundsHold, FundsReceipt, Ledger
from examples.ledger.payments import Payments
from examples.provider_client import Known, Provider
from operations_api import Action, Context, Definition, Pivot, Reject, Step

MERCHANT: Final = "merchant"
"""Who is paid."""


class Simulate(msgspec.Struct, frozen=True):
    """What the stand-in provider is told to do."""

    outcome: Annotated[
        Literal["charge", "decline", "no-answer"],
        Meta(description="`no-answer` charges the card and hangs up, so that nobody can know."),
    ] = "charge"
    delay_ms: Annotated[int, Meta(ge=0, le=20_000, description="How long it takes, or keeps silent.")] = 0
    unavailable_times: Annotated[int, Meta(ge=0, le=10, description="How often it asks to come back first.")] = 0


class ChargeInput(msgspec.Struct, frozen=True):
    """Which card to charge, how much, and on whose account."""

    account: AccountName
    card: Annotated[str, Meta(pattern="^tok_[a-z0-9_]{1,60}$", description="A card's token, such as `tok_visa`.")]
    amount_minor: AmountMinor
    simulate: Simulate = Simulate()


class ChargeResult(msgspec.Struct, frozen=True):
    """What was charged."""

    charge_id: Annotated[str, Meta(description="The provider's name for the charge.")]
    transfer_id: Annotated[int, Meta(description="The transfer in the ledger.")]
    amount_minor: int


class Validate(Step):
    """Refuses early what would be refused late. It obtains nothing, so there is nothing to commit or give back."""

    key = "validate"
    effect = "local"

    async def reserve(self, ctx: Context, input: ChargeInput) -> None:
        Provider.from_environment()
        if not await Payments(ctx).is_account(input.account):
            raise Reject("ACCOUNT_UNKNOWN", f"There is no account {input.account}.")

    async def commit(self, ctx: Context, reservation: None) -> None: ...

    async def rollback(self, ctx: Context, reservation: None) -> None: ...


class Funds(Step):
    """The money here: held before the card is charged, settled after."""

    key = "funds"
    effect = "local"

    async def reserve(self, ctx: Context, input: ChargeInput) -> FundsHold:
        return await Ledger(ctx).hold(input.account, MERCHANT, input.amount_minor)

    async def commit(self, ctx: Context, reservation: FundsHold) -> FundsReceipt:
        return await Ledger(ctx).capture(reservation)

    async def rollback(self, ctx: Context, reservation: FundsHold | None) -> None:
        await Ledger(ctx).release()


class Charge(msgspec.Struct, frozen=True):
    """The provider's receipt."""

    charge_id: str


class Payment(Pivot):
    """The charge there. Plain functions: the provider's client blocks, so they run in a thread.

    The token is the same on every attempt, so the card is charged once however often this is called.
    """

    key = "payment"
    timeout_seconds = 10

    def execute(self, ctx: Context, input: ChargeInput) -> Charge:
        simulate = msgspec.to_builtins(input.simulate)
        charge_id = Provider.from_environment().charge(ctx.token, input.card, input.amount_minor, simulate)
        return Charge(charge_id)

    def query(self, ctx: Context) -> tuple[Known, Charge | None]:
        known, charge_id = Provider.from_environment().outcome(ctx.token_for("execute"))
        return known, Charge(charge_id) if charge_id else None


class Confirm(Action):
    """A record of the charge, for the books."""

    key = "confirm"
    effect = "local"

    async def execute(self, ctx: Context, input: ChargeInput) -> None:
        charge: Charge = ctx.results["payment"]
        await Payments(ctx).confirm(charge.charge_id, input.amount_minor)


def charge_result(input: ChargeInput, results: dict[str, Any]) -> ChargeResult:
    charge: Charge = results["payment"]
    receipt: FundsReceipt = results["funds"]
    return ChargeResult(charge.charge_id, receipt.transfer_id, receipt.amount_minor)


CHARGE_CARD = Definition(
    name="charge-card",
    summary="Hold funds, charge a card at a payment provider, and settle: the charge is the point of no return.",
    input=ChargeInput,
    result=ChargeResult,
    steps=(Validate(), Funds(), Payment(), Confirm()),
    build_result=charge_result,
    example=ChargeInput(account="alice", card="tok_visa", amount_minor=1_250),
)
