"""What the engine knows of one operation it holds a lease on. Immutable: every move makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from operations_api.domain.failure import Failure
from operations_api.domain.handlers import Handlers
from operations_api.domain.states import Decision, Phase, StepKind, StepState
from operations_api.domain.step import Effect, Step

HandlerName = Literal["reserve", "execute", "commit", "rollback", "compensate", "query"]

Doubt = Literal["none", "retry", "unknown", "refused"]
"""What earlier calls of the step's handler left open.

``retry``: one said *not now*. ``unknown``: one may or may not have had its effect. ``refused``: a Reject came after
one of those, so it proves nothing.
"""


Resolution = Literal["committed", "released"]
"""What a person stated of a step in doubt; nothing is called for that step any more."""


class StepTraits(msgspec.Struct, frozen=True):
    """What the definition says of a step and the engine needs to plan."""

    timeout_seconds: float
    retry_for_seconds: float
    can_query: bool
    can_compensate: bool


def traits_of(step: Step, handlers: Handlers) -> StepTraits:
    """What the engine needs to know of a step."""
    return StepTraits(
        timeout_seconds=step.timeout_seconds,
        retry_for_seconds=step.retry_for_seconds,
        can_query="query" in handlers.names,
        can_compensate="compensate" in handlers.names,
    )


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The journal of one step: a row of ``operation_steps``."""

    position: int
    key: str
    kind: StepKind
    effect: Effect
    state: StepState = "pending"
    handler: HandlerName | None = None
    attempts: int = 0
    doubt: Doubt = "none"
    call_ends_at: datetime | None = None
    retry_at: datetime | None = None
    called_since: datetime | None = None
    reservation: msgspec.Raw | None = None
    result: msgspec.Raw | None = None
    error: msgspec.Raw | None = None
    checkpoint: msgspec.Raw | None = None
    blocked_at: datetime | None = None
    resolved_as: Resolution | None = None


changed: Final = msgspec.structs.replace
"""The step with other values in these fields."""


class CommitRejectPolicy(msgspec.Struct, frozen=True):
    """What a definition wants when a commit is definitively refused."""

    first: Literal["park", "rollback"] = "park"
    later: Literal["park", "compensate"] = "park"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One leased operation: its decision so far, its steps' journals, and what the definition says of them.

    ``left_open`` says, by position, until when calls of former holders may be in flight. It is not stored by itself:
    as long as it matters it is the step's ``call_ends_at``.
    """

    tenant: str
    id: UUID
    type: str
    epoch: int
    decision: Decision | None
    cancel_requested: bool
    deadline: datetime | None
    failure: Failure | None
    steps: tuple[StepRecord, ...]
    traits: tuple[StepTraits, ...]
    policy: CommitRejectPolicy = CommitRejectPolicy()
    left_open: Mapping[int, datetime] = {}

    @property
    def two_phase(self) -> tuple[StepRecord, ...]:
        """The steps that reserve, in order."""
        return tuple([step for step in self.steps if step.kind == "step"])

    @property
    def actions(self) -> tuple[StepRecord, ...]:
        """What is done after all commits, in order."""
        return tuple(step for step in self.steps if step.kind == "action")

    @property
    def pivot(self) -> StepRecord | None:
        """The point of no return, if the definition has one."""
        for step in self.steps:
            if step.kind == "pivot":
                return step
        return None

    @property
    def phase(self) -> Phase:
        """The phase clients see."""
        if self.decision == "commit":
            return "committing"
        if self.decision is not None:
            return "rolling_back" if self.decision == "rollback" else "compensating"
        return "executing" if self.pivot and self.pivot.state == "executing" else "reserving"

    @property
    def contradiction(self) -> StepRecord | None:
        """A step of which a person stated the opposite of what was decided, so that the whole is applied in part."""
        opposite = "released" if self.decision == "commit" else "committed"
        return next((step for step in self.steps if step.resolved_as == opposite), None)

    def must_turn_back(self, now: datetime) -> bool:
        """Whether a cancel request, a passed deadline or a failure forbids going on towards a commit."""
        return self.cancel_requested or self.failure is not None or (self.deadline is not None and self.deadline <= now)

    def left_open_until(self, position: int, now: datetime) -> datetime | None:
        """Until when a call of a former holder may be in flight at this step, None when none can be any more."""
        ends_at = self.left_open.get(position)
        return ends_at if ends_at is not None and ends_at > now else None

    def with_step(self, step: StepRecord) -> Execution:
        """The same with this step's journal in the place of its old one."""
        steps = (*self.steps[: step.position], step, *self.steps[step.position + 1 :])
        return msgspec.structs.replace(self, steps=steps)
