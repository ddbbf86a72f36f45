"""One operation in the hands of simulated workers: the engine's own planning, the user's own handlers, and deaths.

The journal is a variable: ``stored`` is what the next worker finds, ``execution`` what this one knows. A wait is a step
of the clock. The planning and settling are the engine's (``domain/advance.py``, ``domain/settle.py``).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import uuid4

import msgspec

from operations_api.domain.advance import Plan, advance, decided
from operations_api.domain.definition import Definition
from operations_api.domain.errors import LeaseLost
from operations_api.domain.execution import CommitRejectPolicy, Execution, StepRecord, changed
from operations_api.domain.plan import Call, Finish, Sleep
from operations_api.domain.settle import INTENTS, Done, Outcome, Rejected, begin, resume, settle, turned_back
from operations_api.testing.handling import TENANT, Hands, Reporter
from operations_api.testing.scenario import AFTER_CHECKPOINT, WHEN_DONE, Place, Scenario
from operations_api.testing.world import Connection, World
from worker.call import Calls

MOST_CALLS: Final = 500
"""A handler that asks for a retry a hundred times gets through; one that never succeeds does not go on for ever."""

LEASE: Final = timedelta(seconds=15)
SIMULATED_REJECT: Final = Rejected("SIMULATED", "this commit is refused to see whether the others can be undone")

Ending = Literal["succeeded", "failed", "blocked", "endless"]


class Called(msgspec.Struct, frozen=True):
    """One call, and what the ledger said before and after it. ``known``: no answer of this step was lost.

    ``outcome`` None: the worker died inside.
    """

    step: str
    handler: str
    local: bool
    known: bool
    outcome: Outcome | None
    before: Any
    after: Any
    checkpointed: bool


class Rehearsed(msgspec.Struct, frozen=True):
    """How it went. ``before`` and ``after`` are what the ledger said."""

    id: Any
    ending: Ending
    calls: list[Called]
    before: Any
    after: Any
    execution: Execution
    crashed: bool
    results: dict[str, Any]

    def calls_of(self, step: str, handler: str) -> list[Called]:
        """The calls of one handler, in order."""
        return [call for call in self.calls if (call.step, call.handler) == (step, handler)]

    def token(self, step: str, handler: str) -> str:
        """What every call of this handler had as ``ctx.token``."""
        return f"{self.id}:{step}:{handler}"


class Crash(LeaseLost):
    """The worker dies here. To a handler that is storing a cursor it looks as if the lease were lost."""


class Rehearsal:
    """One operation under one scenario."""

    def __init__(
        self, definition: Definition, input: Any, world: World, worker_calls: Calls, scenario: Scenario
    ) -> None:
        self._definition = definition
        self._input = input
        self._world = world
        self._worker_calls = worker_calls
        self._scenario = scenario
        self._crashed = self._dead = False
        self._cancel_requested = False
        self._checkpointed = False
        self._in_doubt: set[str] = set()
        self._now = datetime.now(UTC)
        self._hands = Hands(definition, input, worker_calls)
        self._calls: list[Called] = []
        self.stored = self.execution = self._beginning()

    async def run(self) -> Rehearsed:
        """From the start to the end, through every death. Inside ``World.rehearsal``."""
        before = await self._world.snapshot(self.stored.id)
        ending: Ending | None = None
        while ending is None:
            try:
                ending = await self._live()
            except Crash:
                self._be_succeeded()
        return Rehearsed(
            id=self.stored.id,
            ending=ending,
            calls=self._calls,
            before=before,
            after=await self._world.snapshot(self.stored.id),
            execution=self.stored,
            crashed=self._crashed,
            results=self._hands.steps.values(self.stored, "result"),
        )

    async def reserve_late(self, position: int) -> tuple[Outcome, Any]:
        """A reserve by a worker that was paused before its call: what it answers, and what the ledger says then."""
        hands = Hands(self._definition, self._input, self._worker_calls)
        seen, call = self._seen_by_the_paused(position), Call(position, "reserve")
        outcome = await hands.call(seen, call, Reporter(_nowhere), None)
        return outcome, await self._world.snapshot(self.stored.id)

    def _seen_by_the_paused(self, position: int) -> Execution:
        seen = msgspec.structs.replace(self.stored, epoch=1, cancel_requested=False)
        return seen.with_step(changed(seen.steps[position], attempts=1))

    # -- one worker's life -------------------------------------------------------------------------------------------

    async def _live(self) -> Ending:
        plan = self._store(self._plan())
        while not isinstance(plan.move, Finish):
            if len(self._calls) >= MOST_CALLS:
                return "endless"
            if isinstance(plan.move, Call):
                plan = await self._work(plan.move)
            elif plan.move.until is None:
                return "blocked"
            else:
                self._now = max(self._now, plan.move.until)
                plan = self._store(self._plan())
        return "succeeded" if plan.move.succeeded else "failed"

    def _be_succeeded(self) -> None:
        """Another worker finds what is stored, once the lease has run out."""
        self._dead = False
        self._in_doubt = {step.key for step in self.stored.steps if step.call_ends_at is not None}
        self._now += LEASE
        self._hands = Hands(self._definition, self._input, self._worker_calls)
        self.stored = msgspec.structs.replace(self._seen(self.stored), epoch=self.stored.epoch + 1)
        self.execution = resume(self.stored, self._now)

    async def _work(self, call: Call) -> Plan:
        if self.execution.steps[call.position].effect == "local":
            return await self._work_locally(call)
        self._reach("after-intent", call)
        outcome = await self._call(call, None)
        self._settle(call, outcome)
        plan = self._store(self._plan())
        self._reach("after-outcome", call)
        return plan

    async def _work_locally(self, call: Call) -> Plan:
        """The handler's effect and the journal entry are one transaction: a death in between undoes both."""
        connection = self._world.connection
        assert connection is not None, "check_definition has refused this"
        self._local = connection.transaction()
        await self._local.start()
        try:
            self.execution = begin(self.execution, call, self._now)
            self._reach("after-intent", call)
            outcome = await self._call(call, connection)
            self._settle(call, outcome)
            plan = self._store(self._plan())
        except Crash:
            await self._local.rollback()
            raise
        await (self._local.commit() if isinstance(outcome, Done) else self._local.rollback())
        self._reach("after-outcome", call)
        return plan

    def _settle(self, call: Call, outcome: Outcome) -> None:
        self.execution = settle(self.execution, call, outcome, self._now, lambda: 1.0)
        if isinstance(outcome, Done):
            self._reach(WHEN_DONE, call)
        self._reach("before-outcome", call)

    async def _call(self, call: Call, tx: Connection | None) -> Outcome:
        record = self.execution.steps[call.position]
        self._reach("before-effect", call)
        if call.handler == "commit" and record.key == self._scenario.reject_commit_of:
            return SIMULATED_REJECT
        before, self._checkpointed = await self._world.snapshot(self.stored.id), False
        reporter = Reporter(lambda value: self._checkpoint(call, value))
        outcome: Outcome | None = None
        try:
            outcome = await self._hands.call(self.execution, call, reporter, tx)
            self._raise_if_dead()
        finally:
            self._calls.append(await self._called(record, call, outcome, before))
        self._reach("after-effect", call)
        return outcome

    async def _called(self, record: StepRecord, call: Call, outcome: Outcome | None, before: Any) -> Called:
        local = record.effect == "local"
        undone = local and not isinstance(outcome, Done)
        return Called(
            step=record.key,
            handler=call.handler,
            local=local,
            known=record.key not in self._in_doubt,
            outcome=outcome,
            before=before,
            after=before if undone else await self._world.snapshot(self.stored.id),
            checkpointed=self._checkpointed,
        )

    async def _checkpoint(self, call: Call, value: bytes) -> None:
        """Store a cursor; what a local handler wrote so far is committed with it."""
        step = self.execution.steps[call.position]
        step = msgspec.structs.replace(step, state=INTENTS[call.handler], checkpoint=msgspec.Raw(value))
        self.stored = self.execution = self.execution.with_step(step)
        self._checkpointed = True
        if step.effect == "external":
            return self._reach(AFTER_CHECKPOINT, call)
        assert self._world.connection is not None
        await self._local.commit()
        self._local = self._world.connection.transaction()
        await self._local.start()
        return self._reach(AFTER_CHECKPOINT, call)

    # -- the journal -------------------------------------------------------------------------------------------------

    def _plan(self) -> Plan:
        self.execution = self._seen(self.execution)
        return advance(self.execution, self._now)

    def _seen(self, execution: Execution) -> Execution:
        return msgspec.structs.replace(execution, cancel_requested=self._cancel_requested)

    def _store(self, plan: Plan) -> Plan:
        """Store a plan and take the decision that comes with it, as the journal's guarded write does."""
        self._reach("before-intent", plan.move)
        if isinstance(plan.move, Call) and plan.move.gate and self._cancel_requested:
            plan = self._plan()
        if plan.guarded:
            return self._store(self._decide(plan))
        self.stored = self.execution = plan.execution
        return plan

    def _decide(self, plan: Plan) -> Plan:
        if self._cancel_requested:
            taken = turned_back(decided(self._seen(plan.execution), "rollback"))
            return advance(taken, self._now)
        return plan.on_commit or advance(decided(plan.execution, "commit"), self._now)

    def _reach(self, point: str, move: Call | Finish | Sleep) -> None:
        if not isinstance(move, Call):
            return
        place = Place(point, self.execution.steps[move.position].key, move.handler)
        if place == self._scenario.cancel_at and self._may_cancel():
            self._cancel_requested = True
        if place == self._scenario.crash_at and not self._crashed:
            self._crashed = self._dead = True
            raise Crash

    def _raise_if_dead(self) -> None:
        """Dead is dead, even when the handler has caught it."""
        if self._dead:
            raise Crash

    def _may_cancel(self) -> bool:
        """A cancel is refused once the decision is taken, or the Pivot has begun."""
        pivot = self.stored.pivot
        return self.stored.decision is None and (pivot is None or pivot.state == "pending")

    def _beginning(self) -> Execution:
        return Execution(
            tenant=TENANT,
            id=uuid4(),
            type=self._definition.name,
            epoch=1,
            decision=None,
            cancel_requested=False,
            deadline=None,
            failure=None,
            steps=tuple(
                StepRecord(position=position, key=step.key, kind=step.kind, effect=step.effect)
                for position, step in enumerate(self._hands.objects)
            ),
            traits=self._hands.steps.traits,
            policy=CommitRejectPolicy(self._definition.on_first_commit_reject, self._definition.on_commit_reject),
        )


async def _nowhere(value: bytes) -> None:
    """A late checkpoint is fenced off."""
