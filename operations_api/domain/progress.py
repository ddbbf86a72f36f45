"""How far an operation is, in units that clients can count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from operations_api.domain.execution import StepRecord

DONE_UNITS: Final = {"reserved": 1, "committing": 1, "committed": 2, "executed": 1}


class Progress(msgspec.Struct, frozen=True):
    """So many units of so many are done."""

    completed: int
    total: int
    unit: str = "steps"


def progress_of(steps: Iterable[StepRecord]) -> Progress:
    """Two units for a two-phase step, one for a Pivot or Action: it only grows on the way to success."""
    completed = total = 0
    for step in steps:
        completed += DONE_UNITS.get(step.state, 0)
        total += 2 if step.kind == "step" else 1
    return Progress(completed, total)
