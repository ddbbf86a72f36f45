"""What the outcome of a call changes: a pure function of an execution, the call, its outcome and the time.

A handler's answer is one of four. ``Done``: it worked. ``Rejected``: a definitive no. ``NotNow``: call again.
``Unknown``: everything else, a time-out included, and unknown never means "nothing happened". A Reject is definitive
only while no earlier call of that step and phase is in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from operations_api.domain.execution import Doubt, Execution, StepRecord, changed
from operations_api.domain.failure import Failure
from operations_api.domain.plan import Call
from operations_api.domain.states import StepState

Answer = Literal["absent", "held", "committed", "released", "unknown"]
ANSWERS: Final = ("absent", "held", "committed", "released", "unknown")


class Done(msgspec.Struct, frozen=True):
    """The handler returned; ``value`` is its reservation or result as JSON."""

    value: msgspec.Raw | None


class Rejected(msgspec.Struct, frozen=True):
    """The handler raised ``Reject``."""

    reason: str
    detail: str
    retryable: bool = False


class NotNow(msgspec.Struct, frozen=True):
    """The handler raised ``Retry``."""

    after_seconds: float | None
    detail: str = ""


class Unknown(msgspec.Struct, frozen=True):
    """The handler raised anything else, or its time was up."""

    detail: str


class Answered(msgspec.Struct, frozen=True):
    """``query`` returned; ``value`` is the reservation or result it found, if it said so."""

    answer: Answer
    value: msgspec.Raw | None = None


Outcome = Done | Rejected | NotNow | Unknown | Answered

FIRST_BACKOFF_SECONDS: Final = 0.2
LONGEST_BACKOFF_SECONDS: Final = 60.0
"""A participant that is down for an hour should not wait another hour for us."""

SHORTEST_PAUSE_SECONDS: Final = 0.01
LONGEST_PAUSE_SECONDS: Final = 86_400.0
"""What a handler may ask for: "now" should not spin, and what is due in a month nobody would see waiting."""

Jitter = Callable[[], float]
"""A number from 0 to 1; an input, so that tests choose it."""

INTENTS: Final[dict[str, StepState]] = {
    "reserve": "reserving",
    "execute": "executing",
    "commit": "committing",
    "rollback": "releasing",
    "compensate": "compensating",
}
OUTCOMES: Final[dict[str, StepState]] = {
    "reserve": "reserved",
    "execute": "executed",
    "commit": "committed",
    "rollback": "released",
    "compensate": "compensated",
}


def begin(execution: Execution, call: Call, now: datetime) -> Execution:
    """The execution while this call runs.

    For an external call that is the intent, stored before the handler runs (law 1). A local call changes nothing
    until its transaction commits, and a query has no effect, so their steps keep their state.
    """
    step = execution.steps[call.position]
    if call.handler == "query":
        return execution.with_step(changed(step, retry_at=None))
    if step.handler != call.handler:
        step = changed(step, attempts=0, doubt="none", called_since=None, error=None, checkpoint=None)
    step = changed(
        step,
        handler=call.handler,
        attempts=step.attempts + 1,
        retry_at=None,
        called_since=step.called_since or now,
    )
    if step.effect == "external":
        ends_at = now + timedelta(seconds=execution.traits[call.position].timeout_seconds)
        # one that a former holder left open may last longer, and another holder has to know of both
        step = changed(step, state=INTENTS[call.handler], call_ends_at=max(ends_at, step.call_ends_at or ends_at))
    return execution.with_step(step)


def settle(execution: Execution, call: Call, outcome: Outcome, now: datetime, jitter: Jitter) -> Execution:
    """The execution after the call: the step's outcome, and what it means for the whole."""
    still_open = execution.left_open_until(call.position, now)
    step = changed(execution.steps[call.position], call_ends_at=still_open)
    execution = execution.with_step(step)
    match outcome:
        case Answered(answer="absent" | "held" | "committed" | "released"):
            return _answered(execution, step, outcome, now)
        case _ if call.handler == "query":
            return _unanswered(execution, step, outcome, now, jitter)
        case Done():
            return _done(execution, step, call, outcome)
        case Rejected():
            return _rejected(execution, step, call, outcome, now)
        case NotNow() | Unknown():
            return _unsettled(execution, step, call, outcome, now, jitter)
        case Answered():
            raise AssertionError("only a query is answered so")


