"""What was committed is undone as a whole or not at all."""

from __future__ import annotations

from typing import Any

import msgspec

from operations_api.domain.plan import Call, Sleep, next_move
from operations_api.domain.settle import begin, settle

from .executions import LATER, NOW, REJECTED, execution, step


def refused_last(**can_compensate: bool) -> Any:
    """Two steps are committed, and the commit of the third is refused."""
    committed = [step(key, state="committed") for key in can_compensate]
    before = execution(*committed, step("last", state="reserved"), decision="commit", policy=LATER)
    traits = [
        msgspec.structs.replace(before.traits[place], can_compensate=able)
        for place, able in enumerate([*can_compensate.values(), True])
    ]
    before = msgspec.structs.replace(before, traits=tuple(traits))
    commit = Call(2, "commit")
    return settle(begin(before, commit, NOW), commit, REJECTED, NOW, lambda: 1)


def test_nothing_is_compensated_unless_everything_committed_can_be() -> None:
    for first, second in [(True, False), (False, True), (False, False)]:
        parked = refused_last(first=first, second=second)
        assert (parked.decision, next_move(parked, NOW)) == ("commit", Sleep(None)), (first, second)
    assert refused_last(first=True, second=True).decision == "compensate"
