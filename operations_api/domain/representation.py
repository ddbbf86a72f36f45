"""An operation as clients see it (JSON). Stored JSON is embedded as it is, never decoded on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from operations_api.domain.operation import Operation, StepView
from operations_api.domain.operator import OperatorAction

_encode: Final = msgspec.json.Encoder().encode


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The members in their order. Unset ones are absent: ``result`` and ``error`` are never null."""

    id: str
    type: str
    status: str
    done: bool
    phase: str
    version: int
    idempotency_key: str | None
    labels: dict[str, str]
    group: str | None
    priority: str
    progress: msgspec.Raw | None
    message: str | None
    cancel_requested: bool
    created_at: str
    updated_at: str
    started_at: str | None
    finished_at: str | None
    deadline: str | None
    not_before: str | None
    expires_at: str | None
    retry_of: str | None
    links: dict[str, str]
    blocked: msgspec.Raw | msgspec.UnsetType
    result: msgspec.Raw | msgspec.UnsetType
    error: msgspec.Raw | msgspec.UnsetType
    input: msgspec.Raw | msgspec.UnsetType | None = msgspec.UNSET
    steps: list[ShownStep] | msgspec.UnsetType = msgspec.UNSET
    operator_actions: list[ShownAction] | msgspec.UnsetType = msgspec.UNSET


class ShownStep(msgspec.Struct, frozen=True):
    """A step in the full view."""

    key: str
    kind: str
    state: str
    attempts: int
    reservation: msgspec.Raw | None
    result: msgspec.Raw | None
    error: msgspec.Raw | None
    updated_at: str | None


class ShownAction(msgspec.Struct, frozen=True):
    """What an operator did, in the full view."""

    verb: str
    step: str | None
    actor: str
    evidence: dict[str, str] | None
    at: str


class Beyond(msgspec.Struct, frozen=True):
    """What the full view shows beyond the basic one, besides the input."""

    steps: Sequence[StepView]
    actions: Sequence[OperatorAction]


class Page(msgspec.Struct, frozen=True):
    """One page of a list."""

    operations: list[Shown]
    next_page_token: str | None


def body(operation: Operation) -> bytes:
    """The basic view as JSON."""
    return _encode(shown(operation))


def full_body(operation: Operation, beyond: Beyond) -> bytes:
    """The full view as JSON: with the input, the steps and what operators did."""
    whole = msgspec.structs.replace(
        shown(operation),
        input=operation.input,
        steps=[_step(step) for step in beyond.steps],
        operator_actions=[_action(action) for action in beyond.actions],
    )
    return _encode(whole)


def page_body(operations: Sequence[Operation], next_page_token: str | None) -> bytes:
    """A page of a list as JSON."""
    return _encode(Page([shown(operation) for operation in operations], next_page_token))


def path_of(operation_id: object) -> str:
    """Where an operation is, below the base URL."""
    return f"/operations/{operation_id}"


def shown(operation: Operation) -> Shown:
    """The basic view."""
    path = path_of(operation.id)
    succeeded = operation.status == "succeeded"
    return Shown(
        id=str(operation.id),
        type=operation.type,
        status=operation.status,
        done=operation.done,
        phase=operation.phase,
        version=operation.version,
        idempotency_key=operation.idempotency_key,
        labels=operation.labels,
        group=operation.group,
        priority=operation.priority,
        progress=operation.progress,
        message=operation.message,
        cancel_requested=operation.cancel_requested_at is not None,
        created_at=timestamp(operation.created_at),
        updated_at=timestamp(operation.updated_at),
        started_at=_maybe(operation.started_at),
        finished_at=_maybe(operation.finished_at),
        deadline=_maybe(operation.deadline),
        not_before=_maybe(operation.not_before),
        expires_at=None if operation.is_kept_for_ever else _maybe(operation.expires_at),
        retry_of=None if operation.retry_of is None else str(operation.retry_of),
        links={"self": path, "cancel": f"{path}/cancel", "events": f"{path}/events"},
        blocked=_present(operation.blocked if operation.status == "needs_attention" else None),
        result=_present(operation.result if succeeded else None),
        error=_present(operation.error if operation.done and not succeeded else None),
    )


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds and ``Z``."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"  # without its +00:00


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)


def _present(stored: msgspec.Raw | None) -> msgspec.Raw | msgspec.UnsetType:
    return msgspec.UNSET if stored is None else stored


def _step(step: StepView) -> ShownStep:
    return ShownStep(
        step.key,
        step.kind,
        step.state,
        step.attempts,
        step.reservation,
        step.result,
        step.error,
        _maybe(step.updated_at),
    )


def _action(action: OperatorAction) -> ShownAction:
    return ShownAction(action.verb, action.step, action.actor, action.evidence, timestamp(action.at))