def resume(execution: Execution, now: datetime) -> Execution:
    """The execution as its next holder finds it: a call whose outcome was never stored is in doubt."""
    for step in execution.steps:
        if step.call_ends_at is not None:
            step = changed(step, doubt=_worse(step.doubt, "unknown"))
            if step.kind == "pivot" and not execution.traits[step.position].can_query:
                step = _block(step, Failure("OUTCOME_UNKNOWN", "the worker died during the call", step=step.key), now)
            execution = execution.with_step(step)
    left_open = {step.position: step.call_ends_at for step in execution.steps if step.call_ends_at is not None}
    return msgspec.structs.replace(execution, left_open=left_open)


def turned_back(execution: Execution) -> Execution:
    """The execution after a decision to go back: what never began is released without a call, leaving a tombstone."""
    for step in execution.two_phase:
        if step.state == "pending":
            execution = execution.with_step(changed(step, state="released"))
    return execution


# -- what each answer means ------------------------------------------------------------------------------------------


def _done(execution: Execution, step: StepRecord, call: Call, outcome: Done) -> Execution:
    step = changed(step, state=OUTCOMES[call.handler], doubt="none", retry_at=None, called_since=None, error=None)
    if call.handler == "reserve":
        step = changed(step, reservation=outcome.value)
    elif call.handler in ("commit", "execute"):
        step = changed(step, result=outcome.value)
    if call.handler != "reserve":  # the release of a reserve still waits for one that a former holder left open
        step = changed(step, call_ends_at=None)
    execution = execution.with_step(changed(step, checkpoint=None))
    return _decided(execution, "commit") if step.kind == "pivot" else execution


def _rejected(execution: Execution, step: StepRecord, call: Call, outcome: Rejected, now: datetime) -> Execution:
    failure = Failure(outcome.reason, outcome.detail, outcome.retryable, fault="caller", step=step.key, rejected=True)
    step = changed(step, error=_encode(failure))
    if call.handler in ("rollback", "compensate") or step.kind == "action":
        return execution.with_step(_block(step, failure, now))
    if call.handler == "reserve":
        return _reserve_rejected(execution, step, failure)
    if step.doubt != "none":
        return _refused_in_doubt(execution, step, failure, now)
    if call.handler == "commit":
        return _commit_rejected(execution, step, failure, now)
    return _decided(_failed(execution.with_step(changed(step, state="rejected")), failure), "rollback")


def _reserve_rejected(execution: Execution, step: StepRecord, failure: Failure) -> Execution:
    # otherwise it stays "reserving", so that the way back releases whatever an earlier call may hold
    if step.doubt == "none" and (step.effect == "external" or step.state == "pending"):
        step = changed(step, state="rejected")
    return _failed(execution.with_step(step), failure)


def _refused_in_doubt(execution: Execution, step: StepRecord, failure: Failure, now: datetime) -> Execution:
    if execution.traits[step.position].can_query:
        return execution.with_step(changed(step, doubt="refused"))
    return execution.with_step(_block(step, failure, now))


def _commit_rejected(execution: Execution, step: StepRecord, failure: Failure, now: datetime) -> Execution:
    irrevocable = [other for other in execution.steps if other.state in ("committed", "executed")]
    if not irrevocable:
        if execution.policy.first == "rollback":
            return _decided(_failed(execution.with_step(step), failure), "compensate")
    elif execution.policy.later == "compensate" and all(_can_undo(execution, other) for other in irrevocable):
        rejected = Failure("COMMIT_REJECTED", failure.detail, fault="dependency", step=step.key, rejected=True)
        return _decided(_failed(execution.with_step(step), rejected), "compensate")
    return execution.with_step(_block(step, failure, now))


def _can_undo(execution: Execution, step: StepRecord) -> bool:
    return step.kind == "step" and step.resolved_as is None and execution.traits[step.position].can_compensate


def _answered(execution: Execution, step: StepRecord, outcome: Answered, now: datetime) -> Execution:
    if step.state == "reserving":
        # whatever it holds, the reserve is called again with the same token and gives the reservation
        return execution.with_step(changed(step, doubt="none" if outcome.answer == "absent" else "retry"))
    if outcome.answer == "committed":
        handler: Literal["execute", "commit"] = "execute" if step.kind == "pivot" else "commit"
        return _done(execution, step, Call(step.position, handler), Done(outcome.value))
    if execution.decision == "compensate":
        return execution.with_step(changed(step, doubt="none"))
    if step.doubt == "refused":
        return _refused_for_good(execution, step, now)
    if step.kind == "pivot" and outcome.answer == "released":
        failure = Failure("RELEASED", "the participant gave it back", fault="dependency", step=step.key)
        return _decided(_failed(execution.with_step(changed(step, state="rejected")), failure), "rollback")
    return execution.with_step(changed(step, doubt="none"))


