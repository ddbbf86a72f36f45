"""What a person may do to an operation that needs attention: pure functions of an execution.

``retry`` tries again now. ``resolve`` states what became of a step in doubt. ``compensate`` undoes what was committed.
(``force-close`` ends it as it is, and changes no step.) None of them calls anything: they leave behind what a worker
then goes on from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from operations_api.domain.execution import Execution, Resolution, StepRecord, StepTraits, changed
from operations_api.domain.failure import COMPENSATED, Failure
from operations_api.domain.settle import turned_back
from operations_api.domain.states import StepState

Verb = Literal["retry", "resolve", "compensate", "force-close"]

IN_DOUBT: Final = frozenset({"reserving", "committing", "releasing", "compensating", "executing"})
"""Something was begun and its end is not known."""


class OperatorAction(msgspec.Struct, frozen=True):
    """What a person did to an operation: a row of ``operator_actions``."""

    verb: Verb
    step: str | None
    actor: str
    evidence: dict[str, str] | None
    at: datetime


class Refused(Exception):
    """The verb cannot be carried out; the message says why and what to do, ``step`` is the key of the step."""

    def __init__(self, sentence: str, step: str | None = None) -> None:
        super().__init__(sentence)
        self.step = step


class UnknownStep(Refused):
    """The operation has no step with this key."""


class NotInDoubt(Refused):
    """What became of the step is known, so there is nothing to state."""


class NotCompensable(Refused):
    """What was committed cannot be undone by handlers."""


def in_flight_until(execution: Execution, lease_expires_at: datetime | None, now: datetime) -> datetime | None:
    """Until when a call may be in flight, or None when none can be."""
    ends = [lease_expires_at, *(step.call_ends_at for step in execution.steps)]
    return max((end for end in ends if end is not None and end > now), default=None)


def retried(execution: Execution) -> Execution:
    """Whatever waits is tried again now; what is in doubt stays in doubt."""
    for step in execution.steps:
        if step.blocked_at is not None or step.retry_at is not None or step.call_ends_at is not None:
            execution = execution.with_step(_cleared(step))
    return execution


def resolved(execution: Execution, key: str, resolution: Resolution) -> Execution:
    """The step is what a person says it is. Raises ``UnknownStep`` and ``NotInDoubt``.

    Before the decision ``released`` turns the operation back; a Pivot's end *is* the decision. After the decision the
    opposite of it is legal too, and then the operation can only be called partially applied.
    """
    step = next((step for step in execution.steps if step.key == key), None)
    if step is None:
        keys = ", ".join(each.key for each in execution.steps)
        raise UnknownStep(f'There is no step "{key}"; use one of {keys}.', key)
    if step.resolved_as is not None or (step.state not in IN_DOUBT and step.blocked_at is None):
        raise NotInDoubt(f'Step "{key}" is {step.state}, and not in doubt; retry the operation instead.', key)
    state = _resolved_state(step, resolution)
    after = execution.with_step(changed(_cleared(step), state=state, doubt="none", resolved_as=resolution))
    if execution.decision is not None:
        return after
    if step.kind == "pivot" and resolution == "committed":
        return msgspec.structs.replace(after, decision="commit")
    if resolution == "committed":
        return after
    failed = msgspec.structs.replace(after, failure=execution.failure or _failure_of(step))
    return turned_back(msgspec.structs.replace(failed, decision="rollback")) if step.kind == "pivot" else failed


def compensated(execution: Execution, traits: tuple[StepTraits, ...]) -> Execution:
    """The execution once a person decided to undo what was committed. Raises ``NotCompensable``."""
    if execution.decision != "commit":
        raise NotCompensable("It was not decided to commit, so nothing is to be undone; retry or resolve it.")
    for step in execution.steps:
        _refuse_what_cannot_be_undone(step, traits[step.position])
    decided = msgspec.structs.replace(execution, decision="compensate", failure=COMPENSATED)
    return retried(turned_back(decided))


def _refuse_what_cannot_be_undone(step: StepRecord, traits: StepTraits) -> None:
    if step.kind != "step":
        if step.state in ("executing", "executed"):
            raise NotCompensable(f'Step "{step.key}" is {step.state}, and a {step.kind} cannot be undone.', step.key)
    elif step.state == "committed" and (step.resolved_as is not None or not traits.can_compensate):
        why = "was resolved by hand" if step.resolved_as is not None else "has no handler compensate"
        raise NotCompensable(f'Step "{step.key}" is committed and {why}; undo it by hand and close it.', step.key)
    elif _may_have_committed(step) and not (traits.can_query and traits.can_compensate):
        raise NotCompensable(
            f'Nobody knows whether step "{step.key}" has committed, and it cannot be asked (it has no query, or no '
            "compensate): resolve it.",
            step.key,
        )


def _may_have_committed(step: StepRecord) -> bool:
    return step.state == "committing" and (step.doubt != "none" or step.call_ends_at is not None)


def _resolved_state(step: StepRecord, resolution: Resolution) -> StepState:
    if step.kind != "step":
        return "executed" if resolution == "committed" else "rejected"
    if resolution == "committed":
        return "committed"
    return "compensated" if step.state in ("committed", "compensating") else "released"


def _failure_of(step: StepRecord) -> Failure:
    """Why the operation turns back: what the step said itself, if that was a refusal."""
    if step.error is not None:
        failure = msgspec.json.decode(step.error, type=Failure)
        if failure.rejected:
            return failure
    return Failure("RELEASED", f'An operator found that step "{step.key}" had no effect.', step=step.key)


def _cleared(step: StepRecord) -> StepRecord:
    """Nothing is in flight any more and nothing waits; a call whose outcome was never stored leaves its doubt."""
    doubt = "unknown" if step.call_ends_at is not None and step.doubt != "refused" else step.doubt
    return changed(step, blocked_at=None, retry_at=None, call_ends_at=None, attempts=0, doubt=doubt)
