"""The barrier: one row per operation and step in the user's own database, which says what may still happen to the step.

A handler that writes there passes the barrier first, in the transaction of its writes. Whatever came before is in the
row: a repeated call finds its work done, a rollback of what was never reserved leaves the row behind, and a reserve
that arrives after that trips over it. (Elsewhere these are called idempotence, null rollback and suspension.)
"""

from __future__ import annotations

from typing import Final, Literal

from operations_api.domain.context import Handler
from operations_api.domain.errors import OperationsError

BarrierState = Literal["absent", "reserved", "committed", "released", "compensated", "executed"]
"""What has been done to a step; ``absent``: nothing, its row was made just now."""

WORK: Final[dict[tuple[Handler, BarrierState], BarrierState]] = {
    ("reserve", "absent"): "reserved",
    ("commit", "reserved"): "committed",
    ("rollback", "reserved"): "released",
    ("compensate", "committed"): "compensated",
    ("execute", "absent"): "executed",
}
"""Where a handler has work to do, and what is true of the step afterwards."""

NO_WORK: Final[dict[tuple[Handler, BarrierState], BarrierState]] = {
    ("reserve", "reserved"): "reserved",
    ("reserve", "committed"): "committed",
    ("commit", "committed"): "committed",
    ("rollback", "absent"): "released",
    ("rollback", "released"): "released",
    ("compensate", "compensated"): "compensated",
    ("execute", "executed"): "executed",
}
"""Where its work is done already, or there never was any; everything else is an error."""

ANSWERS: Final[dict[BarrierState, Literal["absent", "held", "committed", "released"]]] = {
    "absent": "absent",
    "reserved": "held",
    "committed": "committed",
    "executed": "committed",
    "released": "released",
    "compensated": "released",
}
"""What ``query`` says of a step, by its state."""


class LateReserve(OperationsError):
    """A reserve arrived after its step was released: by a worker that was paused, or over a slow network.

    It is an error and no ``Reject``: somebody else has settled the step's outcome long ago. Nothing was done.
    """


class OutOfTurn(OperationsError):
    """A handler was called that cannot follow on what was done to the step, such as a commit of what was released."""


def passage(step: str, phase: Handler, state: BarrierState) -> tuple[BarrierState, bool]:
    """The step's state behind the barrier, and whether the handler has work to do.

    Raises ``LateReserve`` and ``OutOfTurn``.
    """
    if after := WORK.get((phase, state)):
        return after, True
    if after := NO_WORK.get((phase, state)):
        return after, False
    if phase == "reserve":
        raise LateReserve(f'step "{step}" is {state} already: this reserve comes too late, and nothing was done')
    raise OutOfTurn(
        f'{phase} of step "{step}" finds it {state}; call the barrier in every handler of a step, each time in the '
        "transaction of what the handler writes"
    )
