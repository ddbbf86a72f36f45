"""What a handler may raise, row by row."""

import pytest

from operations_api.domain.plan import Call, Finish, Sleep, next_move
from operations_api.domain.settle import (
    LONGEST_BACKOFF_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SHORTEST_PAUSE_SECONDS,
    Answered,
    NotNow,
)

from .executions import (
    DONE,
    FIRST,
    LATER,
    NOT_NOW,
    NOW,
    PARK,
    REJECTED,
    UNKNOWN,
    UNSURE,
    VALUE,
    action,
    after,
    called,
    execution,
    going_back,
    in_commit,
    in_rollback,
    pivot,
    reason,
    states,
    step,
)

# -- reserve -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["external", "local"])
def test_a_rejected_reserve_holds_nothing_and_the_others_are_released(effect):
    refused = called(execution(step("a", state="reserved"), step("b", effect=effect), step("c")), REJECTED)
    assert (refused.failure.reason, refused.failure.step, refused.failure.rejected) == ("NO_FUNDS", "b", True)
    back = going_back(refused)
    assert states(back) == ["reserved", "rejected", "released"]
    assert next_move(back, NOW) == Call(0, "rollback")


@UNSURE
def test_a_reserve_that_is_unsure_is_called_again(unsure):
    waiting = called(execution(step("a")), unsure)
    assert states(waiting) == ["reserving"]
    assert next_move(waiting, waiting.steps[0].retry_at) == Call(0, "reserve")


@UNSURE
def test_a_reserve_is_given_up_after_retry_for_seconds_and_what_it_may_hold_is_released(unsure):
    waiting = called(execution(step("a"), retry_for_seconds=300), unsure)
    assert called(waiting, unsure, after(299)).failure is None
    given_up = called(waiting, unsure, after(300))
    assert (given_up.failure.reason, given_up.failure.retryable) == ("RETRIES_EXHAUSTED", True)
    assert next_move(going_back(given_up), after(300)) == Call(0, "rollback")


@UNSURE
def test_a_reject_after_an_unsure_reserve_proves_nothing_and_is_released(unsure):
    refused = called(called(execution(step("a")), unsure), REJECTED, after(60))
    assert refused.failure.reason == "NO_FUNDS"
    assert next_move(going_back(refused), after(60)) == Call(0, "rollback")


@UNSURE
def test_a_local_reserve_that_is_unsure_was_undone_with_its_transaction(unsure):
    waiting = called(execution(step("a", effect="local")), unsure)
    assert (states(waiting), waiting.steps[0].doubt) == (["pending"], "none")
    assert states(called(waiting, REJECTED, after(60))) == ["rejected"]


def test_a_reserve_that_worked_is_in_no_doubt_any_more():
    reserved = called(called(execution(step("a")), UNKNOWN), DONE, after(60)).steps[0]
    assert (reserved.state, reserved.doubt, reserved.reservation, reserved.error) == ("reserved", "none", VALUE, None)


# -- Pivot -------------------------------------------------------------------------------------------------------------


def test_the_success_of_a_pivot_is_the_decision_to_commit():
    done = called(execution(step("a", state="reserved"), pivot()), DONE, expect="execute")
    assert (done.decision, states(done)) == ("commit", ["reserved", "executed"])


@pytest.mark.parametrize("effect", ["external", "local"])
def test_the_reject_of_a_pivot_is_the_decision_to_roll_back(effect):
    done = called(execution(step("a", state="reserved"), pivot(effect=effect)), REJECTED)
    assert (done.decision, states(done), done.failure.reason) == ("rollback", ["reserved", "rejected"], "NO_FUNDS")


def test_a_pivot_that_says_not_now_is_called_again():
    waiting = called(execution(pivot()), NOT_NOW)
    assert next_move(waiting, after(60)) == Call(0, "execute")


def test_a_pivot_in_doubt_without_a_query_waits_for_a_person():
    blocked = called(execution(pivot()), UNKNOWN)
    assert reason(blocked.steps[0]) == "OUTCOME_UNKNOWN"
    assert next_move(blocked, after(9999)) == Sleep(None)


def test_a_pivot_in_doubt_is_looked_up():
    asked = called(execution(pivot(), can_query=True), UNKNOWN)
    assert called(asked, Answered("committed", VALUE), after(60), expect="query").steps[0].result == VALUE
    assert called(asked, Answered("committed"), after(60)).decision == "commit"
    assert next_move(called(asked, Answered("absent"), after(60)), after(60)) == Call(0, "execute")
    assert called(asked, Answered("released"), after(60)).decision == "rollback"


