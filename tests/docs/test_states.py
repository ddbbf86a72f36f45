"""The diagrams people look at are the table the engine and the database obey."""

from operations_api.domain.states import LEGAL_STEP_TRANSITIONS, OPERATION_TRANSITIONS
from tests.docs.state_diagrams import PAGE, page


def test_the_state_diagrams_are_those_of_the_state_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.docs.state_diagrams` and commit the page"


def test_every_legal_transition_is_on_the_page() -> None:
    shown = page().replace("-->", "->")
    for old, new in OPERATION_TRANSITIONS | LEGAL_STEP_TRANSITIONS:
        assert f"{old} -> {new}" in shown
