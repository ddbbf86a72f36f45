"""Steps that are right, for tests to make one thing wrong about."""

import msgspec

from operations_api import Action, Context, Definition, Pivot, Step


class Order(msgspec.Struct):
    sku: str = "book"


class Hold(msgspec.Struct):
    id: int = 1


class Receipt(msgspec.Struct):
    id: int = 1


class Funds(Step):
    key = "funds"

    async def reserve(self, ctx: Context, input: Order) -> Hold: ...
    async def commit(self, ctx: Context, reservation: Hold) -> Receipt: ...
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None: ...


class Charge(Pivot):
    key = "charge"

    async def execute(self, ctx: Context, input: Order) -> Receipt: ...


class Mail(Action):
    key = "mail"

    async def execute(self, ctx: Context, input: Order) -> None: ...


def definition(**overrides):
    """A definition that is right but for what is given."""
    values = {
        "name": "place-order",
        "input": Order,
        "result": Receipt,
        "steps": (Funds(), Charge(), Mail()),
        "build_result": lambda input, results: Receipt(),
        **overrides,
    }
    return Definition(**values)


def funds(**attributes):
    """A step that differs from ``Funds`` in these attributes or handlers; None takes a handler away."""
    return type("Funds", (Funds,), attributes)()
