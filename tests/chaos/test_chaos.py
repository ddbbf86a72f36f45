"""A short run with a fixed seed; `make chaos` is the long one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.processes import module, running


class Short(NamedTuple):
    """A seed whose schedule has every kind of fault in so short a time."""

    seed: int = 143
    seconds: float = 20
    every_seconds: float = 1.5


SHORT = Short()


def test_nothing_is_lost_doubled_or_held_while_everything_is_killed_at_random(tmp_path: Path) -> None:
    command = module("tests.chaos", "--seconds", str(SHORT.seconds), "--mixed-only", "--seed", str(SHORT.seed),
                     "--every-mixed", str(SHORT.every_seconds), "--directory", str(tmp_path / "chaos"))  # fmt: skip
    with running(command) as process:
        report, progress = process.communicate()
    assert process.returncode == 0, f"seed {SHORT.seed}\n{report}\n{progress}"
