"""place-order: set goods and money aside, exchange them, send a confirmation.

The definition to copy from. Stock and funds are *local*: they write through ``ctx.tx``, so their effect and the
engine's journal are one transaction. The confirmation is an *action*: it runs once everything is committed.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from examples.ledger.fields import AccountName, EmailAddress, Sku
from examples.ledger.money import FundsHold, FundsReceipt, Ledger
from examples.ledger.stock import StockHold, Warehouse
from examples.mail import Mailbox, Message
from operations_api import Action, Context, Definition, Step

MERCHANT: Final = "merchant"
"""Who is paid."""


class OrderInput(msgspec.Struct, frozen=True):
    """What to buy, for whom, and who pays."""

    account: AccountName
    sku: Sku
    email: EmailAddress
    quantity: Annotated[int, Meta(ge=1, le=10_000, description="How many of it.")] = 1


class OrderResult(msgspec.Struct, frozen=True):
    """What was bought and paid."""

    sku: str
    quantity: int
    total_minor: Annotated[int, Meta(description="What was paid, in minor units.")]
    transfer_id: Annotated[int, Meta(description="The transfer in the ledger.")]
    message_id: Annotated[str, Meta(description="The `Message-ID` of the confirmation e-mail.")]


class Stock(Step):
    """Goods on the shelf: held, then taken."""

    key = "stock"
    effect = "local"

    async def reserve(self, ctx: Context, input: OrderInput) -> StockHold:
        return await Warehouse(ctx).hold(input.sku, input.quantity)

    async def commit(self, ctx: Context, reservation: StockHold) -> None:
        await Warehouse(ctx).take()

    async def rollback(self, ctx: Context, reservation: StockHold | None) -> None:
        await Warehouse(ctx).release()


class Funds(Step):
    """The buyer's money: held, then paid. How much it is depends on what the step before reserved."""

    key = "funds"
    effect = "local"

    async def reserve(self, ctx: Context, input: OrderInput) -> FundsHold:
        goods: StockHold = ctx.reservations["stock"]
        return await Ledger(ctx).hold(input.account, MERCHANT, goods.total_minor)

    async def commit(self, ctx: Context, reservation: FundsHold) -> FundsReceipt:
        return await Ledger(ctx).capture(reservation)

    async def rollback(self, ctx: Context, reservation: FundsHold | None) -> None:
        await Ledger(ctx).release()


class Confirmation(msgspec.Struct, frozen=True):
    """A message that was sent."""

    message_id: str


class ConfirmationEmail(Action):
    """A message to the buyer. A plain function, because SMTP clients block: it runs in a thread."""

    key = "confirmation-email"

    def execute(self, ctx: Context, input: OrderInput) -> Confirmation:
        receipt: FundsReceipt = ctx.results["funds"]
        message = Message(
            token=ctx.token,
            to=input.email,
            subject="Your order",
            text=f"{input.quantity} x {input.sku} is on its way. You paid {receipt.amount_minor / 100:.2f}.",
        )
        return Confirmation(Mailbox.from_environment().send_once(message))


def order_result(input: OrderInput, results: dict[str, Any]) -> OrderResult:
    receipt: FundsReceipt = results["funds"]
    confirmation: Confirmation = results["confirmation-email"]
    return OrderResult(input.sku, input.quantity, receipt.amount_minor, receipt.transfer_id, confirmation.message_id)


PLACE_ORDER = Definition(
    name="place-order",
    summary="Buy something: goods and money are set aside, exchanged, and confirmed by e-mail.",
    input=OrderInput,
    result=OrderResult,
    steps=(Stock(), Funds(), ConfirmationEmail()),
    build_result=order_result,
    example=OrderInput(account="alice", sku="kettle", quantity=1, email="alice@example.com"),
)
