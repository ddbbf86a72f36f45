"""A definition applied to one operation: its steps, its input, and how its handlers are called."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog

from operations_api.domain.context import Context, Transaction
from operations_api.domain.definition import Definition
from operations_api.domain.errors import OperationsError
from operations_api.domain.execution import CommitRejectPolicy, Execution, StepRecord, traits_of
from operations_api.domain.handlers import TAKES, handlers_of
from operations_api.domain.operation import Operation, StepPin, pins_of
from operations_api.domain.plan import Call
from operations_api.domain.settle import INTENTS, Outcome
from operations_api.domain.step import Step
from operations_api.store.journal import Journal, ProgressReport
from operations_api.store.leases import Leased, bare_execution_of
from worker.call import Calls
from worker.clock import Clock
from worker.lease import OUTLIVED_LEASE_EXIT_CODE, Lease
from worker.report import Report

NO_RESULT: Final = msgspec.Raw(b"{}")

log = structlog.get_logger(__name__)


class Unfit(OperationsError):
    """The definition this worker has does not fit the operation; the message is the reason clients see."""


class Services(msgspec.Struct, frozen=True):
    """What every operation of a worker shares."""

    journal: Journal
    calls: Calls
    clock: Clock
    result_limit_bytes: int


class Script:
    """One operation's steps as objects, its input decoded, and the values its steps have given so far."""

    def __init__(self, definition: Definition, leased: Leased, services: Services) -> None:
        """Raises ``Unfit`` when the stored input or the pinned steps are not those of the definition."""
        self._definition = definition
        self._operation = leased.operation
        self._services = services
        self._input = _decoded_input(definition, leased.operation)
        self._steps = _pinned_steps(definition, self._input, leased.pins)
        self._handlers = [handlers_of(type(step), definition.input) for step in self._steps]

    def execution_of(self, leased: Leased) -> Execution:
        """What the engine needs to plan, from the rows the operation was found in."""
        return msgspec.structs.replace(
            bare_execution_of(leased),
            traits=tuple(map(traits_of, self._steps, self._handlers)),
            policy=CommitRejectPolicy(self._definition.on_first_commit_reject, self._definition.on_commit_reject),
        )

    async def call(
        self,
        execution: Execution,
        call: Call,
        lease: Lease,
        checkpoint: Callable[[bytes], Awaitable[None]],
        tx: Transaction | None = None,
    ) -> Outcome:
        """Call one handler. ``checkpoint`` stores its cursor. Raises ``Unfit`` when what it needs cannot be read."""
        record = execution.steps[call.position]
        report = self._report(execution, checkpoint)
        ctx = self._context(execution, record, call, lease, report, tx)
        try:
            return await self._services.calls.make(
                self._steps[call.position],
                self._handlers[call.position],
                call.handler,
                ctx,
                self._argument(record, call),
            )
        except asyncio.CancelledError:
            if lease.lost and call.handler in self._handlers[call.position].plain:
                _end_process(ctx)
            raise
        finally:
            report.close()

    def result(self, execution: Execution) -> tuple[msgspec.Raw, str | None]:
        """The result of an operation that succeeded; where it cannot be made or kept, an empty one and the reason."""
        try:
            result = self._definition.build_result(self._input, self._values(execution, "result"))
            if not isinstance(result, self._definition.result):
                raise TypeError(f"build_result returned {type(result).__name__}")
            encoded = msgspec.json.encode(result)
        except Exception as error:
            log.exception("result could not be built", type=self._definition.name, operation=str(self._operation.id))
            return NO_RESULT, f"The operation succeeded, but its result could not be built: {type(error).__name__}."
        limit = self._services.result_limit_bytes
        if len(encoded) > limit:
            return NO_RESULT, f"The operation succeeded, but its result has {len(encoded)} bytes; {limit} are kept."
        return msgspec.Raw(encoded), None

    def _argument(self, record: StepRecord, call: Call) -> Any:
        takes = TAKES[call.handler]
        if takes == "input":
            return self._input
        return None if takes is None else self._value(record, takes)

    def _value(self, record: StepRecord, what: str) -> Any:
        raw = getattr(record, what)
        wanted = getattr(self._handlers[record.position], what)
        if raw is None or wanted is type(None):
            return None
        try:
            return msgspec.json.decode(raw, type=wanted)
        except msgspec.ValidationError as error:
            log.error("what a step gave does not fit the definition", step=record.key, what=what, error=str(error))
            raise Unfit("JOURNAL_UNREADABLE") from error

    def _values(self, execution: Execution, what: str) -> dict[str, Any]:
        return {step.key: self._value(step, what) for step in execution.steps}

    def _context(
        self,
        execution: Execution,
        record: StepRecord,
        call: Call,
        lease: Lease,
        report: Report,
        tx: Transaction | None,
    ) -> Context:
        step = self._steps[call.position]
        phase = (record.handler or "reserve") if call.handler == "query" else call.handler
        return Context(
            operation_id=execution.id,
            tenant=execution.tenant,
            type=execution.type,
            step=record.key,
            phase=phase,
            attempt=record.attempts,
            epoch=execution.epoch,
            deadline=self._services.clock.now() + timedelta(seconds=step.timeout_seconds),
            traceparent=self._operation.traceparent,
            input=self._input,
            reservations=self._values(execution, "reservation"),
            results=self._values(execution, "result"),
            last_checkpoint=None if record.checkpoint is None else msgspec.json.decode(record.checkpoint),
            log=log.bind(operation=str(execution.id), tenant=execution.tenant, step=record.key, epoch=execution.epoch),
            _reporter=report,
            _is_cancel_requested=lambda: lease.cancel_requested or execution.cancel_requested,
            _tx=tx,
            client_named=self._operation.client_named,
        )

    def _report(self, execution: Execution, checkpoint: Callable[[bytes], Awaitable[None]]) -> Report:
        journal = self._services.journal
        name = execution.tenant, execution.id, execution.epoch

        async def write_progress(progress: bytes, message: str | None) -> None:
            await journal.report(ProgressReport(*name, progress, message))

        return Report(write_progress, checkpoint)


def _end_process(ctx: Context) -> None:
    """Nothing else ends a thread, and its effects would come after another worker has begun: the last fence."""
    ctx.log.critical("a plain function has outlived its lease: ending the process", handler=ctx.phase)
    os._exit(OUTLIVED_LEASE_EXIT_CODE)


def with_checkpoint(execution: Execution, call: Call, value: bytes) -> Execution:
    """The execution once a call has stored a cursor: a local one committed what it wrote, so the step may hold it."""
    step = execution.steps[call.position]
    return execution.with_step(
        msgspec.structs.replace(step, state=INTENTS[call.handler], checkpoint=msgspec.Raw(value))
    )


def _decoded_input(definition: Definition, operation: Operation) -> Any:
    assert operation.input is not None
    try:
        return msgspec.json.decode(operation.input, type=definition.input)
    except msgspec.ValidationError as error:
        log.error("stored input does not fit the definition", type=definition.name, error=str(error))
        raise Unfit("INPUT_UNREADABLE") from error


def _pinned_steps(definition: Definition, input: Any, pins: tuple[StepPin, ...]) -> tuple[Step, ...]:
    try:
        steps = definition.steps_for(input)
    except Exception as error:  # whatever a user's function raises
        log.error("steps cannot be made any more", type=definition.name, error=str(error))
        raise Unfit("STEPS_CHANGED") from error
    if pins_of(steps) != pins:
        log.error("steps are not those the operation started with", type=definition.name)
        raise Unfit("STEPS_CHANGED")
    return steps