@UNSURE
def test_the_reject_of_a_pivot_in_doubt_is_looked_up(unsure):
    if unsure is UNKNOWN:
        unsure_pivot = called(called(execution(pivot(), can_query=True), UNKNOWN), Answered("absent"), after(60))
        unsure_pivot = called(unsure_pivot, NOT_NOW, after(60), expect="execute")
    else:
        unsure_pivot = called(execution(pivot(), can_query=True), NOT_NOW)
    refused = called(unsure_pivot, REJECTED, after(200), expect="execute")
    assert refused.decision is None
    assert called(refused, Answered("committed"), after(200), expect="query").decision == "commit"
    turned = called(refused, Answered("absent"), after(200), expect="query")
    assert (turned.decision, turned.failure.reason) == ("rollback", "NO_FUNDS")


def test_the_reject_of_a_pivot_in_doubt_without_a_query_waits_for_a_person():
    blocked = called(called(execution(pivot()), NOT_NOW), REJECTED, after(60))
    assert (blocked.decision, next_move(blocked, after(9999))) == (None, Sleep(None))


# -- commit ------------------------------------------------------------------------------------------------------------


@UNSURE
@pytest.mark.parametrize("effect", ["external", "local"])
def test_a_commit_that_is_unsure_is_called_again_for_ever(unsure, effect):
    committing = in_commit(step("a", state="reserved", effect=effect), retry_for_seconds=1)
    for minute in range(100):
        committing = called(committing, unsure, after(61 * minute), expect="commit")
    assert (committing.failure, committing.decision) == (None, "commit")


def test_a_rejected_first_commit_parks_or_rolls_back_as_the_definition_says():
    first = step("a", state="reserved"), step("b", state="reserved")
    assert next_move(called(in_commit(*first, policy=PARK), REJECTED), NOW) == Sleep(None)
    back = called(in_commit(*first, policy=FIRST), REJECTED)
    assert (back.decision, back.failure.reason) == ("compensate", "NO_FUNDS")
    assert next_move(back, NOW) == Call(1, "rollback")


def test_a_rejected_first_commit_is_not_what_on_commit_reject_speaks_of():
    parked = called(in_commit(step("a", state="reserved"), can_compensate=True, policy=LATER), REJECTED)
    assert (parked.decision, next_move(parked, NOW)) == ("commit", Sleep(None))


def test_on_first_commit_reject_speaks_only_of_the_first_commit():
    later = step("a", state="committed"), step("b", state="reserved")
    assert next_move(called(in_commit(*later, policy=FIRST), REJECTED), NOW) == Sleep(None)
    after_pivot = step("a", state="reserved"), pivot(state="executed")
    assert next_move(called(in_commit(*after_pivot, policy=FIRST), REJECTED), NOW) == Sleep(None)


def test_a_rejected_later_commit_compensates_only_what_can_be_undone():
    later = step("a", state="committed"), step("b", state="reserved"), step("c", state="reserved")
    assert next_move(called(in_commit(*later, policy=LATER), REJECTED), NOW) == Sleep(None)
    back = called(in_commit(*later, policy=LATER, can_compensate=True), REJECTED)
    assert (back.decision, back.failure.reason) == ("compensate", "COMMIT_REJECTED")
    for position, handler in [(2, "rollback"), (1, "rollback"), (0, "compensate")]:
        assert next_move(back, NOW) == Call(position, handler)
        back = called(back, DONE)
    assert states(back) == ["compensated", "released", "released"]
    assert next_move(back, NOW) == Finish(succeeded=False)


def test_nothing_is_compensated_behind_an_executed_pivot():
    later = step("a", state="reserved"), pivot(state="executed")
    assert next_move(called(in_commit(*later, policy=LATER, can_compensate=True), REJECTED), NOW) == Sleep(None)


@UNSURE
def test_the_reject_of_a_commit_in_doubt_is_looked_up(unsure):
    refused = called(
        called(in_commit(step("a", state="reserved"), can_query=True, policy=FIRST), unsure), REJECTED, after(60)
    )
    assert refused.decision == "commit"
    assert states(called(refused, Answered("committed"), after(60), expect="query")) == ["committed"]
    back = called(refused, Answered("held"), after(60), expect="query")
    assert (back.decision, back.failure.reason) == ("compensate", "NO_FUNDS")


@UNSURE
def test_the_reject_of_a_commit_in_doubt_without_a_query_waits_for_a_person(unsure):
    blocked = called(called(in_commit(step("a", state="reserved"), policy=FIRST), unsure), REJECTED, after(60))
    assert (blocked.decision, next_move(blocked, after(9999))) == ("commit", Sleep(None))


