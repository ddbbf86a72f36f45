"""Field types that several inputs share; their limits and descriptions appear in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

# balances are 64-bit: this leaves room for nine million of the largest payments in one account
LARGEST_AMOUNT_MINOR: Final = 1_000_000_000_000

AccountName = Annotated[
    str, Meta(min_length=1, max_length=64, description="An account of the ledger: `alice` is rich, `bob` is poor.")
]
AmountMinor = Annotated[
    int, Meta(ge=1, le=LARGEST_AMOUNT_MINOR, description="An amount of money in minor units: 1250 is 12.50.")
]
Sku = Annotated[str, Meta(min_length=1, max_length=64, description="Goods: `kettle`, `teapot`, `unicorn`.")]
EmailAddress = Annotated[
    str,
    Meta(
        max_length=254,
        # no comma, bracket or line break: an address can never turn into two, or into a header
        pattern=r"^[A-Za-z0-9_%+-]+(\.[A-Za-z0-9_%+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$(?!\n)",
        description="Where the confirmation goes.",
    ),
]
