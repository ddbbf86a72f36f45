"""One operation as it is stored: what clients see of it, and what the engine keeps beside that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from operations_api.domain.fair_order import Priority
from operations_api.domain.states import Decision, OperationStatus, Phase, StepKind, StepState, is_terminal
from operations_api.domain.step import Effect, Step

FOR_EVER: Final = timedelta(days=365_000)
"""A millennium: a time that dates, columns and indexes can hold, and that nobody else may ask for."""


class StepPin(msgspec.Struct, frozen=True):
    """One entry of the list of steps that is pinned with an operation when it starts."""

    key: str
    kind: StepKind
    effect: Effect


def pins_of(steps: tuple[Step, ...]) -> tuple[StepPin, ...]:
    """What is pinned of these steps."""
    return tuple(StepPin(step.key, step.kind, step.effect) for step in steps)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``operations``. JSON members are kept as the bytes that were stored.

    ``input`` is there for whoever executes or shows it: a start and a poll read none, since it may be large.
    """

    tenant: str
    id: UUID
    type: str
    definition_version: int
    status: OperationStatus
    phase: Phase
    decision: Decision | None
    version: int
    idempotency_key: str | None
    input: msgspec.Raw | None
    labels: dict[str, str]
    deadline: datetime | None
    not_before: datetime | None
    group: str | None
    priority: Priority
    traceparent: str | None
    retry_of: UUID | None
    progress: msgspec.Raw | None
    message: str | None
    blocked: msgspec.Raw | None
    result: msgspec.Raw | None
    error: msgspec.Raw | None
    cancel_requested_at: datetime | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    deleted_at: datetime | None

    @property
    def client_named(self) -> bool:
        """Whether its client chose the id, which another tenant may have chosen too."""
        return self.idempotency_key is None

    @property
    def done(self) -> bool:
        """Whether the status is terminal: polling can stop."""
        return is_terminal(self.status)

    @property
    def is_kept_for_ever(self) -> bool:
        """Whether it is finished and is never forgotten by itself."""
        return self.expires_at is not None and self.expires_at - (self.finished_at or self.created_at) >= FOR_EVER

    @property
    def may_start_again(self) -> bool:
        """Whether it failed in a way that may pass, and left nothing behind."""
        if self.status != "failed" or self.error is None:
            return False
        error = msgspec.json.decode(self.error)
        return bool(error["retryable"]) and error["effect"] == "none"


class StepView(msgspec.Struct, frozen=True):
    """What the full view shows of one step."""

    key: str
    kind: StepKind
    state: StepState
    attempts: int
    reservation: msgspec.Raw | None
    result: msgspec.Raw | None
    error: msgspec.Raw | None
    updated_at: datetime | None
