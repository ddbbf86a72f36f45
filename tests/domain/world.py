"""A plain model of what is around the engine: participants, a clock, crashes, a database that may lose answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec

from operations_api.domain.errors import LeaseLost, OutcomeUnknown
from operations_api.domain.execution import CommitRejectPolicy, Execution, StepRecord, StepTraits
from operations_api.domain.failure import Failure
from operations_api.domain.journal import JournalEntry, Written
from operations_api.domain.plan import Call
from operations_api.domain.settle import INTENTS, Answered, Done, NotNow, Outcome, Rejected, Unknown

from .executions import NOW
from .row import Row

BACKWARD = {"rollback", "compensate"}
WAITING = {"rollback", "compensate", "query"}
"""These come after every call that a dead worker may have left in flight; the others may be repeated beside it."""

DID_IT = {"done", "lost", "not now, but did it", "killed after", "drained after"}


class Killed(BaseException):
    """The worker process ends here."""


@dataclass
class Scenario:
    """An operation and the fates of its calls and writes, in order; when they are used up, all goes well."""

    steps: Sequence[StepRecord]
    traits: Sequence[StepTraits]
    policy: CommitRejectPolicy
    calls: Sequence[str]
    writes: Sequence[str]
    deadline_seconds: float | None
    cancel_at: int | None
    heartbeat_tells: bool


class Participants:
    """Whom the steps speak to. They treat two calls with one token as one and refuse what comes after a release."""

    def __init__(self) -> None:
        self.state: dict[int, str] = {}
        self.done: Counter[tuple[int, str]] = Counter()

    def take(self, position: int, handler: str) -> None:
        """The effect of a call that got through."""
        now = self.state.get(position, "absent")
        if handler == "rollback":
            assert now != "committed", f"step {position} was released although it is committed"
            self.state[position] = "released"
        elif handler == "compensate":
            assert now in ("committed", "compensated"), f"step {position} was compensated although it is {now}"
            self.state[position] = "compensated"
        elif handler == "reserve" and now == "absent":
            self.state[position] = "held"
        elif handler == "execute" or now == "held":
            self.state[position] = "held" if handler == "reserve" else "committed"
        self.done[position, handler] += 1

    def those(self, state: str) -> set[int]:
        return {position for position, its in self.state.items() if its == state}


class World:
    """What a worker meets: it is script, journal, leases and clock of one operation at once."""

    def __init__(self, scenario: Scenario) -> None:
        deadline = scenario.deadline_seconds
        self.row = Row(
            {step.position: step for step in scenario.steps},
            None if deadline is None else NOW + timedelta(seconds=deadline),
        )
        self.participants = Participants()
        self.refused: set[int] = set()
        self._now = NOW
        self._scenario = scenario
        self._calls, self._writes = iter(scenario.calls), iter(scenario.writes)
        self._late: list[tuple[datetime, int, str]] = []
        self._events = 0

    # -- time ----------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self._now

    def observe(self, database_time: datetime) -> None:
        assert database_time == self._now

    def sleep_until(self, moment: datetime) -> None:
        """Time passes, and what was still on its way arrives."""
        for _, position, handler in sorted(late for late in self._late if late[0] <= moment):
            self.row.history.append(f"the late {handler} of {position} arrives")
            self.participants.take(position, handler)
        self._late = [late for late in self._late if late[0] > moment]
        self._now = max(self._now, moment)

    def _tick(self) -> None:
        self._events += 1
        self.sleep_until(self._now + timedelta(seconds=0.01))
        if self._events == self._scenario.cancel_at:
            self.row.cancel(self._now)

    # -- leases --------------------------------------------------------------------------------------------------------

    def claim(self) -> Any:
        self.row.claim()
        return self._leased()

    async def reread(self, tenant: str, id: UUID, epoch: int) -> Any:
        return None if epoch != self.row.epoch or self.row.phase == "finished" else self._leased()

    def is_cancel_heard(self) -> bool:
        return self._scenario.heartbeat_tells and self.row.cancel_requested

    def _leased(self) -> Any:
        asked = self._now if self.row.cancel_requested else None
        return SimpleNamespace(operation=SimpleNamespace(cancel_requested_at=asked), claimed_at=self._now)

    # -- script --------------------------------------------------------------------------------------------------------

    def execution_of(self, leased: Any) -> Execution:
        row = self.row
        return Execution(
            tenant="t",
            id=UUID(int=1),
            type="model",
            epoch=row.epoch,
            decision=row.decision,
            cancel_requested=leased.operation.cancel_requested_at is not None,
            deadline=row.deadline,
            failure=None if row.failure is None else msgspec.json.decode(row.failure, type=Failure),
            steps=tuple(row.steps[position] for position in sorted(row.steps)),
            traits=tuple(self._scenario.traits),
            policy=self._scenario.policy,
        )

    def result(self, execution: Execution) -> tuple[msgspec.Raw, str | None]:
        return msgspec.Raw(b"{}"), None

    async def call(self, execution: Execution, call: Call, lease: Any, checkpoint: Any, tx: Any = None) -> Outcome:
        self._tick()
        self._check(execution, call)
        fate = next(self._calls, "done")
        self.row.history.append(f"{call.handler} of {call.position}: {fate}")
        if call.handler == "query":
            return self._answer(call, fate)
        if fate in DID_IT:
            self._do(call, tx)
        ends_at = self.row.steps[call.position].call_ends_at
        if fate == "killed, arrives late" and ends_at is not None:
            self._late.append((ends_at, call.position, call.handler))
        return self._outcome(call, fate)

    def _check(self, execution: Execution, call: Call) -> None:
        stored, handler = self.row.steps[call.position], call.handler
        assert (call.position, handler) not in self.row.over, f"{handler} of {call.position} is called after its end"
        in_flight = handler in WAITING and any(position == call.position for _, position, _ in self._late)
        assert not in_flight, f"{handler} of {call.position} while an earlier call may be in flight"
        assert handler not in BACKWARD or execution.decision in ("rollback", "compensate"), "back before the decision"
        assert handler != "commit" or execution.decision == "commit", "a commit without the decision"
        assert handler != "reserve" or execution.decision is None, "a reserve after the decision"
        assert stored.kind != "action" or execution.decision == "commit", "an action before the commit"
        if stored.effect == "external" and handler != "query":
            assert stored.state == INTENTS[handler], f"{handler} of {call.position} is called before its intent"
            assert stored.call_ends_at is not None
            assert execution.decision == self.row.decision, "a call before its decision is stored"

    def _do(self, call: Call, tx: list[tuple[int, str]] | None) -> None:
        if tx is None:
            self.participants.take(call.position, call.handler)
        else:
            tx.append((call.position, call.handler))

    def _outcome(self, call: Call, fate: str) -> Outcome:
        if fate.startswith("killed"):
            raise Killed
        if fate.startswith("drained"):
            raise asyncio.CancelledError
        if fate == "rejected" and call.handler != "query":
            self.refused.add(call.position)
        outcomes: dict[str, Outcome] = {
            "done": Done(msgspec.Raw(b"{}")),
            "rejected": Rejected("NO", "no"),
            "not now": NotNow(None),
            "not now, but did it": NotNow(100.0),
        }
        return outcomes.get(fate, Unknown("?"))

    def _answer(self, call: Call, fate: str) -> Outcome:
        if fate == "done":
            state: Any = self.participants.state.get(call.position, "absent")
            return Answered(state)
        return Answered("unknown") if fate == "lost" else self._outcome(call, fate)

    # -- journal -------------------------------------------------------------------------------------------------------

    async def write(self, entry: JournalEntry) -> Written | None:
        self._tick()
        fate = next(self._writes, "done")
        self._break(fate, "before")
        written = self.row.write(entry, self._now)
        self._break(fate, "after")
        return written

    @asynccontextmanager
    async def transaction(self, tenant: str, id: UUID, epoch: int) -> AsyncIterator[LocalTransaction]:
        if epoch != self.row.epoch:
            raise LeaseLost
        local = LocalTransaction(self)
        fate = next(self._writes, "done")
        try:
            yield local
            self._break(fate, "before")
        except BaseException:
            local.undo()
            raise
        for position, handler in local.connection:
            self.participants.take(position, handler)
            assert self.participants.done[position, handler] == 1, f"the local {handler} of {position} happened twice"
        self._break(fate, "after")

    def _break(self, fate: str, when: str) -> None:
        if fate == f"killed {when}":
            self.row.history.append(f"killed {when} a write")
            raise Killed
        if fate == f"lost {when}":
            self.row.history.append(f"connection lost {when} a write")
            raise OutcomeUnknown


class LocalTransaction:
    """Effects of local handlers and the entry, all or nothing. ``connection`` is the list of effects."""

    def __init__(self, world: World) -> None:
        self.connection: list[tuple[int, str]] = []
        self._world = world
        self._saved: Row | None = None
        self._mark = 0

    async def set_savepoint(self) -> None:
        self._mark = len(self.connection)

    async def end_savepoint(self, *, keep: bool) -> None:
        if not keep:
            del self.connection[self._mark :]

    async def write(self, entry: JournalEntry) -> Written | None:
        self._world._tick()
        self._saved = self._world.row.copied()
        return self._world.row.write(entry, self._world.now())

    def undo(self) -> None:
        if self._saved is not None:
            self._saved.history = self._world.row.history
            self._world.row = self._saved
