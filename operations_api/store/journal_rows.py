"""Journal entries as Postgres reads them: one JSON document for all that are written at once.

Thirty-five arrays said the same and cost the worker ten times as much: asyncpg looks at every value of an array. What
is missing is null. JSON within JSON is text, since Postgres decodes each string that it passes over, and a NUL which a
handler's result may hold is nothing that its ``text`` could be.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from operations_api.domain.journal import JournalEntry, StepEntry

_encode: Final = msgspec.json.Encoder().encode


class StepRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step's journal. Times are absolute by the entry's ``now``."""

    position: int
    key: str
    kind: str
    effect: str
    state: str
    attempts: int
    doubt: str
    handler: str | None
    call_ends_at: datetime | None = None
    retry_at: datetime | None = None
    called_since: datetime | None = None
    reservation: str | None = None
    result: str | None = None
    error: str | None = None
    checkpoint: str | None = None
    blocked_at: datetime | None = None
    on_commit: bool | None = None


class EntryRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of one operation, with the steps it writes."""

    tenant: str
    id: UUID
    epoch: int
    now: datetime
    status: str
    phase: str
    release_lease: bool
    gate: bool
    progressed: bool
    steps: list[StepRow]
    decide: str | None = None
    failure: str | None = None
    blocked: str | None = None
    progress: str | None = None
    message: str | None = None
    result: str | None = None
    error: str | None = None
    wake_at: datetime | None = None


def document_of(entries: Iterable[JournalEntry]) -> str:
    """What ``write_journal`` takes. Raises ``ValueError`` for text that is no Unicode."""
    return _encode([_entry_row(entry) for entry in entries]).decode()


def _entry_row(entry: JournalEntry) -> EntryRow:
    return EntryRow(
        entry.tenant, entry.id, entry.epoch, entry.now, entry.status, entry.phase, entry.release_lease, entry.gate,
        entry.progressed, [_step_row(step) for step in entry.steps], entry.decide, _text(entry.failure),
        _text(entry.blocked), _text(entry.progress), entry.message, _text(entry.result), _text(entry.error),
        entry.wake_at,
    )  # fmt: skip


def _step_row(written: StepEntry) -> StepRow:
    step = written.step
    return StepRow(
        step.position, step.key, step.kind, step.effect, step.state, step.attempts, step.doubt, step.handler,
        step.call_ends_at, step.retry_at, step.called_since, _text(step.reservation), _text(step.result),
        _text(step.error), _text(step.checkpoint), step.blocked_at, written.on_commit or None,
    )  # fmt: skip


def _text(value: msgspec.Raw | None) -> str | None:
    return None if value is None else bytes(value).decode()
