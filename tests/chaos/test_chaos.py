"""A short run with a fixed seed; `make chaos` is the long one."""

from __future__ import annotations

from pathlib import Path

from tests.processes import module, running

SEED = 7


def test_nothing_is_lost_doubled_or_held_while_everything_is_killed_at_random(tmp_path: Path) -> None:
    command = module("tests.chaos", "--seconds", "20", "--mixed-only", "--seed", str(SEED), "--every-mixed", "1.5",
                     "--directory", str(tmp_path / "chaos"))  # fmt: skip
    with running(command) as process:
        report, progress = process.communicate()
    assert process.returncode == 0, f"seed {SEED}\n{report}\n{progress}"
