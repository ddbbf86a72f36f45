"""What comes next: forward only after COMMIT, backward only after ROLLBACK, and nothing waits without a reason."""

import pytest

from operations_api.domain.advance import advance, decided
from operations_api.domain.failure import Failure
from operations_api.domain.plan import Call, Decide, Finish, Sleep, next_move

from .executions import NOW, action, after, execution, pivot, states, step

FAILURE = Failure("NO_FUNDS", "there is no money")


# -- towards the decision ----------------------------------------------------------------------------------------------


def test_steps_reserve_in_their_order():
    first = execution(step("a"), step("b"))
    assert next_move(first, NOW) == Call(0, "reserve")
    assert next_move(execution(step("a", state="reserved"), step("b")), NOW) == Call(1, "reserve")


def test_the_decision_is_taken_when_all_have_reserved():
    assert next_move(execution(step("a", state="reserved"), action()), NOW) == Decide()


def test_a_pivot_executes_when_all_have_reserved_and_only_while_nobody_has_asked_to_turn_back():
    assert next_move(execution(step("a"), pivot()), NOW) == Call(0, "reserve")
    assert next_move(execution(step("a", state="reserved"), pivot()), NOW) == Call(1, "execute", gate=True)


@pytest.mark.parametrize(
    "asked",
    [{"cancel_requested": True}, {"deadline": NOW}, {"failure": FAILURE}],
    ids=["cancel", "deadline", "failure"],
)
class TestWhatForbidsGoingOn:
    def test_turns_back_before_the_next_reserve(self, asked):
        assert next_move(execution(step("a", state="reserved"), step("b"), **asked), NOW) == Decide()

    def test_turns_back_before_the_gate(self, asked):
        assert next_move(execution(step("a", state="reserved"), pivot(), **asked), NOW) == Decide()

    def test_comes_too_late_once_the_pivot_is_through_its_gate(self, asked):
        through = execution(step("a", state="reserved"), pivot(state="executing", handler="execute"), **asked)
        assert next_move(through, NOW) == Call(1, "execute")

    def test_comes_too_late_after_commit(self, asked):
        committing = execution(step("a", state="reserved"), decision="commit", **asked)
        assert next_move(committing, NOW) == Call(0, "commit")

    def test_leaves_a_tombstone_where_nothing_began_and_calls_nobody(self, asked):
        plan = advance(execution(step("a"), step("b"), **asked), NOW)
        assert plan.move == Finish(succeeded=False)
        assert plan.execution.decision == "rollback"
        assert states(plan.execution) == ["released", "released"]
        assert not plan.guarded


def test_a_deadline_that_has_not_passed_forbids_nothing():
    assert next_move(execution(step("a"), deadline=after(0.001)), NOW) == Call(0, "reserve")


# -- after the decision ------------------------------------------------------------------------------------------------


def test_commits_go_in_order_then_actions_then_the_end():
    committing = execution(action(), step("a", state="committed"), step("b", state="committing"), decision="commit")
    assert next_move(committing, NOW) == Call(2, "commit")
    acting = execution(action(), step("a", state="committed"), decision="commit")
    assert next_move(acting, NOW) == Call(0, "execute")
    finished = execution(action(state="executed"), step("a", state="committed"), decision="commit")
    assert next_move(finished, NOW) == Finish(succeeded=True)


@pytest.mark.parametrize("decision", ["rollback", "compensate"])
@pytest.mark.parametrize("state", ["reserving", "reserved", "releasing"])
def test_releases_go_in_reverse_order(decision, state):
    back = execution(
        step("a", state="reserved"), step("b", state=state), step("c", state="released"), decision=decision
    )
    assert next_move(back, NOW) == Call(1, "rollback")


def test_what_was_committed_is_compensated():
    back = execution(step("a", state="committed"), step("b", state="committing"), decision="compensate")
    assert next_move(back, NOW) == Call(1, "rollback")
    back = execution(step("a", state="committed"), step("b", state="released"), decision="compensate")
    assert next_move(back, NOW) == Call(0, "compensate")


