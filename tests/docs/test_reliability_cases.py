"""Every test that docs/reliability-cases.md names is there, and every case names one."""

from __future__ import annotations

import re

import pytest

from tests.processes import ROOT

PAGE = (ROOT / "docs" / "reliability-cases.md").read_text(encoding="utf-8")
CASES = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"{file} has no {name}"


def test_every_case_is_held_by_a_test() -> None:
    assert len(CASES) > 20
    assert [case for case in CASES if "::test_" not in case.split("|")[3]] == []
