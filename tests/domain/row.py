"""A plain model of an operation's row and journal: what the database promises, in Python."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from operations_api.domain.execution import Execution, StepRecord
from operations_api.domain.failure import FORCE_CLOSED, error_object
from operations_api.domain.journal import JournalEntry, Written
from operations_api.domain.settle import OUTCOMES
from operations_api.domain.states import LEGAL_STEP_TRANSITIONS, OPERATION_TRANSITIONS


@dataclass
class Row:
    """Refuses, with an assertion, every change that breaks a law."""

    steps: dict[int, StepRecord]
    deadline: datetime | None
    status: Any = "pending"
    phase: Any = "queued"
    decision: Any = None
    epoch: int = 0
    cancel_requested: bool = False
    failure: Any = None
    error: Any = None
    wake_at: datetime | None = None
    over: set[tuple[int, str]] = field(default_factory=set)
    history: list[str] = field(default_factory=list)

    def copied(self) -> Row:
        return copy.deepcopy(self)

    def claim(self) -> None:
        self.epoch += 1
        if self.status == "pending":
            self._move("running")
            self.phase = "reserving"

    def cancel(self, now: datetime) -> None:
        if self.decision is not None or self.phase in ("queued", "executing", "finished") or self._is_late(now):
            return
        self.history.append("cancel accepted")
        self.cancel_requested = True
        self._move("canceling")
        self.wake_at = None if self.wake_at is None else now

    def hand_over(self, after: Execution, now: datetime) -> None:
        """What a person decided; whoever still holds the operation is fenced."""
        self.history.append(
            f"an operator leaves {[(s.position, s.state, s.doubt, s.resolved_as) for s in after.steps]}"
        )
        self.epoch += 1
        self._decide(after.decision)
        self._move("canceling" if self.cancel_requested and after.decision != "commit" else "running")
        self.phase, self.wake_at = after.phase, now
        self.failure = None if after.failure is None else msgspec.json.encode(after.failure)
        self.steps = {step.position: step for step in after.steps}

    def force_close(self) -> None:
        """The end, whatever is held."""
        self.epoch += 1
        self._move("failed")
        self.phase, self.error = "finished", msgspec.json.encode(error_object(FORCE_CLOSED))

    @property
    def effect(self) -> str | None:
        """What it says to have left behind, where it did not succeed."""
        return None if self.error is None else msgspec.json.decode(self.error)["effect"]

    def write(self, entry: JournalEntry, now: datetime) -> Written | None:
        if entry.epoch != self.epoch or self.phase == "finished":
            return None
        turned = self.cancel_requested or self._is_late(now)
        if entry.gate and turned:
            return None
        self._decide(self._decision_of(entry, turned))
        self._move(self._status_of(entry))
        self.phase = entry.phase
        if entry.decide == "guarded":
            self.phase = "committing" if self.decision == "commit" else "rolling_back"
        self.failure, self.error = entry.failure, entry.error
        self.wake_at = entry.wake_at if entry.release_lease else None
        self._journal([one.step for one in entry.steps if not one.on_commit or self.decision == "commit"])
        return self._written(now)

    def _status_of(self, entry: JournalEntry) -> Any:
        if entry.status == "failed" and self.cancel_requested:
            assert entry.error is not None
            return "canceled" if msgspec.json.decode(entry.error)["effect"] == "none" else "failed"
        asked = entry.status == "running" and self.cancel_requested and self.decision != "commit"
        return "canceling" if asked else entry.status

    def _decision_of(self, entry: JournalEntry, turned: bool) -> Any:
        if entry.decide == "guarded":
            return self.decision or ("rollback" if turned else "commit")
        return entry.decide or self.decision

    def _written(self, now: datetime) -> Written:
        return Written(
            status=self.status,
            phase=self.phase,
            decision=self.decision,
            version=1,
            cancel_requested=self.cancel_requested,
            written_at=now,
        )

    def _decide(self, decision: Any) -> None:
        stands = self.decision in (None, decision) or (self.decision, decision) == ("commit", "compensate")
        assert stands, f"the decision turned from {self.decision} to {decision}"
        self.decision = decision

    def _move(self, status: Any) -> None:
        assert status == self.status or (self.status, status) in OPERATION_TRANSITIONS, (self.status, status)
        self.status = status

    def _journal(self, steps: list[StepRecord]) -> None:
        assert len({step.position for step in steps}) == len(steps), "one write changes a step twice"
        for step in steps:
            old = self.steps[step.position].state
            assert step.state == old or (old, step.state) in LEGAL_STEP_TRANSITIONS, (old, step.state)
            self.steps[step.position] = step
            self.over |= {(step.position, handler) for handler, state in OUTCOMES.items() if state == step.state}
        self.history.append(f"stored {self.status} {self.phase} {[(s.position, s.state, s.doubt) for s in steps]}")

    def _is_late(self, now: datetime) -> bool:
        return self.deadline is not None and self.deadline <= now
