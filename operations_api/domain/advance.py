"""From where an execution is to the next thing that must be stored or called: one pure step of the engine."""

from __future__ import annotations

from datetime import datetime

import msgspec

from operations_api.domain.execution import Execution
from operations_api.domain.plan import Call, Decide, Finish, Move, Sleep, next_move
from operations_api.domain.settle import begin, turned_back
from operations_api.domain.states import Decision


class Plan(msgspec.Struct, frozen=True):
    """What to store, and then to do.

    ``guarded``: the same write takes the decision, and a cancel request or a passed deadline may turn it round.
    ``on_commit`` is then the plan that follows a commit, if its intent can be stored by the same write.
    """

    execution: Execution
    move: Call | Finish | Sleep
    guarded: bool = False
    on_commit: Plan | None = None


def advance(execution: Execution, now: datetime) -> Plan:
    """The next plan. Deciding is merged with what precedes and follows it, so that it costs no write of its own."""
    move = next_move(execution, now)
    if not isinstance(move, Decide):
        return Plan(_begun(execution, move, now), move)
    if execution.must_turn_back(now):
        return advance(turned_back(decided(execution, "rollback")), now)
    following = advance(decided(execution, "commit"), now)
    # the outcome of a reserve and the intent of the same step's commit are two rows' worth of history: two writes
    mergeable = isinstance(following.move, Call) and len(execution.two_phase) > 1
    return Plan(execution, following.move, guarded=True, on_commit=following if mergeable else None)


def decided(execution: Execution, decision: Decision) -> Execution:
    """The execution with its decision taken."""
    return msgspec.structs.replace(execution, decision=decision)


def _begun(execution: Execution, move: Move, now: datetime) -> Execution:
    """With the intent of an external call; a local call begins inside its transaction."""
    if isinstance(move, Call) and execution.steps[move.position].effect == "external":
        return begin(execution, move, now)
    return execution
