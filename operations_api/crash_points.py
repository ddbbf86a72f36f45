"""Named places in the engine where a test lets the process die, as if by a power cut.

``OPERATIONS_CRASH_POINT=point:step:phase[:n]`` at process start kills the process with SIGKILL when it is there for the
n-th time (the first by default): ``after-effect:funds:commit`` dies when the commit of step ``funds`` has had its
effect and nobody has written that down yet. Without the variable ``reach`` does nothing: it costs a call and a return.

The points around one call of a handler, in order::

    before-intent  the intent is about to be stored      after-effect    the handler has returned
    after-intent   it is stored                          before-outcome  the outcome is about to be stored
    before-effect  the handler is about to be called     after-outcome   it is stored

One write may carry the outcome of a call and the intent of the next, so the ``before-outcome`` of one and the
``before-intent`` of the other can lie on the same side of it. A local call stores nothing before its effect: its points
all lie inside or around its one transaction. Where the claim stores the intent of the first reserve, ``before-intent``
lies before the claim.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Final

from operations_api.domain.errors import SettingsError

VARIABLE: Final = "OPERATIONS_CRASH_POINT"
POINTS: Final = ("before-intent", "after-intent", "before-effect", "after-effect", "before-outcome", "after-outcome")
PHASES: Final = ("reserve", "execute", "commit", "rollback", "compensate", "query")

Reach = Callable[[str, str, str], None]


def armed(told: str | None) -> Reach:
    """What ``reach`` is in a process with this value of the variable. Raises ``SettingsError`` for a malformed one."""
    return _Bomb(*_read(told)) if told else _nothing


def _nothing(point: str, step: str, phase: str) -> None:
    """Production."""


class _Bomb:
    def __init__(self, point: str, step: str, phase: str, times: int) -> None:
        self._place = (point, step, phase)
        self._times = times

    def __call__(self, point: str, step: str, phase: str) -> None:
        if (point, step, phase) == self._place:
            self._times -= 1
            if self._times == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _read(told: str) -> tuple[str, str, str, int]:
    point, step, phase, times = (*told.split(":"), "1")[:4] if told.count(":") in (2, 3) else ("", "", "", "")
    if point not in POINTS or not step or phase not in PHASES or not times.isdecimal() or int(times) < 1:
        raise SettingsError(
            f"{VARIABLE} is {told!r}: it should be point:step:phase or point:step:phase:n, such as "
            f"after-effect:funds:commit; the points are {', '.join(POINTS)}, the phases {', '.join(PHASES)}"
        )
    return point, step, phase, int(times)


reach: Final[Reach] = armed(os.environ.get(VARIABLE))
ARE_ARMED: Final = reach is not _nothing
