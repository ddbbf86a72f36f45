"""Whatever is sent: an answer that a client may get, nothing of anybody else's, a clean log, and it goes on serving.

`make fuzz` is the long run. What it finds is kept in ``cases/`` and sent again here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.conversations import KINDS, every_word
from tests.fuzz.run import run
from tests.fuzz.target import Target

SEED = 20
CONVERSATIONS = 60
CASES = sorted((Path(__file__).parent / "cases").glob("*.http"))


def test_the_service_bears_every_word_of_the_dictionary(target: Target) -> None:
    target.refresh()
    for conversation in every_word():
        target.bears(conversation)
    target.is_unharmed()


@pytest.mark.parametrize("kind", KINDS)
def test_the_service_bears_anything(target: Target, kind: str) -> None:
    print(f"seed {SEED}")
    run(target, kind, SEED, CONVERSATIONS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_service_bears_what_was_found_once(target: Target, case: Path) -> None:
    target.refresh()
    target.bears(case.read_bytes())
    target.is_unharmed()