@pytest.mark.parametrize("stuck", [{"blocked_at": NOW}, {"retry_at": after(60)}], ids=["blocked", "backing off"])
def test_one_stuck_rollback_does_not_keep_the_others_from_being_released(stuck):
    releasing = step("b", state="releasing", handler="rollback", **stuck)
    assert next_move(execution(step("a", state="reserved"), releasing, decision="rollback"), NOW) == Call(0, "rollback")
    rest = next_move(execution(step("a", state="released"), releasing, decision="rollback"), NOW)
    assert rest == Sleep(stuck.get("retry_at"))


def test_it_sleeps_until_the_earliest_of_what_it_waits_for():
    waiting = execution(
        step("a", state="releasing", handler="rollback", retry_at=after(9)),
        step("b", state="releasing", handler="rollback", retry_at=after(5)),
        step("c", state="releasing", handler="rollback", blocked_at=NOW),
        decision="rollback",
    )
    assert next_move(waiting, NOW) == Sleep(after(5))


@pytest.mark.parametrize("state", ["released", "rejected", "compensated"])
def test_what_holds_nothing_is_not_called_again(state):
    assert next_move(execution(step("a", state=state), decision="rollback"), NOW) == Finish(succeeded=False)


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_a_call_that_is_to_be_repeated_waits_for_its_time():
    waiting = execution(step("a", state="reserving", handler="reserve", retry_at=after(2)))
    assert next_move(waiting, after(1)) == Sleep(after(2))
    assert next_move(waiting, after(2)) == Call(0, "reserve")


def test_a_release_waits_until_a_call_in_flight_must_have_ended():
    in_flight = execution(
        step("a", state="reserving", handler="reserve", doubt="unknown", call_ends_at=after(30)), decision="rollback"
    )
    assert next_move(in_flight, NOW) == Sleep(after(30))
    assert next_move(in_flight, after(30)) == Call(0, "rollback")


def test_a_question_waits_until_the_call_it_asks_about_must_have_ended():
    in_flight = execution(
        step("a", state="reserving", handler="reserve", doubt="unknown", call_ends_at=after(30)), can_query=True
    )
    assert next_move(in_flight, NOW) == Sleep(after(30))
    assert next_move(in_flight, after(30)) == Call(0, "query")


@pytest.mark.parametrize("state", ["reserving", "committing"])
def test_without_a_query_the_same_call_is_repeated_at_once(state):
    decision = None if state == "reserving" else "commit"
    handler = {"reserving": "reserve", "committing": "commit"}[state]
    in_flight = execution(
        step("a", state=state, handler=handler, doubt="unknown", call_ends_at=after(30)), decision=decision
    )
    assert next_move(in_flight, NOW) == Call(0, handler)


def test_a_release_does_not_wait_for_the_time_at_which_the_reserve_would_have_been_repeated():
    asked_to_come_back = step("a", state="reserving", handler="reserve", doubt="retry", retry_at=after(3600))
    assert next_move(execution(asked_to_come_back, decision="rollback"), NOW) == Call(0, "rollback")


def test_a_blocked_step_waits_for_a_person():
    assert next_move(execution(action(blocked_at=NOW), decision="commit"), NOW) == Sleep(None)
    assert next_move(execution(pivot(state="executing", blocked_at=NOW), deadline=NOW), NOW) == Sleep(None)


# -- how the decision is stored ----------------------------------------------------------------------------------------


def test_the_decision_shares_a_write_with_the_intent_that_follows_a_commit():
    plan = advance(execution(step("a", state="reserved"), step("b", state="reserved")), NOW)
    assert plan.guarded
    assert plan.execution.decision is None
    assert plan.on_commit is not None
    assert plan.on_commit.execution.decision == "commit"
    assert states(plan.on_commit.execution) == ["committing", "reserved"]


def test_two_changes_of_one_step_never_share_a_write():
    assert advance(execution(step("a", state="reserved")), NOW).on_commit is None


def test_the_success_of_a_pivot_needs_no_other_decision():
    plan = advance(decided(execution(step("a", state="reserved"), pivot(state="executed")), "commit"), NOW)
    assert not plan.guarded
    assert plan.move == Call(0, "commit")
