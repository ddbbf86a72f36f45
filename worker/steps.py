"""The steps of one operation as objects: how their handlers are called, and what they have given so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from operations_api.domain.context import Context, Reporter, Transaction
from operations_api.domain.definition import Definition
from operations_api.domain.errors import OperationsError
from operations_api.domain.execution import Execution, StepRecord, StepTraits, traits_of
from operations_api.domain.handlers import TAKES, handlers_of
from operations_api.domain.plan import Call
from operations_api.domain.settle import Outcome
from operations_api.domain.step import Step
from worker.call import Calls

log = structlog.get_logger(__name__)


class Unfit(OperationsError):
    """The definition this worker has does not fit the operation; the message is the reason clients see."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a handler is told that neither the journal nor the definition says.

    ``spent_seconds`` of the time of its call are over: in the database it runs from when the intent was stored.
    """

    now: datetime
    reporter: Reporter
    is_cancel_requested: Callable[[], bool]
    tx: Transaction | None = None
    traceparent: str | None = None
    client_named: bool = False
    spent_seconds: float = 0
    get_logger: Callable[..., Any] = structlog.get_logger


class Steps:
    """What a worker process has of one operation's steps: the objects, and their handlers."""

    def __init__(self, definition: Definition, input: Any, steps: tuple[Step, ...]) -> None:
        self._input = input
        self._steps = steps
        self._handlers = [handlers_of(type(step), definition.input) for step in steps]

    @property
    def traits(self) -> tuple[StepTraits, ...]:
        """What the engine needs to know of them."""
        return tuple(map(traits_of, self._steps, self._handlers))

    def is_plain(self, call: Call) -> bool:
        """Whether the handler is a plain function, which runs in a thread."""
        return call.handler in self._handlers[call.position].plain

    def call(
        self, calls: Calls, execution: Execution, call: Call, ctx: Context, spent_seconds: float = 0
    ) -> Awaitable[Outcome]:
        """Call one handler and sort its answer. Raises ``Unfit`` when what it takes cannot be read."""
        step, handlers = self._steps[call.position], self._handlers[call.position]
        argument = self._argument(execution.steps[call.position], call)
        return calls.make(step, handlers, call.handler, ctx, argument, step.timeout_seconds - spent_seconds)

    def context(self, execution: Execution, call: Call, around: Surroundings) -> Context:
        """What the handler is given besides its argument. Raises ``Unfit`` when a step's value cannot be read."""
        record = execution.steps[call.position]
        return Context(
            operation_id=execution.id,
            tenant=execution.tenant,
            type=execution.type,
            step=record.key,
            phase=(record.handler or "reserve") if call.handler == "query" else call.handler,
            attempt=record.attempts,
            epoch=execution.epoch,
            deadline=around.now + timedelta(seconds=self._steps[call.position].timeout_seconds - around.spent_seconds),
            traceparent=around.traceparent,
            input=self._input,
            reservations=self.values(execution, "reservation"),
            results=self.values(execution, "result"),
            last_checkpoint=None if record.checkpoint is None else msgspec.json.decode(record.checkpoint),
            _get_logger=around.get_logger,
            _reporter=around.reporter,
            _is_cancel_requested=around.is_cancel_requested,
            _tx=around.tx,
            client_named=around.client_named,
        )

    def values(self, execution: Execution, what: str) -> dict[str, Any]:
        """What every step has given by its key; ``what`` is ``reservation`` or ``result``."""
        return {
            record.key: None if (raw := getattr(record, what)) is None else self._decoded(record, what, raw)
            for record in execution.steps
        }

    def _argument(self, record: StepRecord, call: Call) -> Any:
        takes = TAKES[call.handler]
        if takes == "input":
            return self._input
        if takes is None or (raw := getattr(record, takes)) is None:
            return None
        return self._decoded(record, takes, raw)

    def _decoded(self, record: StepRecord, what: str, raw: msgspec.Raw) -> Any:
        wanted = getattr(self._handlers[record.position], what)
        if wanted is type(None):
            return None
        try:
            return msgspec.json.decode(raw, type=wanted)
        except msgspec.ValidationError as error:
            log.error("what a step gave does not fit the definition", step=record.key, what=what, error=str(error))
            raise Unfit("JOURNAL_UNREADABLE") from error
