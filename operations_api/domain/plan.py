"""What to do next: a pure function of an execution and the time.

Before the decision every step reserves, in order; then the Pivot executes; then the decision is taken. After COMMIT
only forward: commits in order, then actions. After ROLLBACK only backward: releases in reverse order, and one that
has to wait does not keep the others from being released.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from operations_api.domain.execution import Execution, HandlerName, StepRecord


class Call(msgspec.Struct, frozen=True):
    """Call this handler of the step at this position. ``gate``: only while nobody has asked to turn back."""

    position: int
    handler: HandlerName
    gate: bool = False


class Decide(msgspec.Struct, frozen=True):
    """Take the one decision; a cancel request or a passed deadline turns it into a rollback."""


class Finish(msgspec.Struct, frozen=True):
    """Nothing is left to do."""

    succeeded: bool


class Sleep(msgspec.Struct, frozen=True):
    """Give the lease back until then; ``until`` None: until a person acts."""

    until: datetime | None


Move = Call | Decide | Finish | Sleep

MOVES_BACK: Final[dict[str, HandlerName]] = {
    "reserving": "rollback",
    "reserved": "rollback",
    "committing": "rollback",
    "releasing": "rollback",
    "committed": "compensate",
    "compensating": "compensate",
}
"""What undoes a two-phase step in each state; where there is nothing to undo it is not listed."""


def next_move(execution: Execution, now: datetime) -> Move:
    """What the holder of the lease has to do now."""
    if execution.decision == "commit":
        return _forward(execution, now)
    if execution.decision is not None:
        return _backward(execution, now)
    return _towards_decision(execution, now)


def _towards_decision(execution: Execution, now: datetime) -> Move:
    pivot = execution.pivot
    if pivot is not None and pivot.state == "executing":
        return _call(execution, pivot, "execute", now)
    if execution.must_turn_back(now):
        return Decide()
    for step in execution.two_phase:
        if step.state in ("pending", "reserving"):
            return _call(execution, step, "reserve", now)
    if pivot is not None and pivot.state == "pending":
        return _call(execution, pivot, "execute", now, gate=True)
    return Decide()


def _forward(execution: Execution, now: datetime) -> Move:
    for step in execution.two_phase:
        if step.state in ("reserved", "committing"):
            return _call(execution, step, "commit", now)
    if any(step.state == "released" for step in execution.two_phase):
        return Finish(succeeded=False)  # actions follow what is complete
    for action in execution.actions:
        if action.state in ("pending", "executing"):
            return _call(execution, action, "execute", now)
    return Finish(succeeded=execution.contradiction is None)


def _backward(execution: Execution, now: datetime) -> Move:
    waits: list[datetime | None] = []
    for step in reversed(execution.two_phase):
        handler = MOVES_BACK.get(step.state)
        if handler is None or step.resolved_as is not None:
            continue
        move = _call(execution, step, handler, now)
        if not isinstance(move, Sleep):
            return move
        waits.append(move.until)
    return Sleep(_earliest(waits)) if waits else Finish(succeeded=False)


def _call(
    execution: Execution, step: StepRecord, handler: HandlerName, now: datetime, *, gate: bool = False
) -> Call | Sleep:
    if step.blocked_at is not None:
        return Sleep(None)
    name: HandlerName = "query" if _must_query(execution, step, handler) else handler
    until = _not_before(step, name)
    if until is not None and until > now:
        return Sleep(until)
    return Call(step.position, name, gate)


def _must_query(execution: Execution, step: StepRecord, handler: HandlerName) -> bool:
    if not execution.traits[step.position].can_query:
        return False
    if step.state == "committing" and handler == "rollback":
        return step.doubt != "none"  # a commit that may have worked has to be compensated, not rolled back
    if handler in ("rollback", "compensate"):
        return False  # undoing is called again with the same token: "already done" is success
    return step.doubt == "refused" or (step.doubt == "unknown" and handler != "commit")


def _not_before(step: StepRecord, handler: HandlerName) -> datetime | None:
    """A release, and a question about a call, wait until a call somebody else began can no longer be in flight."""
    # when a reserve would have been repeated is nothing its release has to wait for
    repeated_at = step.retry_at if handler in (step.handler, "query") else None
    if handler in ("rollback", "compensate", "query"):
        return _latest(repeated_at, step.call_ends_at)
    return repeated_at


def _latest(*times: datetime | None) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)
