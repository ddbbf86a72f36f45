"""A run can be repeated: what is done to the fleet, and when, follows from the seed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.chaos.schedule import LASTS, SETTLING_SECONDS, Plan, plans
from tests.chaos.test_chaos import SHORT
from tests.processes import module, running

KINDS = list(LASTS)
SECONDS = 1500.0
EVERY_SECONDS = 2.0


@pytest.mark.parametrize("more", [(), ("--mixed-only",)])
def test_the_same_seed_repeats_the_same_schedule_of_faults_in_any_process(more: tuple[str, ...]) -> None:
    first = _printed("--seed", "3", *more, hash_seed="1")
    assert first == _printed("--seed", "3", *more, hash_seed="2")
    assert first != _printed("--seed", "4", *more, hash_seed="1")
    assert sum(len(plan["faults"]) for plan in first) >= len(KINDS)


def test_a_standard_run_has_several_faults_of_every_kind_alone_and_all_of_them_mixed() -> None:
    found = {plan.name: plan for plan in _plans()}
    for kind in KINDS:
        assert len(found[kind].faults) >= 3
        assert {fault.kind for fault in found[kind].faults} == {kind}
    assert {fault.kind for fault in found["mixed"].faults} == set(KINDS)


def test_the_short_run_of_the_tests_has_every_kind() -> None:
    [plan] = plans(SHORT.seed, SHORT.seconds, KINDS, SHORT.every_seconds, mixed_only=True)
    assert {fault.kind for fault in plan.faults} == set(KINDS)


def test_a_standard_run_takes_the_time_it_was_given() -> None:
    assert 0.9 * SECONDS < sum(plan.seconds for plan in _plans()) < 1.1 * SECONDS


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_room_for_undisturbed_windows_on_both_sides_of_every_fault(kind: str) -> None:
    window = _plans()[1].seconds / 2
    [plan] = [plan for plan in _plans() if plan.name == kind]
    ends = [0.0, *(fault.at + fault.seconds + SETTLING_SECONDS + window for fault in plan.faults)]
    begins = [*(fault.at for fault in plan.faults), plan.seconds]
    assert all(begin - end >= window for end, begin in zip(ends, begins, strict=True))


def _plans() -> list[Plan]:
    return plans(1, SECONDS, KINDS, EVERY_SECONDS, mixed_only=False)


def _printed(*arguments: str, hash_seed: str) -> Any:
    command = module("tests.chaos", "--plan", *arguments)
    with running(command, environment={"PYTHONHASHSEED": hash_seed}) as process:
        printed, said = process.communicate()
    assert process.returncode == 0, said
    return msgspec.json.decode(printed)
