"""book-desk: one desk, one holder. A desk is a link that names the operation that holds it."""

from pathlib import Path
from typing import Annotated, Any

import msgspec

from operations_api import Context, Definition, Registry, Reject, Step

DESKS, GIVEN_UP = Path(".operations/desks"), Path(".operations/desks-given-up")


class Booking(msgspec.Struct):
    desk: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$", description="Which desk.")]


class Desk(Step):  # plain functions run in a thread; "async def" is for handlers that await
    key = "desk"

    def reserve(self, ctx: Context, input: Booking) -> Booking:
        for folder in (DESKS, GIVEN_UP):
            folder.mkdir(parents=True, exist_ok=True)
        desk, holder = DESKS / input.desk, ctx.token_for("reserve")
        try:
            desk.symlink_to(holder)  # whoever makes it first has the desk
        except FileExistsError:
            if str(desk.readlink()) != holder:  # our own: this call is a repeat
                raise Reject("DESK_TAKEN", f"Somebody else has {input.desk}.") from None
        if (GIVEN_UP / holder).exists():  # this call comes too late
            desk.unlink(missing_ok=True)
            raise RuntimeError("rolled back already")
        return input

    def commit(self, ctx: Context, reservation: Booking) -> Booking:
        return reservation  # nothing can fail any more: the desk is held

    def rollback(self, ctx: Context, reservation: Booking | None) -> None:
        GIVEN_UP.mkdir(parents=True, exist_ok=True)
        holder = ctx.token_for("reserve")  # the same in every handler and on every attempt
        (GIVEN_UP / holder).touch()
        for desk in DESKS.glob("*"):  # reservation is None when nobody knows whether reserve worked
            if str(desk.readlink()) == holder:
                desk.unlink(missing_ok=True)


def booked(input: Booking, results: dict[str, Any]) -> Booking:
    return Booking(desk=results["desk"].desk)


BOOK_DESK = Definition(name="book-desk", input=Booking, result=Booking, steps=(Desk(),), build_result=booked)
registry = Registry([BOOK_DESK])