# -- Action, rollback, compensate --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        in_commit(action()),
        in_rollback(step("a", state="reserved")),
        execution(step("a", state="committed"), decision="compensate", can_compensate=True),
    ],
    ids=["action", "rollback", "compensate"],
)
class TestWhatHasNoWayBack:
    def test_waits_for_a_person_when_it_is_refused(self, before):
        blocked = called(before, REJECTED)
        assert (blocked.decision, reason(blocked.steps[0])) == (before.decision, "NO_FUNDS")
        assert next_move(blocked, after(9999)) == Sleep(None)

    @UNSURE
    def test_is_called_again_for_ever_when_it_is_unsure(self, before, unsure):
        handler = next_move(before, NOW).handler
        trying = before
        for minute in range(100):
            trying = called(trying, unsure, after(61 * minute), expect=handler)
        assert (trying.decision, trying.failure, trying.steps[0].attempts) == (before.decision, None, 100)


# -- query -------------------------------------------------------------------------------------------------------------

IN_DOUBT = [
    execution(step("a", state="reserving", handler="reserve", doubt="unknown", called_since=NOW), can_query=True),
    execution(pivot(state="executing", handler="execute", doubt="unknown", called_since=NOW), can_query=True),
    called(called(in_commit(step("a", state="reserved"), can_query=True), UNKNOWN), REJECTED, after(1)),
]


@pytest.mark.parametrize("before", IN_DOUBT, ids=["reserve", "pivot", "refused commit"])
@pytest.mark.parametrize(
    "answer", [REJECTED, NOT_NOW, UNKNOWN, Answered("unknown")], ids=lambda one: type(one).__name__
)
def test_a_question_without_an_answer_changes_nothing_and_is_asked_again_later(before, answer):
    asked = called(before, answer, after(1), expect="query")
    assert (asked.decision, asked.failure) == (before.decision, None)
    assert (asked.steps[0].doubt, asked.steps[0].error) == (before.steps[0].doubt, before.steps[0].error)
    assert next_move(asked, after(1)) == Sleep(asked.steps[0].retry_at)
    assert asked.steps[0].retry_at > after(1)
    assert next_move(asked, asked.steps[0].retry_at) == Call(0, "query")


def test_questions_back_off_more_and_more_and_count_as_attempts():
    asked, waits = IN_DOUBT[1], []
    for minute in range(12):
        asked = called(asked, UNKNOWN, after(61 * minute), expect="query")
        waits.append((asked.steps[0].retry_at - after(61 * minute)).total_seconds())
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_BACKOFF_SECONDS
    assert asked.steps[0].attempts >= 10


@pytest.mark.parametrize(
    "answer", [REJECTED, NOT_NOW, UNKNOWN, Answered("unknown")], ids=lambda one: type(one).__name__
)
def test_a_reserve_that_nobody_can_look_up_is_given_up_and_released(answer):
    given_up = called(IN_DOUBT[0], answer, after(300), expect="query")
    assert given_up.failure.reason == "RETRIES_EXHAUSTED"
    assert next_move(going_back(given_up), after(300)) == Call(0, "rollback")


@pytest.mark.parametrize("answer", ["absent", "held", "committed", "released"])
def test_a_reserve_in_doubt_is_looked_up_and_called_again_for_its_reservation(answer):
    asked = called(IN_DOUBT[0], Answered(answer), after(1), expect="query")
    assert next_move(asked, after(1)) == Call(0, "reserve")
    refused = called(asked, REJECTED, after(1))
    assert states(refused) == (["rejected"] if answer == "absent" else ["reserving"])


# -- back-off ----------------------------------------------------------------------------------------------------------


def wait_of(attempts, *, jitter=1.0, outcome=UNKNOWN):
    trying = in_commit(step("a", state="committing", handler="commit", attempts=attempts - 1))
    return (called(trying, outcome, jitter=jitter).steps[0].retry_at - NOW).total_seconds()


def test_back_off_doubles_up_to_its_cap():
    assert [wait_of(attempts) for attempts in (1, 2, 3)] == [0.4, 0.8, 1.6]
    assert wait_of(9) == wait_of(1_000_000) == LONGEST_BACKOFF_SECONDS


def test_back_off_has_full_jitter():
    assert [wait_of(9, jitter=jitter) for jitter in (0, 0.5, 1)] == [0, 30, 60]


def test_a_handler_may_say_itself_when_to_come_back():
    assert wait_of(3, outcome=NotNow(7.5)) == 7.5


@pytest.mark.parametrize("asked", [-1.0, float("nan"), float("-inf")])
def test_what_is_no_time_to_wait_means_the_usual_back_off(asked):
    assert wait_of(3, outcome=NotNow(asked)) == wait_of(3)


@pytest.mark.parametrize(
    ("asked", "waits"), [(0.0, SHORTEST_PAUSE_SECONDS), (1e300, LONGEST_PAUSE_SECONDS), (float("inf"), 86_400)]
)
def test_a_handler_is_called_again_neither_in_a_spin_nor_in_a_month(asked, waits):
    assert wait_of(3, outcome=NotNow(asked)) == waits
