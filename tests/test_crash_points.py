"""Crash points: nothing in production, the end of the process where they are told."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from operations_api.crash_points import PHASES, POINTS, armed
from operations_api.domain.errors import SettingsError

VARIABLE = "OPERATIONS_CRASH_POINT"
PROGRAM = """
from operations_api.crash_points import POINTS, PHASES, reach
for time in range(3):
    print(time, flush=True)
    for point in POINTS:
        for phase in PHASES:
            reach(point, "funds", phase)
"""


def run(told: str | None) -> subprocess.CompletedProcess[str]:
    environment = {} if told is None else {VARIABLE: told}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("told", [None, "", "before-effect:stock:reserve", "after-effect:funds:commit:4"])
def test_nothing_happens_unless_this_very_place_is_switched_on(told: str | None):
    assert run(told).returncode == 0


@pytest.mark.parametrize("point", POINTS)
def test_a_process_dies_at_the_place_it_is_told(point: str):
    ended = run(f"{point}:funds:commit")
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "0\n")


def test_a_process_dies_when_it_is_there_for_the_nth_time():
    ended = run("after-effect:funds:commit:3")
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "0\n1\n2\n")


def test_switched_off_it_is_a_function_that_does_nothing():
    reach = armed(None)
    assert [reach(point, "funds", phase) for point in POINTS for phase in PHASES] == [None] * 36
    assert reach.__code__.co_names == (), "it looks nothing up, so it can do nothing"


@pytest.mark.parametrize(
    "told",
    ["after-effect", "after-effect:funds", "nowhere:funds:commit", "after-effect::commit", "after-effect:funds:dance"]
    + [f"after-effect:funds:commit:{times}" for times in ("0", "-1", "x", "", "1:1")],
)
def test_a_malformed_place_is_refused_at_start(told: str):
    with pytest.raises(SettingsError, match="it should be point:step:phase"):
        armed(told)
    assert run(told).returncode == 1