def _unanswered(execution: Execution, step: StepRecord, outcome: Outcome, now: datetime, jitter: Jitter) -> Execution:
    """A question without an answer says nothing, whatever was raised; what it asks about stays as it is."""
    step = changed(step, attempts=step.attempts + 1)
    if step.state == "reserving" and _retried_long_enough(execution, step, now):
        detail = getattr(outcome, "detail", "its query does not know")
        return _failed(execution.with_step(step), _exhausted(step, detail))
    after_seconds = outcome.after_seconds if isinstance(outcome, NotNow) else None
    return execution.with_step(_later(step, after_seconds, now, jitter))


def _refused_for_good(execution: Execution, step: StepRecord, now: datetime) -> Execution:
    assert step.error is not None
    failure = msgspec.json.decode(step.error, type=Failure)
    step = changed(step, doubt="none")
    if step.kind == "pivot":
        return _decided(_failed(execution.with_step(changed(step, state="rejected")), failure), "rollback")
    return _commit_rejected(execution, step, failure, now)


def _unsettled(
    execution: Execution, step: StepRecord, call: Call, outcome: NotNow | Unknown, now: datetime, jitter: Jitter
) -> Execution:
    reason = "RETRY" if isinstance(outcome, NotNow) else "OUTCOME_UNKNOWN"
    failure = Failure(reason, outcome.detail, fault="dependency", step=step.key)
    step = changed(step, error=_encode(failure))
    if step.effect == "external":  # what a local call did is undone with its transaction
        step = changed(step, doubt=_worse(step.doubt, "retry" if isinstance(outcome, NotNow) else "unknown"))
    if step.kind == "pivot" and step.doubt == "unknown" and not execution.traits[step.position].can_query:
        return execution.with_step(_block(step, failure, now))
    if call.handler == "reserve" and _retried_long_enough(execution, step, now):
        return _failed(execution.with_step(step), _exhausted(step, outcome.detail))
    after_seconds = outcome.after_seconds if isinstance(outcome, NotNow) else None
    return execution.with_step(_later(step, after_seconds, now, jitter))


def _retried_long_enough(execution: Execution, step: StepRecord, now: datetime) -> bool:
    assert step.called_since is not None
    return now - step.called_since >= timedelta(seconds=execution.traits[step.position].retry_for_seconds)


def _exhausted(step: StepRecord, last: str) -> Failure:
    detail = f'step "{step.key}" could not reserve in {step.attempts} attempts; the last one: {last}'
    return Failure("RETRIES_EXHAUSTED", detail, retryable=True, fault="dependency", step=step.key)


# -- small changes ---------------------------------------------------------------------------------------------------


def _later(step: StepRecord, asked_seconds: float | None, now: datetime, jitter: Jitter) -> StepRecord:
    """Call again after what the handler asked for, within reason; else back off exponentially, with full jitter."""
    if asked_seconds is None or not asked_seconds >= 0:  # negative, or not a number
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(step.attempts, 30))
        seconds = longest * jitter()
    else:
        seconds = min(max(asked_seconds, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
    return changed(step, retry_at=now + timedelta(seconds=seconds))


def _block(step: StepRecord, failure: Failure, now: datetime) -> StepRecord:
    return changed(step, blocked_at=now, error=_encode(failure))


def _failed(execution: Execution, failure: Failure) -> Execution:
    return msgspec.structs.replace(execution, failure=execution.failure or failure)


def _decided(execution: Execution, decision: Literal["commit", "rollback", "compensate"]) -> Execution:
    decided = msgspec.structs.replace(execution, decision=decision)
    return decided if decision == "commit" else turned_back(decided)


def _worse(one: Doubt, other: Doubt) -> Doubt:
    order: tuple[Doubt, ...] = ("none", "retry", "unknown", "refused")
    return max(one, other, key=order.index)


def _encode(failure: Failure) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(failure))
