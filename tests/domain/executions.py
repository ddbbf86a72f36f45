"""Builds executions in any state, and takes them through calls as a worker would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from operations_api.domain.execution import CommitRejectPolicy, Execution, StepRecord, StepTraits
from operations_api.domain.failure import Failure
from operations_api.domain.plan import Call, Decide, next_move
from operations_api.domain.settle import Done, NotNow, Outcome, Rejected, Unknown, begin, settle, turned_back

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VALUE = msgspec.Raw(b'{"value":1}')
DONE = Done(VALUE)
REJECTED = Rejected("NO_FUNDS", "there is no money")
NOT_NOW = NotNow(None, "busy")
UNKNOWN = Unknown("connection reset")
UNSURE = pytest.mark.parametrize("unsure", [NOT_NOW, UNKNOWN], ids=["Retry", "anything else"])
PARK, FIRST, LATER = CommitRejectPolicy(), CommitRejectPolicy("rollback"), CommitRejectPolicy("park", "compensate")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def step(key: str = "a", **fields: Any) -> dict[str, Any]:
    """What is special about a step; its position is where it stands."""
    return {"key": key, "kind": "step", "effect": "external", **fields}


def pivot(**fields: Any) -> dict[str, Any]:
    return step("pivot", kind="pivot", **fields)


def action(**fields: Any) -> dict[str, Any]:
    return step("action", kind="action", **fields)


def execution(
    *steps: dict[str, Any],
    can_query: bool = False,
    can_compensate: bool = False,
    timeout_seconds: float = 30,
    retry_for_seconds: float = 300,
    policy: CommitRejectPolicy | None = None,
    **fields: Any,
) -> Execution:
    """An execution of these steps, which share their traits."""
    trait = StepTraits(timeout_seconds, retry_for_seconds, can_query, can_compensate)
    defaults = {"decision": None, "cancel_requested": False, "deadline": None, "failure": None}
    return Execution(
        tenant="t",
        id=UUID(int=1),
        type="place-order",
        epoch=1,
        steps=tuple(StepRecord(position=position, **fields) for position, fields in enumerate(steps)),
        traits=(trait,) * len(steps),
        policy=policy or CommitRejectPolicy(),
        **{**defaults, **fields},
    )


def in_rollback(*steps: dict[str, Any], **fields: Any) -> Execution:
    return execution(*steps, decision="rollback", **fields)


def in_commit(*steps: dict[str, Any], **fields: Any) -> Execution:
    return execution(*steps, decision="commit", **fields)


def going_back(of: Execution) -> Execution:
    """The execution after the decision to go back."""
    assert next_move(of, NOW) == Decide()
    assert of.must_turn_back(NOW)
    return turned_back(msgspec.structs.replace(of, decision="rollback"))


def called(
    before: Execution, outcome: Outcome, now: datetime = NOW, *, expect: str | None = None, jitter: float = 1
) -> Execution:
    """The execution after its next call had this outcome; ``expect`` names the handler that must be called."""
    move = next_move(before, now)
    assert isinstance(move, Call), move
    assert expect in (None, move.handler)
    return settle(begin(before, move, now), move, outcome, now, lambda: jitter)


def states(of: Execution) -> list[str]:
    return [record.state for record in of.steps]


def reason(of: StepRecord) -> str:
    """Why the step's last call did not work."""
    assert of.error is not None
    return msgspec.json.decode(of.error, type=Failure).reason
