"""docs/states.md, made from the state table: `python -m tests.docs.state_diagrams` writes it anew."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from operations_api.domain.states import (
    LOCAL_SHORTCUTS,
    OPERATION_TRANSITIONS,
    OPERATOR_TRANSITIONS,
    STEP_TRANSITIONS,
    TERMINAL,
    OperationStatus,
    StepState,
)

PAGE = Path(__file__).parents[2] / "docs" / "states.md"

Transition = tuple[str, str]
Transitions = Iterable[Transition]

WORDS = (*get_args(OperationStatus), *get_args(StepState))


def page() -> str:
    """The whole page: a diagram for each kind of life, and what is legal beside it."""
    executing = {pair for pair in STEP_TRANSITIONS if {"executing", "executed"} & set(pair)}
    return TEMPLATE.format(
        operations=_diagram(OPERATION_TRANSITIONS, ends=TERMINAL),
        two_phase=_diagram(STEP_TRANSITIONS - executing, ends=_ends(STEP_TRANSITIONS - executing)),
        executing=_diagram(executing, ends=_ends(executing)),
        shortcuts=_listed(LOCAL_SHORTCUTS),
        operators=_listed(OPERATOR_TRANSITIONS),
    )


TEMPLATE = """\
# States

Made from `operations_api/domain/states.py` by `python -m tests.docs.state_diagrams`; a test compares them, and another
one compares the table with the triggers that refuse every other transition in the database. What the states mean is in
[engine.md](engine.md).

## Operations

`status`, the word clients see.

{operations}

## Two-phase steps

{two_phase}

`pending -> released` is a tombstone: nothing is called for a step that never began. `committing -> releasing` and what
follows `committed` come only after a decision to compensate.

## Pivots and actions

{executing}

A pivot is `rejected` by its handler or by a person, an action by a person only, who gave it up.

## Beside that

A local handler's intent and outcome are one transaction, so nobody sees the state in between:

{shortcuts}

Only a person may bring about, who has looked where the engine cannot (`committing -> compensating` also follows a
decision to compensate, when a query finds the commit done):

{operators}
"""


def _diagram(transitions: Transitions, ends: Iterable[str]) -> str:
    lines = ["[*] --> pending", *(f"{old} --> {new}" for old, new in sorted(transitions, key=_place))]
    lines += [f"{end} --> [*]" for end in sorted(ends)]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])


def _place(transition: Transition) -> tuple[int, int]:
    """In the order of a life, which is also how diagrams come out best."""
    old, new = transition
    return WORDS.index(old), WORDS.index(new)


def _ends(transitions: Transitions) -> set[str]:
    pairs = list(transitions)
    return {new for _, new in pairs} - {old for old, _ in pairs}


def _listed(transitions: Transitions) -> str:
    return "\n".join(f"- `{old} -> {new}`" for old, new in sorted(transitions, key=_place))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
