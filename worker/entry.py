"""What is written for a plan: a pure function of the plan, what is stored already, and the time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from operations_api.domain.advance import Plan
from operations_api.domain.execution import Execution, StepRecord
from operations_api.domain.failure import CANCELED, DEADLINE_EXCEEDED, Failure, error_object, partly_applied
from operations_api.domain.journal import JournalEntry, StepEntry
from operations_api.domain.plan import Call, Finish, Sleep
from operations_api.domain.progress import progress_of
from operations_api.domain.states import OperationStatus
from operations_api.store.leases import Leased, bare_execution_of

ATTENTION_AFTER_ATTEMPTS: Final = 10
"""About two minutes of back-off: from then on a person should know, and it keeps trying slowly."""


class ResultBuilder(Protocol):
    """Who makes the result of an operation that succeeded, or says in a sentence why there is none."""

    def result(self, execution: Execution) -> tuple[msgspec.Raw, str | None]: ...


def entry_for(
    plan: Plan, stored: Execution, builder: ResultBuilder, now: datetime, *, progressed: bool
) -> JournalEntry:
    """The entry that stores ``plan`` on top of ``stored``."""
    execution = plan.execution
    result, message, error = _ending(plan, builder)
    stuck = stuck_steps(execution)
    return JournalEntry(
        tenant=execution.tenant,
        id=execution.id,
        epoch=execution.epoch,
        now=now,
        status=_status(plan, error, bool(stuck)),
        phase="finished" if isinstance(plan.move, Finish) else execution.phase,
        decide="guarded" if plan.guarded else _new_decision(execution, stored),
        failure=None if execution.failure is None else _json(execution.failure),
        blocked=None if isinstance(plan.move, Finish) or not stuck else _json(_blocked(execution, stuck)),
        progress=_json(progress_of(execution.steps)),
        message=message,
        result=result,
        error=None if error is None else _json(error_object(error)),
        wake_at=plan.move.until if isinstance(plan.move, Sleep) else None,
        release_lease=not plan.guarded and isinstance(plan.move, Finish | Sleep),
        gate=_needs_gate(execution, stored),
        progressed=progressed,
        steps=_step_entries(plan, stored),
    )


def drained(execution: Execution, call: Call, now: datetime, *, was_called: bool) -> Plan:
    """The plan of a worker that has to stop: all it knows, no attempt for the call it leaves, ready for another one."""
    step = execution.steps[call.position]
    if step.effect == "external" and call.handler != "query":
        ends_at = step.call_ends_at if was_called else execution.left_open_until(step.position, now)
        execution = execution.with_step(msgspec.structs.replace(step, attempts=step.attempts - 1, call_ends_at=ends_at))
    return Plan(execution, Sleep(now))


def parked_before(leased: Leased, reason: str, now: datetime) -> JournalEntry:
    """What a worker writes that cannot even begin: the definition it has does not fit the operation.

    A call that the claim has begun is not made, and no attempt.
    """
    execution = bare_execution_of(leased)
    entry = parked_entry(execution, reason, now)
    if leased.begun is None:
        return entry
    step = msgspec.structs.replace(execution.steps[leased.begun], state="reserving", handler="reserve")
    return msgspec.structs.replace(entry, steps=(StepEntry(step),))


def parked_entry(execution: Execution, reason: str, now: datetime) -> JournalEntry:
    """What a worker writes that cannot go on: only a person can."""
    return JournalEntry(
        tenant=execution.tenant,
        id=execution.id,
        epoch=execution.epoch,
        now=now,
        status="needs_attention",
        phase=execution.phase,
        failure=None if execution.failure is None else _json(execution.failure),
        blocked=_json([{"step": None, "phase": execution.phase, "reason": reason, "since": now}]),
        progress=_json(progress_of(execution.steps)),
        release_lease=True,
    )


def stuck_steps(execution: Execution) -> list[StepRecord]:
    """Steps that wait for a person, or that have failed so often that one should know, also while they are tried."""
    return [step for step in execution.steps if step.blocked_at is not None or _keeps_failing(step)]


def _keeps_failing(step: StepRecord) -> bool:
    if step.error is None or step.handler == "reserve" or _is_settled(step):
        return False
    under_way = step.call_ends_at is not None
    return step.attempts - under_way >= ATTENTION_AFTER_ATTEMPTS


def _is_settled(step: StepRecord) -> bool:
    """Nothing is tried any more, by itself or because a person has stated what became of it."""
    if step.state == "committed":
        return step.handler != "compensate"
    return step.state in ("rejected", "released", "executed", "compensated")


def _status(plan: Plan, error: Failure | None, stuck: bool) -> OperationStatus:
    if isinstance(plan.move, Finish):
        if error is None:
            return "succeeded"
        return "canceled" if error is CANCELED else "failed"
    if stuck:
        return "needs_attention"
    return "canceling" if plan.execution.cancel_requested and plan.execution.decision != "commit" else "running"


def _ending(plan: Plan, builder: ResultBuilder) -> tuple[msgspec.Raw | None, str | None, Failure | None]:
    if not isinstance(plan.move, Finish):
        return None, None, None
    if plan.move.succeeded:
        return *builder.result(plan.execution), None
    return None, None, _reason_of(plan.execution)


def _reason_of(execution: Execution) -> Failure:
    if (step := execution.contradiction) is not None:
        return partly_applied(step.key, step.resolved_as or "")
    # a cancel request is accepted only before the decision, so whoever got its 202 sees "canceled"
    if execution.cancel_requested and execution.decision == "rollback":
        return CANCELED
    return execution.failure or DEADLINE_EXCEEDED


def _new_decision(execution: Execution, stored: Execution) -> Any:
    return execution.decision if execution.decision != stored.decision else None


def _needs_gate(execution: Execution, stored: Execution) -> bool:
    """A Pivot passes its gate with the write in which it leaves ``pending`` for anything but a refusal."""
    pivot = execution.pivot
    if pivot is None or stored.steps[pivot.position].state != "pending":
        return False
    return pivot.state in ("executing", "executed")


def _step_entries(plan: Plan, stored: Execution) -> tuple[StepEntry, ...]:
    entries = [StepEntry(step) for step in _changed(plan.execution, stored)]
    if plan.on_commit is not None:
        entries += [StepEntry(step, on_commit=True) for step in _changed(plan.on_commit.execution, plan.execution)]
    return tuple(entries)


def _changed(execution: Execution, stored: Execution) -> list[StepRecord]:
    return [new for new, old in zip(execution.steps, stored.steps, strict=True) if new is not old]


def _blocked(execution: Execution, stuck: list[StepRecord]) -> list[dict[str, Any]]:
    return [
        {
            "step": step.key,
            "phase": execution.phase,
            "reason": _reason(step),
            "since": step.blocked_at or step.called_since,
        }
        for step in stuck
    ]


def _reason(step: StepRecord) -> str:
    if step.error is None:
        return "RETRYING"
    return msgspec.json.decode(step.error, type=Failure).reason


def _json(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
