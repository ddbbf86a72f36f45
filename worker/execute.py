"""Run one operation: from the claim until it waits, finishes or the lease is lost.

The shape of it: plan, store what must be stored before the next handler runs, call the handler, settle its outcome,
plan again. The plan and the settling are pure (``domain/advance.py``, ``domain/settle.py``); what is here stores and
calls. ``execution`` is how things stand; ``stored`` is what the database has of it.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime
from operator import is_not
from typing import Final

import msgspec
import structlog

from operations_api import crash_points
from operations_api.domain.advance import Plan, advance, decided
from operations_api.domain.errors import LeaseLost, StoreUnavailable, Unstorable
from operations_api.domain.execution import Execution
from operations_api.domain.failure import DEADLINE_EXCEEDED
from operations_api.domain.journal import JournalEntry, Written
from operations_api.domain.plan import Call, Finish, Sleep
from operations_api.domain.settle import Done, Outcome, Unknown, begin, resume, settle, turned_back
from operations_api.store.journal import LocalTransaction
from operations_api.store.leases import Leased, Leases
from worker.entry import drained, entry_for, parked_entry
from worker.lease import Lease
from worker.script import Script, Services, with_checkpoint
from worker.steps import Unfit

STORE_RETRY_SECONDS: Final = 0.1
"""While Postgres is away an entry is offered again this often, until it is stored or the lease is lost."""

log = structlog.get_logger(__name__)


class Run:
    """One operation in the hands of this worker."""

    def __init__(self, leased: Leased, lease: Lease, script: Script, services: Services, leases: Leases) -> None:
        self._lease = lease
        self._script = script
        self._journal = services.journal
        self._leases = leases
        self._clock = services.clock
        self._meter = services.meter
        self._progressed = False
        self._settled: list[Call] = []
        self.stored: Execution
        self.execution: Execution
        self._load(leased)
        self._claimed = None if leased.begun is None else self._begun(leased.begun, leased.claimed_at)

    async def to_rest(self) -> Plan:
        """Work until nothing is left to do now. Returns the last plan: finished, or asleep until a time.

        Raises ``LeaseLost``. When the worker drains, journals what is known and gives the lease back.
        """
        try:
            plan = self._claimed or await self._store(advance(self._seen(), self._clock.now()))
            while isinstance(plan.move, Call):
                if self._lease.wanted_back:
                    return await self._give_back(plan.move, was_called=False)
                local = self.execution.steps[plan.move.position].effect == "local"
                plan = await (self._locally(plan.move) if local else self._remotely(plan.move))
            return plan
        except Unfit as reason:
            return await self._park(str(reason))
        except Unstorable as error:
            # what was called and could not be written down is in doubt, as if this worker had died here
            log.error("a journal entry was refused", operation=str(self.stored.id), error=str(error))
            return await self._park("INTERNAL")

    async def _remotely(self, call: Call) -> Plan:
        async def checkpoint(value: bytes) -> None:
            self.execution = with_checkpoint(self.execution, call, value)  # first: whatever is stored next includes it
            await self._journal.checkpoint(held.tenant, held.id, held.epoch, call.position, value)

        held = self._lease.held
        self._reach("after-intent", call)
        try:
            with self._lease.in_handler:
                outcome = await self._script.call(self.execution, call, self._lease, checkpoint)
        except asyncio.CancelledError:
            if not self._lease.lost:
                await self._give_back(call, was_called=True)
            raise
        return await self._store(self._settle(call, outcome))

    async def _locally(self, call: Call) -> Plan:
        """Neighbouring local handlers, the guarded entry and what they wrote: one transaction."""
        held = self._lease.held
        try:
            async with self._journal.transaction(held.tenant, held.id, held.epoch) as transaction:
                plan = await self._neighbours(transaction, call)
                self._reach("before-intent", plan.move)
                written = await transaction.write(self._entry(plan))
                if written is None:
                    raise _GateShut
        except _GateShut:
            self.execution = self.stored
            return await self._store(await self._refused())
        except StoreUnavailable as error:
            return await self._store(await self._after_break(call, error))
        except asyncio.CancelledError:
            if not self._lease.lost:
                await self._reload()  # a checkpoint may have been on its way to be committed
                await self._give_back(call, was_called=False)
            raise
        return await self._store(plan, written)

    async def _after_break(self, call: Call, error: StoreUnavailable) -> Plan:
        """The connection broke or Postgres refused: unless it was committed all the same, it was a failed attempt."""
        log.warning("a local transaction failed", operation=str(self.execution.id), error=str(error))
        await self._reload()
        plan = advance(self._seen(), self._clock.now())
        if plan.move != call:
            return plan
        self.execution = begin(self.execution, call, self._clock.now())
        return self._settle(call, Unknown(str(error)))

    async def _neighbours(self, transaction: LocalTransaction, call: Call) -> Plan:
        while True:
            self._reach("before-intent", call)
            self.execution = begin(self.execution, call, self._clock.now())
            self._reach("after-intent", call)
            outcome = await self._call_in(transaction, call)
            plan = self._settle(call, outcome)
            if not isinstance(outcome, Done) or not self._is_neighbour(plan, call):
                return plan
            assert isinstance(plan.move, Call)
            call = plan.move

    async def _call_in(self, transaction: LocalTransaction, call: Call) -> Outcome:
        """Call a local handler in a savepoint of its own, so that what it did is undone unless it is done."""

        async def checkpoint(value: bytes) -> None:
            await self._checkpoint(transaction, call, value)

        await transaction.set_savepoint()
        with self._lease.in_handler:
            outcome = await self._script.call(self.execution, call, self._lease, checkpoint, transaction.connection)
        await transaction.end_savepoint(keep=isinstance(outcome, Done))
        return outcome

    async def _checkpoint(self, transaction: LocalTransaction, call: Call, value: bytes) -> None:
        """Commit what a local handler wrote so far together with its cursor, and go on in a new transaction."""
        await transaction.end_savepoint(keep=True)
        self.execution = with_checkpoint(self.execution, call, value)
        entry = self._entry(Plan(self.execution, call))
        if await transaction.write(msgspec.structs.replace(entry, progress=None)) is None:
            raise LeaseLost("another worker holds the operation")
        await transaction.commit()
        self.stored = self.execution
        await transaction.begin()
        await transaction.set_savepoint()

    def _is_neighbour(self, plan: Plan, call: Call) -> bool:
        if plan.guarded or not isinstance(plan.move, Call) or plan.move.handler != call.handler:
            return False
        return plan.execution.steps[plan.move.position].effect == "local" and not plan.move.gate

    # -- storing -----------------------------------------------------------------------------------------------------

    async def _store(self, plan: Plan, written: Written | None = None) -> Plan:
        """Store a plan, and the ones it turns into, until nothing is left to be stored before the next call."""
        while written is not None or self._must_store(plan):
            written = written or await self._write(plan)
            before = self.stored.decision
            turned = await self._refused() if written is None else self._accepted(plan, written)
            if self.stored.decision is not None and self.stored.decision != before:
                self._meter.decided(self.stored.type, self.stored.decision)
            if turned is plan:
                break
            plan, written = turned, None
        self.execution = plan.execution
        return plan

    async def _write(self, plan: Plan) -> Written | None:
        self._reach("before-intent", plan.move)
        return await self._write_entry(self._entry(plan))

    async def _write_entry(self, entry: JournalEntry) -> Written | None:
        # an entry may be repeated: under one epoch it says the same however often it is written
        while True:
            self._lease.written_at = time.monotonic()
            try:
                return await self._journal.write(entry)
            except StoreUnavailable:
                if self._lease.lost or self._lease.wanted_back:
                    raise LeaseLost("Postgres was away for too long") from None
                await asyncio.sleep(STORE_RETRY_SECONDS)

    def _must_store(self, plan: Plan) -> bool:
        if plan.guarded or not isinstance(plan.move, Call) or plan.execution.decision != self.stored.decision:
            return True
        return any(map(is_not, plan.execution.steps, self.stored.steps))

    def _accepted(self, plan: Plan, written: Written) -> Plan:
        self._progressed = False
        self._reach("after-outcome", *self._settled)
        self._settled.clear()
        self._clock.observe(written.written_at)
        if not plan.guarded:
            self.stored = plan.execution
            return plan
        taken = decided(plan.execution, written.decision or "rollback")
        if taken.decision == "commit":
            following = plan.on_commit or advance(taken, self._clock.now())
            self.stored = taken if plan.on_commit is None else following.execution
            return following
        self.stored = msgspec.structs.replace(taken, cancel_requested=written.cancel_requested)
        return advance(turned_back(self.stored), self._clock.now())

    async def _refused(self) -> Plan:
        """No row was written: the lease is lost, or a Pivot's gate was shut by a cancel request or the deadline."""
        execution = self.execution
        leased = await self._reread()
        if leased.operation.cancel_requested_at is not None:
            execution = msgspec.structs.replace(execution, cancel_requested=True)
        else:
            execution = msgspec.structs.replace(execution, failure=execution.failure or DEADLINE_EXCEEDED)
        self.execution = execution
        return advance(execution, self._clock.now())

    async def _reload(self) -> None:
        """Go on from what the database has, after a COMMIT whose outcome is unknown."""
        self._load(await self._reread())

    async def _reread(self) -> Leased:
        while True:
            try:
                leased = await self._leases.reread(self.execution.tenant, self.execution.id, self.execution.epoch)
            except StoreUnavailable:
                if self._lease.lost or self._lease.wanted_back:
                    raise LeaseLost("Postgres was away for too long") from None
                await asyncio.sleep(STORE_RETRY_SECONDS)
                continue
            if leased is None:
                raise LeaseLost("another worker holds the operation, or it is finished")
            return leased

    async def _park(self, reason: str) -> Plan:
        """Leave it to a person as it is stored: another worker would come no further."""
        await self._write_entry(parked_entry(self.stored, reason, self._clock.now()))
        return Plan(self.stored, Sleep(None))

    async def _give_back(self, call: Call, *, was_called: bool) -> Plan:
        """Draining: the call that is left counts as no attempt; one that was begun keeps the time it ends at."""
        plan = drained(self.execution, call, self._clock.now(), was_called=was_called)
        await self._write_entry(self._entry(plan))
        return plan

    # -- bookkeeping -------------------------------------------------------------------------------------------------

    def _load(self, leased: Leased) -> None:
        self._clock.observe(leased.claimed_at)
        self.stored = self._script.execution_of(leased)
        self.execution = resume(self.stored, self._clock.now())

    def _begun(self, position: int, at: datetime) -> Plan:
        """What the claim has planned and stored."""
        call = Call(position, "reserve")
        self.stored = self.execution = begin(self.stored, call, at)
        return Plan(self.stored, call)

    def _seen(self) -> Execution:
        """The execution, with what the heartbeat learned since."""
        if self._lease.cancel_requested and not self.execution.cancel_requested:
            self.execution = msgspec.structs.replace(self.execution, cancel_requested=True)
        return self.execution

    def _settle(self, call: Call, outcome: Outcome) -> Plan:
        """What follows from an answer, as of one moment."""
        now = self._clock.now()
        self._progressed = True
        self.execution = settle(self.execution, call, outcome, now, random.random)
        self._settled.append(call)
        self._reach("before-outcome", call)
        return advance(self._seen(), now)

    def _reach(self, point: str, *moves: Call | Finish | Sleep) -> None:
        if not crash_points.ARE_ARMED:
            return
        for move in moves:
            if isinstance(move, Call):
                crash_points.reach(point, self.execution.steps[move.position].key, move.handler)

    def _entry(self, plan: Plan) -> JournalEntry:
        return entry_for(plan, self.stored, self._script, self._clock.now(), progressed=self._progressed)


class _GateShut(Exception):
    """A local Pivot's entry was refused, so everything in its transaction is undone."""
