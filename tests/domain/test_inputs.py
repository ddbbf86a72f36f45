"""Inputs are decoded strictly, and a refusal points to the place."""

import dataclasses
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict
from uuid import UUID

import msgspec
import pytest

from operations_api.domain.inputs import ValidationFailed, decode


class Money(msgspec.Struct):
    amount: Annotated[int, msgspec.Meta(ge=1)]
    currency: Literal["EUR", "USD"] = "EUR"


class Line(msgspec.Struct):
    sku: str
    price: Money
    tags: dict[str, int] = {}
    parts: list["Line"] = []


class Card(msgspec.Struct, tag="card"):
    number: str


class Invoice(msgspec.Struct, tag="invoice", tag_field="type"):
    to: Money


class Cash(msgspec.Struct, tag="cash", tag_field="type"):
    pass


@dataclasses.dataclass
class Address:
    city: str


class Extras(TypedDict):
    gift: NotRequired[Money]


class Point(NamedTuple):
    x: Money
    y: int


class Pair(msgspec.Struct, array_like=True):
    left: Money
    right: int = 0


class Order(msgspec.Struct):
    lines: list[Line] = []
    by_name: dict[str, Line] = {}
    payment: Invoice | Cash | None = None
    card: Card | None = None
    address: Address | None = None
    extras: Extras | None = None
    point: Point | None = None
    pair: Pair | None = None
    fixed: tuple[Money, int] | None = None
    either: Money | list[Money] | None = None
    when: datetime | None = None
    customer: UUID | None = None
    ratio: float = 0.0
    count: int = 0
    renamed: int = msgspec.field(default=0, name="re/na~med")
    anything: Any = None


MONEY = {"amount": 1}
LINE = {"sku": "a", "price": MONEY}


def pointers(type, value, at=""):
    with pytest.raises(ValidationFailed) as refused:
        decode(type, value, at=at)
    assert all(error["detail"] for error in refused.value.errors)
    return [error["pointer"] for error in refused.value.errors]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"lines": 1}, "/lines"),
        ({"lines": [LINE, {"sku": 1, "price": MONEY}]}, "/lines/1/sku"),
        ({"lines": [{"sku": "a"}]}, "/lines/0/price"),
        ({"lines": [{"sku": "a", "price": {"amount": 0}}]}, "/lines/0/price/amount"),
        ({"lines": [{"sku": "a", "price": {"amount": 1, "currency": "XXX"}}]}, "/lines/0/price/currency"),
        ({"lines": [{**LINE, "tags": {"a": 1, "b/c": "x", "d": 1}}]}, "/lines/0/tags/b~1c"),
        ({"by_name": {"a": LINE, "b": {"sku": "a", "price": {}}}}, "/by_name/b/price/amount"),
        ({"by_name": {"a": LINE, "b": {**LINE, "tags": {"x": 1, "y": None}}}}, "/by_name/b/tags/y"),
        ({"when": "yesterday"}, "/when"),
        ({"customer": "nobody"}, "/customer"),
        ({"re/na~med": "x"}, "/re~1na~0med"),
        ({"payment": {"type": "check"}}, "/payment/type"),
        ({"count": True}, "/count"),
        ({"count": "1"}, "/count"),
        ({"count": 1.5}, "/count"),
        ([], ""),
        (None, ""),
    ],
)
def test_a_wrong_value_is_pointed_to(value, pointer):
    assert pointers(Order, value) == [pointer]
    assert pointers(Order, value, at="/input") == ["/input" + pointer]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"colour": 1}, ["/colour"]),
        (
            {"lines": [{**LINE, "extra": 1}, {**LINE, "price": {"amount": 1, "vat": 2}}]},
            ["/lines/0/extra", "/lines/1/price/vat"],
        ),
        ({"lines": [{**LINE, "parts": [{**LINE, "parts": [{**LINE, "x": 1}]}]}]}, ["/lines/0/parts/0/parts/0/x"]),
        ({"by_name": {"a/b": {**LINE, "x": 1}}}, ["/by_name/a~1b/x"]),
        ({"payment": {"type": "invoice", "to": {"amount": 1, "x": 1}}}, ["/payment/to/x"]),
        ({"payment": {"type": "cash", "x": 1}}, ["/payment/x"]),
        ({"card": {"type": "card", "number": "1", "x": 1}}, ["/card/x"]),
        ({"address": {"city": "Bonn", "zip": "1"}}, ["/address/zip"]),
        ({"extras": {"gift": {"amount": 1, "x": 1}, "y": 2}}, ["/extras/gift/x", "/extras/y"]),
        ({"point": [{"amount": 1, "x": 1}, 2]}, ["/point/0/x"]),
        ({"pair": [{"amount": 1, "x": 1}, 2, 3]}, ["/pair/0/x", "/pair/2"]),
        ({"fixed": [{"amount": 1, "x": 1}, 2]}, ["/fixed/0/x"]),
        ({"either": [{"amount": 1, "x": 1}]}, ["/either/0/x"]),
        ({"either": {"amount": 1, "x": 1}}, ["/either/x"]),
    ],
)
def test_unknown_members_are_refused_at_every_level(value, expected):
    assert pointers(Order, value) == expected


def test_known_members_pass_at_every_level():
    order = decode(
        Order,
        {
            "lines": [{**LINE, "parts": [LINE], "tags": {"any": 1}}],
            "payment": {"type": "invoice", "to": MONEY},
            "card": {"type": "card", "number": "1"},
            "address": {"city": "Bonn"},
            "extras": {"gift": MONEY},
            "point": [MONEY, 1],
            "pair": [MONEY],
            "fixed": [MONEY, 1],
            "either": [MONEY],
            "re/na~med": 7,
            "anything": {"free": {"form": []}},
        },
    )
    assert order.lines[0].parts[0].price.amount == 1
    assert order.payment == Invoice(Money(1))
    assert order.anything == {"free": {"form": []}}


def test_a_whole_float_is_an_int():
    assert decode(Order, {"count": 3.0}).count == 3
    assert decode(Order, {"ratio": 3}).ratio == 3.0


def test_a_float_beyond_the_integers_stays_a_float():
    assert decode(Order, {"ratio": 1e20}).ratio == 1e20
    assert pointers(Order, {"count": 1e20}) == ["/count"]


def test_long_digits_in_text_are_text():
    class Payment(msgspec.Struct):
        card: str
        raw: msgspec.Raw

    assert decode(Payment, {"card": "4111111111111111111", "raw": [1]}).card == "4111111111111111111"


def test_what_a_struct_checks_itself_is_reported_like_the_rest():
    class Picky(msgspec.Struct):
        low: int
        high: int

        def __post_init__(self):
            if self.low > self.high:
                raise ValueError("low must not be above high")

    class Holder(msgspec.Struct):
        picky: Picky

    assert pointers(Holder, {"picky": {"low": 2, "high": 1}}) == ["/picky"]
