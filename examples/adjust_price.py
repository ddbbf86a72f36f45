"""adjust-price: change a row only if it is still as the caller saw it.

The version travels in the input. Whoever serves prices over HTTP gives it out as the ETag and takes it back from
``If-Match``: see docs/conditional-updates.md.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from examples.ledger.fields import AmountMinor, Sku
from examples.ledger.prices import PriceHold, Prices
from operations_api import Context, Definition, Step


class PriceInput(msgspec.Struct, frozen=True):
    """Which price to change, to what, and which version of it the caller has seen."""

    sku: Sku
    price_minor: AmountMinor
    seen_version: Annotated[int, Meta(ge=1, description="The version the change is meant for; another one is kept.")]


class PriceResult(msgspec.Struct, frozen=True):
    """What the price is now."""

    sku: str
    price_minor: int
    version: Annotated[int, Meta(description="What the next change has to be meant for.")]


class Changed(msgspec.Struct, frozen=True):
    """The version that the change made."""

    version: int


class Price(Step):
    """The right to change it, for one of those who have seen the same version, then the change."""

    key = "price"
    effect = "local"

    async def reserve(self, ctx: Context, input: PriceInput) -> PriceHold:
        return await Prices(ctx).hold(input.sku, input.seen_version, input.price_minor)

    async def commit(self, ctx: Context, reservation: PriceHold) -> Changed:
        return Changed(await Prices(ctx).change())

    async def rollback(self, ctx: Context, reservation: PriceHold | None) -> None:
        await Prices(ctx).release()


def price_result(input: PriceInput, results: dict[str, Any]) -> PriceResult:
    changed: Changed = results["price"]
    return PriceResult(input.sku, input.price_minor, changed.version)


ADJUST_PRICE = Definition(
    name="adjust-price",
    summary="Change a price, unless somebody else has changed it since the caller looked.",
    input=PriceInput,
    result=PriceResult,
    steps=(Price(),),
    build_result=price_result,
    example=PriceInput(sku="teapot", price_minor=2_650, seen_version=1),
)
