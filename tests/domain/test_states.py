"""The state table says what it must, and nothing that is over moves again."""

from typing import get_args

import pytest

from operations_api.domain.states import (
    LEGAL_STEP_TRANSITIONS,
    LOCAL_SHORTCUTS,
    OPERATION_TRANSITIONS,
    STEP_TRANSITIONS,
    TERMINAL,
    OperationStatus,
    StepState,
    is_terminal,
)

STEP_ENDS = {"rejected", "released", "executed", "compensated"}


@pytest.mark.parametrize(
    ("transitions", "words"),
    [(OPERATION_TRANSITIONS, get_args(OperationStatus)), (LEGAL_STEP_TRANSITIONS, get_args(StepState))],
)
def test_the_table_knows_every_word_and_no_other(transitions, words):
    assert {word for pair in transitions for word in pair} == set(words)


def test_a_terminal_operation_never_moves_again():
    assert not [pair for pair in OPERATION_TRANSITIONS if pair[0] in TERMINAL]
    assert [status for status in get_args(OperationStatus) if is_terminal(status)] == [
        "succeeded",
        "failed",
        "canceled",
    ]


def test_every_operation_that_is_not_over_can_end():
    for status in set(get_args(OperationStatus)) - TERMINAL:
        assert {new for old, new in OPERATION_TRANSITIONS if old == status} & TERMINAL


def test_a_step_that_is_over_never_moves_again():
    assert {old for old, _ in LEGAL_STEP_TRANSITIONS} == set(get_args(StepState)) - STEP_ENDS


def test_what_was_committed_is_only_ever_compensated():
    assert {new for old, new in LEGAL_STEP_TRANSITIONS if old == "committed"} == {"compensating", "compensated"}


def test_a_local_shortcut_leaves_out_one_state_that_is_legal_both_ways():
    for old, new in LOCAL_SHORTCUTS - {("reserving", "released")}:
        between = {middle for first, middle in STEP_TRANSITIONS if first == old}
        assert any((middle, new) in STEP_TRANSITIONS for middle in between), (old, new)
