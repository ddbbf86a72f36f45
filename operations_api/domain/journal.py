"""What a worker writes at once: the outcome of one call, the intent of the next, and what follows for the operation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from operations_api.domain.execution import StepRecord
from operations_api.domain.states import Decision, OperationStatus, Phase


class StepEntry(msgspec.Struct, frozen=True):
    """A step's journal as it is to be written; ``on_commit``: only if the decision in the same entry is commit."""

    step: StepRecord
    on_commit: bool = False


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fenced write. Times in ``steps`` are absolute by ``now``; the database turns them into its own clock's.

    ``decide`` is ``guarded`` where a cancel request or a passed deadline turns commit into rollback. ``wake_at`` None
    with ``release_lease`` means: only a person wakes it. ``progress`` None leaves progress and message as they are.
    """

    tenant: str
    id: UUID
    epoch: int
    now: datetime
    status: OperationStatus
    phase: Phase
    decide: Literal["guarded", "commit", "rollback", "compensate"] | None = None
    failure: msgspec.Raw | None = None
    blocked: msgspec.Raw | None = None
    progress: msgspec.Raw | None = None
    message: str | None = None
    result: msgspec.Raw | None = None
    error: msgspec.Raw | None = None
    wake_at: datetime | None = None
    release_lease: bool = False
    gate: bool = False
    progressed: bool = False
    steps: tuple[StepEntry, ...] = ()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What the database made of an entry."""

    status: OperationStatus
    phase: Phase
    decision: Decision | None
    version: int
    cancel_requested: bool
    written_at: datetime
