"""A plain model of what is around the engine: participants, a clock, crashes, a database that may lose answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
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
from operations_api.domain.plan import Call, next_move
from operations_api.domain.settle import INTENTS, Answered, Done, NotNow, Outcome, Rejected, Unknown, begin

from .executions import NOW
from .participants import Participants
from .row import Row

BACKWARD = {"rollback", "compensate"}
WAITING = {"rollback", "compensate", "query"}
"""These come after every call that a dead worker may have left in flight; the others may be repeated beside it."""

UNIT = "a unit of "
"""What a local handler writes before a checkpoint."""

DID_IT = {"done", "lost", "not now, but did it", "killed after", "drained after"}


class Killed(BaseException):
    """The worker process ends here."""


@dataclass
class Scenario:
    """An operation and the fates of its calls and writes, in order; when they are used up, all goes well.

    ``units``: how many checkpoints each call stores before it meets its fate. ``acts``: what an operator does, one act
    each time the operation waits for a person. ``claim_begins``: the first claim stores the first intent.
    """

    steps: Sequence[StepRecord]
    traits: Sequence[StepTraits]
    policy: CommitRejectPolicy
    calls: Sequence[str]
    writes: Sequence[str]
    deadline_seconds: float | None
    cancel_at: int | None
    heartbeat_tells: bool
    units: Sequence[int] = ()
    acts: Sequence[str] = ()
    claim_begins: bool = False


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
        self._units = iter(scenario.units)
        self._durable: dict[tuple[int, str], int] = {}
        self._fenced: set[int] = set()
        self._local: LocalTransaction | None = None
        self._events = 0
        self.others_work: Callable[[], Awaitable[None]]

    # -- time ----------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self._now

    def observe(self, database_time: datetime) -> None:
        assert database_time == self._now

    def sleep_until(self, moment: datetime) -> None:
        """Time passes, and what was still on its way arrives."""
        for _, position, handler in sorted(late for late in self._late if late[0] <= moment):
            self.row.history.append(f"the late {handler} of {position} arrives")
            self.participants.take_late(position, handler)
        self._late = [late for late in self._late if late[0] > moment]
        self._now = max(self._now, moment)

    def _tick(self) -> None:
        self._events += 1
        self.sleep_until(self._now + timedelta(seconds=0.01))
        if self._events == self._scenario.cancel_at:
            self.row.cancel(self._now)

    # -- leases --------------------------------------------------------------------------------------------------------

    def claim(self) -> Any:
        is_new = self.row.epoch == 0
        self.row.claim()
        leased = self._leased()
        if is_new and self._scenario.claim_begins:
            leased.begun = self._begin_first()
        return leased

    def _begin_first(self) -> int | None:
        execution = self.execution()
        move = next_move(execution, self._now)
        if not isinstance(move, Call) or move.handler != "reserve" or self.row.steps[move.position].effect == "local":
            return None
        self.row.history.append(f"the claim begins {move.position}")
        self.row.steps[move.position] = begin(execution, move, self._now).steps[move.position]
        return move.position

    async def reread(self, tenant: str, id: UUID, epoch: int) -> Any:
        return None if self._is_stale(epoch) or self.row.phase == "finished" else self._leased()

    async def _pause(self, what: str) -> None:
        """The worker stands still for so long that others take the operation, and knows nothing of it."""
        self.row.history.append(f"paused {what}")
        local, self._local = self._local, None
        if local is not None:
            local.abort()  # Postgres ends a session that idles in its transaction
        await self.others_work()
        self._local = local
        self.row.history.append("the paused one wakes")

    def _is_stale(self, epoch: int) -> bool:
        if epoch != self.row.epoch:
            self._fenced.add(epoch)
        return epoch != self.row.epoch

    def is_cancel_heard(self) -> bool:
        return self._scenario.heartbeat_tells and self.row.cancel_requested

    def _leased(self) -> Any:
        asked = self._now if self.row.cancel_requested else None
        return SimpleNamespace(operation=SimpleNamespace(cancel_requested_at=asked), claimed_at=self._now, begun=None)

    # -- script --------------------------------------------------------------------------------------------------------

    def execution_of(self, leased: Any) -> Execution:
        return self.execution(cancel_requested=leased.operation.cancel_requested_at is not None)

    def execution(self, *, cancel_requested: bool = False) -> Execution:
        """What the rows say now."""
        row = self.row
        return Execution(
            tenant="t",
            id=UUID(int=1),
            type="model",
            epoch=row.epoch,
            decision=row.decision,
            cancel_requested=cancel_requested,
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
        try:
            await self._work(execution, call, checkpoint, tx)
        except OutcomeUnknown:
            return Unknown("its cursor could not be stored")
        if fate.startswith("paused"):
            return await self._sleep_in(call, fate, tx)
        if fate in DID_IT:
            self._do(call, tx)
        ends_at = self.row.steps[call.position].call_ends_at
        if fate == "killed, arrives late" and ends_at is not None:
            self._late.append((ends_at, call.position, call.handler))
        return self._outcome(call, fate)

    async def _work(self, execution: Execution, call: Call, checkpoint: Any, tx: list[tuple[int, str]] | None) -> None:
        """Some units of work, with a cursor after each, from where the last cursor is."""
        key, cursor = (call.position, call.handler), execution.steps[call.position].checkpoint
        begun = 0 if cursor is None else msgspec.json.decode(cursor)
        if tx is None:
            assert begun >= self._durable.get(key, 0), f"{call.handler} of {call.position} forgot its cursor"
        else:
            assert begun == self.participants.units[key], "a cursor and what was written before it are one transaction"
        for unit in range(begun + 1, begun + 1 + next(self._units, 0)):
            if tx is not None:
                tx.append((call.position, f"{UNIT}{call.handler}"))
            await checkpoint(msgspec.json.encode(unit))

    async def _sleep_in(self, call: Call, fate: str, tx: list[tuple[int, str]] | None) -> Outcome:
        if tx is not None or fate == "paused after":
            self._do(call, tx)
        await self._pause(f"in {call.handler} of {call.position}")
        if tx is not None:
            return Unknown("the session is gone")
        if fate == "paused before":
            self.participants.take_late(call.position, call.handler)
        return Done(msgspec.Raw(b"{}"))

    def _check(self, execution: Execution, call: Call) -> None:
        stored, handler = self.row.steps[call.position], call.handler
        assert stored.resolved_as is None, "a call of a step of which a person has said what became of it"
        assert execution.epoch not in self._fenced, "a call by a worker that knows it has lost its lease"
        assert execution.epoch == self.row.epoch, "a call by a worker that should have found its lease lost"
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
        self.participants.refused.discard((call.position, call.handler))
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
            self.participants.refused.add((call.position, call.handler))
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
        if fate == "paused":
            await self._pause("before a write")
        self._break(fate, "before")
        self._is_stale(entry.epoch)
        written = self.row.write(entry, self._now)
        self._break(fate, "after")
        return written

    async def checkpoint(self, tenant: str, id: UUID, epoch: int, position: int, value: bytes) -> None:
        """The cursor of an external call."""
        fate = next(self._writes, "done")
        if fate == "paused":
            await self._pause("before a cursor")
        self._break(fate, "before")
        if self._is_stale(epoch) or self.row.phase == "finished":
            raise LeaseLost
        record = self.row.steps[position]
        self.row.steps[position] = msgspec.structs.replace(record, checkpoint=msgspec.Raw(value))
        assert record.handler is not None
        self._durable[position, record.handler] = msgspec.json.decode(value)
        self._break(fate, "after")

    @asynccontextmanager
    async def transaction(self, tenant: str, id: UUID, epoch: int) -> AsyncIterator[LocalTransaction]:
        self._local = local = LocalTransaction(self, epoch)
        await local.begin()
        try:
            yield local
            await local.commit()
        except BaseException:
            local.undo()
            raise
        finally:
            self._local = None

    def _break(self, fate: str, when: str) -> None:
        if fate == f"killed {when}":
            self.row.history.append(f"killed {when} a write")
            raise Killed
        if fate == f"lost {when}":
            self.row.history.append(f"connection lost {when} a write")
            raise OutcomeUnknown


class LocalTransaction:
    """Effects of local handlers and the entry, all or nothing. ``connection`` is the list of effects."""

    def __init__(self, world: World, epoch: int) -> None:
        self.connection: list[tuple[int, str]] = []
        self._world = world
        self._epoch = epoch
        self._saved: Row | None = None
        self._mark = 0
        self._is_gone = False

    async def begin(self) -> None:
        if self._world._is_stale(self._epoch):
            raise LeaseLost

    async def set_savepoint(self) -> None:
        self._mark = len(self.connection)

    async def end_savepoint(self, *, keep: bool) -> None:
        self._refuse_if_gone()
        if not keep:
            del self.connection[self._mark :]

    async def write(self, entry: JournalEntry) -> Written | None:
        self._refuse_if_gone()
        self._world._tick()
        self._saved = self._world.row.copied()
        return self._world.row.write(entry, self._world.now())

    async def commit(self) -> None:
        """Make it durable, and be ready for more; or lose the connection before or after that."""
        fate = next(self._world._writes, "done")
        if fate == "paused":
            await self._world._pause("before a COMMIT")
        self._refuse_if_gone()
        try:
            self._world._break(fate, "before")
        except OutcomeUnknown:
            self.abort()
            raise
        self._saved = None
        self._apply()
        self._is_gone = fate == "lost after"
        self._world._break(fate, "after")

    def abort(self) -> None:
        """The session ends, and with it what was not committed."""
        self.undo()
        self.connection.clear()
        self._is_gone = True

    def undo(self) -> None:
        if self._saved is not None:
            self._saved.history = self._world.row.history
            self._world.row, self._saved = self._saved, None

    def _apply(self) -> None:
        participants = self._world.participants
        for position, what in self.connection:
            if what.startswith(UNIT):
                participants.units[position, what.removeprefix(UNIT)] += 1
            else:
                participants.take(position, what)
                assert participants.done[position, what] == 1, f"the local {what} of {position} happened twice"
        self.connection.clear()

    def _refuse_if_gone(self) -> None:
        if self._is_gone:
            raise OutcomeUnknown
