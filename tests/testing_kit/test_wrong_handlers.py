"""Every kind of wrong handler is caught, and the sentence names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from operations_api import Context, Pivot, Reject, Retry, Step
from operations_api.testing import WrongHandlers, check_definition
from tests.testing_kit.bookings import Airline, Hold, Mail, Payment, Seats, Ticket, Trip, definition


class ReservesAgain(Seats):
    async def reserve(self, ctx: Context, input: Trip) -> Hold:
        await super().reserve(ctx, input)
        self.airline.holds[f"{ctx.operation_id}:extra-{len(self.airline.holds)}"] = "held"
        return Hold(input.seats)

    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        for key in [key for key in self.airline.holds if key.startswith(str(ctx.operation_id))]:
            self.airline.holds[key] = "released"


class ReserveRaisesTheSecondTime(Seats):
    async def reserve(self, ctx: Context, input: Trip) -> Hold:
        if self.hold_key(ctx) in self.airline.holds:
            raise KeyError("there already")
        return await super().reserve(ctx, input)


class CommitsAgain(Seats):
    async def commit(self, ctx: Context, reservation: Hold) -> Ticket:
        self.airline.charges[ctx.token] += 1
        return await super().commit(ctx, reservation)


class CommitRejectsTheSecondTime(Seats):
    async def commit(self, ctx: Context, reservation: Hold) -> Ticket:
        if self.airline.holds[self.hold_key(ctx)] == "sold":
            raise Reject("SOLD_ALREADY")
        return await super().commit(ctx, reservation)


class KeepsItsReservationInMemory(Seats):
    number: str

    async def reserve(self, ctx: Context, input: Trip) -> Hold:
        self.number = "7"
        return await super().reserve(ctx, input)

    async def commit(self, ctx: Context, reservation: Hold) -> Ticket:
        await super().commit(ctx, reservation)
        return Ticket(self.number)


class RollsBackNothing(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        pass


class RollsBackOnlyWhatItKnows(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        if reservation is not None:
            await super().rollback(ctx, reservation)


class RollbackNeedsAReservation(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        assert reservation.seats == 2  # type: ignore[union-attr]
        await super().rollback(ctx, reservation)


class RollbackNeedsAHold(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        if self.hold_key(ctx) not in self.airline.holds:
            raise KeyError("nothing is held")
        await super().rollback(ctx, reservation)


class RollsBackAgain(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        if self.airline.holds.get(self.hold_key(ctx)) == "released":
            self.airline.charges[ctx.token] -= 1
        await super().rollback(ctx, reservation)


class RollbackRaisesTheSecondTime(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        if self.airline.holds.get(self.hold_key(ctx)) == "released":
            raise KeyError("nothing is held")
        await super().rollback(ctx, reservation)


class RollbackFails(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        raise NotImplementedError("later")


class LeavesNoTombstone(Seats):
    async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
        self.airline.holds.pop(self.hold_key(ctx), None)


class ReserveFails(Seats):
    async def reserve(self, ctx: Context, input: Trip) -> Hold:
        raise OSError("no route to the airline")


class ReserveNeverAnswers(Seats):
    async def commit(self, ctx: Context, reservation: Hold) -> Ticket:
        raise Retry


class RejectsButHolds(Seats):
    async def reserve(self, ctx: Context, input: Trip) -> Hold:
        await super().reserve(ctx, input)
        raise Reject("SOLD_OUT")


class ChargesAgain(Payment):
    async def execute(self, ctx: Context, input: Trip) -> Ticket:
        self.airline.charges[f"{ctx.token}:{ctx.attempt}"] += 1
        return Ticket("paid")

    async def query(self, ctx: Context) -> Any:
        return "unknown" if self.airline.charges else "absent"


class LosesTheCharge(Payment):
    async def query(self, ctx: Context) -> Any:
        return "absent"


class InventsACharge(Payment):
    async def query(self, ctx: Context) -> Any:
        return "committed", Ticket("paid")


class MailsAgain(Mail):
    def execute(self, ctx: Context, input: Trip) -> None:
        self.airline.mails[ctx.token] += 1


class DoesNotRefund(Seats):
    async def compensate(self, ctx: Context, result: Ticket) -> None:
        pass


class RefundsAgain(Seats):
    async def compensate(self, ctx: Context, result: Ticket) -> None:
        if self.airline.holds[self.hold_key(ctx)] == "released":
            self.airline.charges[ctx.token] -= 1
        self.airline.holds[self.hold_key(ctx)] = "released"


class Refunds(Seats):
    async def compensate(self, ctx: Context, result: Ticket) -> None:
        self.airline.holds[self.hold_key(ctx)] = "released"


Step_of = Callable[[Airline], Step]
LEDGER = r"the ledger says \{.*\} instead of \{.*\}"
TOKEN = r"[0-9a-f-]{36}:seats:"

WRONG: list[tuple[type[Any], str]] = [
    (
        ReservesAgain,
        rf'reserve of step "seats" is not idempotent: called 2 times with the token {TOKEN}reserve, {LEDGER}',
    ),
    (
        ReserveRaisesTheSecondTime,
        rf'reserve of step "seats" is not idempotent: called again with the token {TOKEN}reserve, it raised KeyError',
    ),
    (
        CommitsAgain,
        rf'commit of step "seats" is not idempotent: called 2 times with the token {TOKEN}commit, '
        r"the ledger says \{'sold': 2, 'charged': 2, 'mails': 0\} instead of \{'sold': 2, 'charged': 1, 'mails': 0\}",
    ),
    (CommitRejectsTheSecondTime, r'commit of step "seats" is not idempotent: .* it rejected with SOLD_ALREADY'),
    (KeepsItsReservationInMemory, r'commit of step "seats" fails in the hands of a second worker: .*AttributeError'),
    (RollsBackNothing, rf'rollback of step "seats" does not give back what reserve took: {LEDGER}'),
    (
        RollsBackOnlyWhatItKnows,
        r'rollback of step "seats" is wrong when it is called with None, after a reserve whose answer was lost: '
        + LEDGER,
    ),
    (
        RollbackNeedsAReservation,
        r'rollback of step "seats" fails when it is called with None, before its reserve has ever been called: '
        "it raised AttributeError",
    ),
    (
        RollbackNeedsAHold,
        r'rollback of step "seats" fails when it is called with None, before its reserve has ever been called: '
        "it raised KeyError: 'nothing is held'",
    ),
    (RollsBackAgain, rf'rollback of step "seats" is not idempotent: called 2 times with the token {TOKEN}rollback'),
    (RollbackRaisesTheSecondTime, r'rollback of step "seats" is not idempotent: called again .* it raised KeyError'),
    (RollbackFails, r'rollback of step "seats" fails: it raised NotImplementedError: later'),
    (
        LeavesNoTombstone,
        rf'reserve of step "seats" is accepted after its rollback: called late, .* {TOKEN}reserve, it answered success '
        rf"and {LEDGER}; leave a mark",
    ),
    (ReserveFails, r'reserve of step "seats" fails in an undisturbed run: it raised OSError: no route to the airline'),
    (
        ReserveNeverAnswers,
        r'commit of step "seats" does not come to an end in an undisturbed run: it asked for a retry',
    ),
    (RejectsButHolds, rf'reserve of step "seats" refused \(it rejected with SOLD_OUT\), but {LEDGER}'),
]


async def findings_of(airline: Airline, *steps: Step, **settings: Any) -> tuple[str, ...]:
    with pytest.raises(WrongHandlers) as wrong:
        await check_definition(
            definition(*steps, **settings), Trip(), ledger=airline.ledger, before_each=airline.forget
        )
    return wrong.value.findings


def one_matches(findings: tuple[str, ...], sentence: str) -> bool:
    return any(re.match(sentence, finding) for finding in findings)


@pytest.mark.parametrize(("step_class", "sentence"), WRONG, ids=[wrong.__name__ for wrong, _ in WRONG])
async def test_a_wrong_step_is_caught_and_named(step_class: type[Seats], sentence: str):
    airline = Airline()
    findings = await findings_of(airline, step_class(airline), Seats(airline, "hotel"))
    assert one_matches(findings, sentence), findings
    assert all('step "seats"' in finding for finding in findings), "the other step is right"


@pytest.mark.parametrize(
    ("step_class", "sentence"),
    [
        (LosesTheCharge, 'query of step "payment" answers "absent" although execute was done and its answer lost'),
        (InventsACharge, 'query of step "payment" answers "committed" although execute was never done'),
        (ChargesAgain, 'query of step "payment" never succeeds once a worker has died: it answered "unknown"'),
        (MailsAgain, 'execute of step "mail" is not idempotent: called 2 times with the token .*:mail:execute, '),
    ],
)
async def test_a_wrong_pivot_or_action_is_caught_and_named(step_class: Callable[[Airline], Step], sentence: str):
    airline = Airline()
    findings = await findings_of(airline, Seats(airline), step_class(airline))
    assert one_matches(findings, sentence), findings


@pytest.mark.parametrize(
    ("step_class", "sentence"),
    [
        (DoesNotRefund, f'compensate of step "seats" does not undo its commit: {LEDGER}'),
        (RefundsAgain, 'compensate of step "seats" is not idempotent: called 2 times with the token'),
    ],
)
async def test_a_wrong_compensation_is_caught_and_named(step_class: type[Seats], sentence: str):
    airline = Airline()
    steps = (step_class(airline), Refunds(airline, "hotel"))
    findings = await findings_of(airline, *steps, on_commit_reject="compensate", on_first_commit_reject="rollback")
    assert one_matches(findings, sentence), findings


class PaysWithoutQuery(Pivot):
    """Whoever dies around it leaves it to a person."""

    key = "payment"

    def __init__(self, airline: Airline) -> None:
        self.airline = airline

    async def execute(self, ctx: Context, input: Trip) -> Ticket:
        self.airline.charges[ctx.token] += 1
        return Ticket("paid")


async def test_a_pivot_nobody_can_ask_waits_for_a_person_and_is_no_finding():
    airline = Airline()
    trip = definition(Seats(airline), PaysWithoutQuery(airline))
    checked = await check_definition(trip, Trip(), ledger=airline.ledger, before_each=airline.forget)
    assert checked.crashes > 0


async def test_a_cursor_that_outruns_its_work_is_caught():
    class Rows(Seats):
        async def reserve(self, ctx: Context, input: Trip) -> Hold:
            for row in range(ctx.last_checkpoint or 0, input.seats):
                await ctx.checkpoint(row + 1)
                self.airline.holds[f"{ctx.operation_id}:{row}"] = "held"
            return Hold(input.seats)

        async def commit(self, ctx: Context, reservation: Hold) -> Ticket:
            return Ticket("")

        async def rollback(self, ctx: Context, reservation: Hold | None) -> None:
            for key in [key for key in self.airline.holds if key.startswith(str(ctx.operation_id))]:
                del self.airline.holds[key]

    airline = Airline()
    findings = await findings_of(airline, Rows(airline))
    sentence = r'reserve of step "seats" is not idempotent: .* says \{\'held\': 1, .*\} instead of \{\'held\': 2, '
    assert one_matches(findings, sentence), findings


async def test_every_wrong_handler_is_listed():
    airline = Airline()
    findings = await findings_of(
        airline, CommitsAgain(airline), RollsBackOnlyWhatItKnows(airline, "hotel"), MailsAgain(airline)
    )
    assert len(findings) == 4
    for start in (
        'commit of step "seats"',
        'rollback of step "hotel"',
        'reserve of step "hotel"',
        'execute of step "mail"',
    ):
        assert one_matches(findings, start), findings


async def test_a_result_that_cannot_be_built_is_caught():
    airline = Airline()
    findings = await findings_of(airline, Seats(airline), build_result=lambda input, results: results["hotel"])
    assert findings == ("build_result fails: it raised KeyError: 'hotel'",)


async def test_steps_that_depend_on_anything_but_the_input_are_refused():
    airline = Airline()
    names = iter(["a", "b", "c", "d"])
    impure = definition(Seats(airline))
    impure.steps = lambda input: (Seats(airline, next(names)),)
    with pytest.raises(ValueError, match="steps must be a pure function of the input"):
        await check_definition(impure, Trip(), ledger=lambda operation_id: None)


@pytest.mark.parametrize("pays", [True, False])
async def test_right_handlers_pass_at_every_point(pays: bool):
    airline, seen = Airline(), set[UUID]()
    steps = (Seats(airline), Refunds(airline, "hotel"), *([Payment(airline)] if pays else []), Mail(airline))
    checked = await check_definition(
        definition(*steps, on_first_commit_reject="rollback", on_commit_reject="compensate"),
        Trip(),
        ledger=lambda operation_id: (seen.add(operation_id), airline.ledger(operation_id))[1],
        before_each=airline.forget,
    )
    assert checked.rehearsals == len(seen), "each rehearsal is an operation of its own"
    forward, backward, released = (6, 3, 2) if pays else (5, 2, 2)
    assert checked.crashes >= 6 * (forward + backward + released) - 6
