"""The diagrams people look at are the table the engine and the database obey."""

import re
from itertools import pairwise

from operations_api.domain.states import LEGAL_STEP_TRANSITIONS, OPERATION_TRANSITIONS
from tests.docs.state_diagrams import PAGE, WORDS, page

CHAIN = re.compile(r"`([a-z_]+(?: -> [a-z_]+)+)`")


def test_the_state_diagrams_are_those_of_the_state_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.docs.state_diagrams` and commit the page"


def test_every_legal_transition_is_on_the_page() -> None:
    shown = page().replace("-->", "->")
    for old, new in OPERATION_TRANSITIONS | LEGAL_STEP_TRANSITIONS:
        assert f"{old} -> {new}" in shown


def test_every_chain_of_states_in_the_documents_is_legal() -> None:
    texts = [document.read_text(encoding="utf-8") for document in PAGE.parent.rglob("*.md")]
    chains = [chain.split(" -> ") for text in texts for chain in CHAIN.findall(text)]
    arrows = {arrow for chain in chains if set(chain) <= set(WORDS) for arrow in pairwise(chain)}
    assert ("running", "succeeded") in arrows
    assert arrows <= OPERATION_TRANSITIONS | LEGAL_STEP_TRANSITIONS
