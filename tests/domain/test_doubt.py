"""What is stored before a call, and what a worker that dies in it leaves in doubt."""

import msgspec
import pytest

from operations_api.domain.plan import Call, Sleep, next_move
from operations_api.domain.settle import Answered, begin, resume, settle

from .executions import (
    DONE,
    NOW,
    REJECTED,
    UNKNOWN,
    action,
    after,
    called,
    execution,
    going_back,
    in_commit,
    in_rollback,
    pivot,
    states,
    step,
)


@pytest.mark.parametrize(
    ("before", "intent"),
    [
        (execution(step("a")), "reserving"),
        (execution(pivot()), "executing"),
        (in_commit(step("a", state="reserved")), "committing"),
        (in_commit(action()), "executing"),
        (in_rollback(step("a", state="reserved")), "releasing"),
        (execution(step("a", state="committed"), decision="compensate"), "compensating"),
    ],
)
def test_the_intent_of_an_external_call_says_what_and_until_when(before, intent):
    begun = begin(before, next_move(before, NOW), NOW).steps[0]
    assert (begun.state, begun.attempts, begun.call_ends_at, begun.called_since) == (intent, 1, after(30), NOW)


def test_a_local_call_changes_no_state_until_it_is_done():
    local = execution(step("a", effect="local"))
    begun = begin(local, Call(0, "reserve"), NOW)
    assert (begun.steps[0].state, begun.steps[0].call_ends_at) == ("pending", None)
    assert states(settle(begun, Call(0, "reserve"), DONE, NOW, lambda: 1)) == ["reserved"]


def test_another_handler_of_the_step_begins_with_a_clean_sheet():
    committing = begin(in_commit(step("a", state="reserved", handler="reserve", attempts=7)), Call(0, "commit"), NOW)
    assert (committing.steps[0].attempts, committing.steps[0].doubt) == (1, "none")


def test_a_crash_before_the_intent_means_that_nothing_happened():
    assert resume(execution(step("a")), NOW) == execution(step("a"))


def test_a_crash_after_the_outcome_leaves_no_doubt():
    reserved = called(execution(step("a")), DONE)
    assert resume(reserved, NOW) == reserved


@pytest.mark.parametrize("can_query", [False, True])
def test_after_a_crash_in_a_call_a_reject_proves_nothing(can_query):
    resumed = resume(begin(execution(step("a"), can_query=can_query), Call(0, "reserve"), NOW), after(15))
    assert resumed.steps[0].doubt == "unknown"
    if can_query:
        assert next_move(resumed, after(15)) == Sleep(after(30))
        resumed = called(resumed, Answered("held"), after(30), expect="query")
    back = going_back(called(resumed, REJECTED, after(30), expect="reserve"))
    assert next_move(back, after(30)) == Call(0, "rollback")


def test_after_a_crash_in_a_pivot_it_is_looked_up_or_waits_for_a_person():
    asked = resume(begin(execution(pivot(), can_query=True), Call(0, "execute"), NOW), after(15))
    assert next_move(asked, after(15)) == Sleep(after(30))
    assert next_move(asked, after(30)) == Call(0, "query")
    alone = resume(begin(execution(pivot()), Call(0, "execute"), NOW), after(15))
    assert next_move(alone, after(9999)) == Sleep(None)


@pytest.mark.parametrize("handler", ["commit", "rollback"])
def test_after_a_crash_in_a_commit_or_rollback_the_same_call_is_repeated(handler):
    decision = "commit" if handler == "commit" else "rollback"
    held = execution(step("a", state="reserved"), decision=decision, can_query=True)
    resumed = resume(begin(held, Call(0, handler), NOW), after(15))
    assert called(resumed, DONE, after(30), expect=handler).steps[0].state in ("committed", "released")


def left_open(handler, before, ends_after=40):
    """A call whose worker died: it may be in flight for so long, and its successor has just claimed the operation."""
    begun = begin(before, Call(0, handler), NOW)
    record = msgspec.structs.replace(begun.steps[0], call_ends_at=after(ends_after))
    return resume(begun.with_step(record), after(1))


def test_a_refused_commit_is_looked_up_when_no_earlier_one_can_be_in_flight_any_more():
    before = execution(step("a", state="reserved"), decision="commit", can_query=True)
    refused = called(left_open("commit", before), REJECTED, after(2), expect="commit")
    assert next_move(refused, after(2)) == Sleep(after(40))
    assert next_move(refused, after(40)) == Call(0, "query")


@pytest.mark.parametrize("outcome", [DONE, REJECTED], ids=["done", "rejected"])
def test_a_reserve_is_released_when_no_earlier_one_can_be_in_flight_any_more(outcome):
    settled = called(left_open("reserve", execution(step("a"))), outcome, after(2), expect="reserve")
    back = going_back(msgspec.structs.replace(settled, cancel_requested=True))
    assert next_move(back, after(2)) == Sleep(after(40))
    assert next_move(back, after(40)) == Call(0, "rollback")


def test_what_was_left_open_is_still_known_when_the_successor_dies_too():
    resumed = left_open("reserve", execution(step("a"), timeout_seconds=5))
    assert begin(resumed, Call(0, "reserve"), after(2)).steps[0].call_ends_at == after(40)
    unsure = called(resumed, UNKNOWN, after(2), expect="reserve")
    assert resume(unsure, after(3)).left_open == {0: after(40)}


def test_what_was_left_open_is_over_in_the_end():
    unsure = called(left_open("reserve", execution(step("a"))), UNKNOWN, after(50), expect="reserve")
    assert unsure.steps[0].call_ends_at is None
