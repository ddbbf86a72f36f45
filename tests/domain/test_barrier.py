"""What may follow on what was done to a step, pair by pair."""

from itertools import product
from typing import get_args

import pytest

from operations_api.domain.barrier import ANSWERS, BarrierState, LateReserve, OutOfTurn, passage

PHASES = ("reserve", "execute", "commit", "rollback", "compensate")
STATES = get_args(BarrierState)
PAIRS = list(product(PHASES, STATES))
# phase: what it does in which state; every other pair is an error
WORKS = {
    "reserve": "absent",
    "execute": "absent",
    "commit": "reserved",
    "rollback": "reserved",
    "compensate": "committed",
}
DONE = {
    "reserve": {"reserved", "committed"},
    "execute": {"executed"},
    "commit": {"committed"},
    "rollback": {"absent", "released"},
    "compensate": {"compensated"},
}


def outcome(phase, state):
    try:
        return passage("seats", phase, state)[1]
    except (LateReserve, OutOfTurn) as error:
        return type(error)


@pytest.mark.parametrize(("phase", "state"), PAIRS)
def test_a_handler_works_once_and_only_where_it_can_follow(phase, state):
    if state == WORKS[phase]:
        assert outcome(phase, state) is True
    elif state in DONE[phase]:
        assert outcome(phase, state) is False
    elif phase == "reserve":
        assert outcome(phase, state) is LateReserve
    else:
        assert outcome(phase, state) is OutOfTurn


@pytest.mark.parametrize(("phase", "state"), PAIRS)
def test_a_handler_that_comes_again_finds_its_work_done(phase, state):
    if outcome(phase, state) in (True, False):
        after, _ = passage("seats", phase, state)
        assert passage("seats", phase, after) == (after, False)


def test_a_release_is_final_whether_there_was_anything_to_release_or_not():
    for before in ("absent", "reserved"):
        after, _ = passage("seats", "rollback", before)
        assert outcome("reserve", after) is LateReserve


def test_every_state_has_an_answer_for_query():
    assert set(ANSWERS) == set(STATES)
