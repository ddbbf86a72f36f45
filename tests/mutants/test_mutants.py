"""The mutants fit the code, their tests are there, and the trial tells what is noticed from what is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.mutant import Misplaced, Mutant, load_all
from tests.mutants.trial import copy_of, judge, try_out
from tests.processes import ROOT

MUTANTS = load_all()
SEED = 1
COMMENT = "# says nothing\n"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_code(mutant: Mutant) -> None:
    text = mutant.mutated(ROOT)
    if mutant.file.endswith(".py"):
        compile(text, mutant.file, "exec")


def test_every_mutant_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert sorted(names) == sorted(set(names))


def test_every_test_that_must_fail_is_there() -> None:
    named = sorted({test for mutant in MUTANTS for test in mutant.tests})
    collecting = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert collecting.returncode == 0, collecting.stdout + collecting.stderr


def test_a_mistake_in_what_worker_processes_execute_is_noticed() -> None:
    """The named tests start workers: they load the copy, too, and not the package that is installed."""
    [mutant] = [mutant for mutant in MUTANTS if mutant.name == "bell-believed"]
    verdict = try_out(mutant, ROOT, SEED)
    assert (verdict.kind, verdict.detail) == ("killed", "")


def test_a_mistake_that_nobody_notices_survives() -> None:
    verdict = try_out(harmless(), ROOT, SEED)
    assert (verdict.kind, verdict.detail) == ("survived", f"passed: {harmless().tests[0]}")


def test_a_mistake_that_is_not_loaded_proves_nothing() -> None:
    with copy_of() as copy:
        verdict = judge(harmless(), harmless().mutated(ROOT), copy, SEED)
    assert (verdict.kind, verdict.detail) == ("invalid", "the tests have loaded another text than the mutated one")


def test_tests_that_cannot_be_run_prove_nothing() -> None:
    verdict = try_out(harmless(tests=["tests/domain/test_plan.py::test_that_is_not_there"]), ROOT, SEED)
    assert verdict.kind == "invalid"


@pytest.mark.parametrize(
    "wrong", [{"text": "not in this file"}, {"text": "import"}, {"becomes": "def next_move("}], ids=str
)
def test_a_mutant_whose_text_is_not_there_once_or_stays_is_misplaced(wrong: dict[str, str]) -> None:
    with pytest.raises(Misplaced):
        harmless(**wrong).mutated(Path(ROOT))


def harmless(**overrides: object) -> Mutant:
    """It changes a file that the tests load, and nothing that it does."""
    given: dict[str, object] = {
        "name": "harmless",
        "guarantee": "None is broken.",
        "file": "operations_api/domain/plan.py",
        "text": "def next_move(",
        "becomes": f"{COMMENT}def next_move(",
        "tests": ["tests/domain/test_plan.py::test_steps_reserve_in_their_order"],
        **overrides,
    }
    return Mutant(**given)  # type: ignore[arg-type]
