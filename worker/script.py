"""A definition applied to one operation: its steps, its input, and how its handlers are called."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import msgspec
import structlog

from operations_api.domain.context import Context, Transaction
from operations_api.domain.definition import Definition
from operations_api.domain.execution import CommitRejectPolicy, Execution
from operations_api.domain.operation import Operation, StepPin, pins_of
from operations_api.domain.plan import Call
from operations_api.domain.settle import INTENTS, Answered, Done, NotNow, Outcome, Rejected, Unknown
from operations_api.domain.step import Step
from operations_api.meter import UNMETERED, Meter
from operations_api.store.journal import Journal, ProgressReport
from operations_api.store.leases import Leased, bare_execution_of
from operations_api.tracer import UNTRACED, Span, Tracer
from worker.call import Calls
from worker.clock import Clock
from worker.lease import OUTLIVED_LEASE_EXIT_CODE, Lease
from worker.report import Report
from worker.steps import Steps, Surroundings, Unfit

NO_RESULT: Final = msgspec.Raw(b"{}")

OUTCOME_WORDS: Final[dict[type, str]] = {
    Done: "done", Rejected: "rejected", NotNow: "not_now", Unknown: "unknown", Answered: "answered",
}  # fmt: skip

log = structlog.get_logger(__name__)


class Services(msgspec.Struct, frozen=True):
    """What every operation of a worker shares."""

    journal: Journal
    calls: Calls
    clock: Clock
    result_limit_bytes: int
    meter: Meter = UNMETERED
    tracer: Tracer = UNTRACED


class Script:
    """One operation's steps as objects, its input decoded, and the values its steps have given so far."""

    def __init__(self, definition: Definition, leased: Leased, services: Services) -> None:
        """Raises ``Unfit`` when the stored input or the pinned steps are not those of the definition."""
        self._definition = definition
        self._operation = leased.operation
        self._id = str(leased.operation.id)
        self._services = services
        self._input = _decoded_input(definition, leased.operation)
        self._steps = Steps(definition, self._input, _pinned_steps(definition, self._input, leased.pins))

    def execution_of(self, leased: Leased) -> Execution:
        """What the engine needs to plan, from the rows the operation was found in."""
        return msgspec.structs.replace(
            bare_execution_of(leased),
            traits=self._steps.traits,
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
        report = self._report(execution, checkpoint)
        with self._span(execution, call) as span:
            around = self._surroundings(execution, lease, report, tx, span.traceparent)
            ctx = self._steps.context(execution, call, around)
            calling = self._steps.call(self._services.calls, execution, call, ctx, around.spent_seconds)
            try:
                return await self._metered(execution, call, calling, span)
            except asyncio.CancelledError:
                if lease.lost and self._steps.is_plain(call):
                    _end_process(ctx)
                raise
            finally:
                report.close()

    def result(self, execution: Execution) -> tuple[msgspec.Raw, str | None]:
        """The result of an operation that succeeded; where it cannot be made or kept, an empty one and the reason."""
        try:
            result = self._definition.build_result(self._input, self._steps.values(execution, "result"))
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

    def _span(self, execution: Execution, call: Call) -> AbstractContextManager[Span]:
        record = execution.steps[call.position]
        return self._services.tracer.span(
            f"{record.key} {call.handler}",
            self._operation.traceparent,
            type=execution.type,
            operation=self._id,
            tenant=execution.tenant,
            step=record.key,
            phase=call.handler,
            attempt=record.attempts,
            epoch=execution.epoch,
        )

    async def _metered(self, execution: Execution, call: Call, calling: Awaitable[Outcome], span: Span) -> Outcome:
        """The outcome, counted. What a call came to that was cut off is unknown."""
        began, word = time.perf_counter(), "unknown"
        try:
            outcome = await calling
            word = OUTCOME_WORDS[type(outcome)]
            return outcome
        finally:
            spent, attempts = time.perf_counter() - began, execution.steps[call.position].attempts
            self._services.meter.called(execution.type, call.handler, word, spent, attempts)
            span.end_with(word, is_error=word == "unknown")

    def _surroundings(
        self,
        execution: Execution,
        lease: Lease,
        report: Report,
        tx: Transaction | None,
        traceparent: str | None,
    ) -> Surroundings:
        return Surroundings(
            now=self._services.clock.now(),
            reporter=report,
            is_cancel_requested=lambda: lease.cancel_requested or execution.cancel_requested,
            tx=tx,
            traceparent=traceparent,
            client_named=self._operation.client_named,
            # a local call has no intent: what it does is over with its transaction
            spent_seconds=0 if tx is not None else time.monotonic() - lease.written_at,
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
