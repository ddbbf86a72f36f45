"""A small external system, right in every respect, and steps that use it; the tests make them wrong one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from operations_api import Action, Context, Definition, Pivot, Step


class Trip(msgspec.Struct, frozen=True):
    seats: int = 2


class Hold(msgspec.Struct, frozen=True):
    seats: int


class Ticket(msgspec.Struct, frozen=True):
    number: str


class Airline:
    """``holds`` by operation and step, ``charges`` and ``mails`` by token: the work is done once per token."""

    def __init__(self) -> None:
        self.holds: dict[str, str] = {}
        self.charges: Counter[str] = Counter()
        self.mails: Counter[str] = Counter()

    def forget(self) -> None:
        self.__init__()

    def ledger(self, operation_id: UUID) -> dict[str, Any]:
        states = Counter(state for key, state in self.holds.items() if key.startswith(str(operation_id)))
        del states["released"]
        return {**states, "charged": self.charges.total(), "mails": self.mails.total()}


class Seats(Step):
    key = "seats"

    def __init__(self, airline: Airline, key: str = "seats") -> None:
        self.airline = airline
        self.key = key

    def hold_key(self, ctx: Context) -> str:
        return f"{ctx.operation_id}:{self.key}"

    async def reserve(self, ctx: Context, input: Trip) -> Hold:
        if self.airline.holds.setdefault(self.hold_key(ctx), "held") != "held":
            raise RuntimeError("released already")
        return Hold(input.seats)

    async def commit(self, ctx: Context, reservation: Hold) -> Ticket:
        assert self.airline.holds[self.hold_key(ctx)] != "released"
        self.airline.holds[self.hold_key(ctx)] = "sold"
        return Ticket(self.hold_key(ctx))

    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        self.airline.holds[self.hold_key(ctx)] = "released"


class Payment(Pivot):
    key = "payment"

    def __init__(self, airline: Airline) -> None:
        self.airline = airline

    async def execute(self, ctx: Context, input: Trip) -> Ticket:
        self.airline.charges[ctx.token] = 1
        return Ticket("paid")

    async def query(self, ctx: Context) -> Any:
        return ("committed", Ticket("paid")) if self.airline.charges[ctx.token] else "absent"


class Mail(Action):
    key = "mail"

    def __init__(self, airline: Airline) -> None:
        self.airline = airline

    def execute(self, ctx: Context, input: Trip) -> None:
        self.airline.mails[ctx.token] = 1


def definition(
    *steps: Step, build_result: Callable[..., Any] = lambda input, results: input, **settings: Any
) -> Definition:
    return Definition(name="trip", input=Trip, result=Trip, steps=steps, build_result=build_result, **settings)
