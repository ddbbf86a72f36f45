"""One simulated worker's hands: it calls the user's handlers with what the engine would give them."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from operations_api.domain.context import Context
from operations_api.domain.definition import Definition
from operations_api.domain.execution import Execution, StepRecord
from operations_api.domain.handlers import TAKES, Handlers, handlers_of
from operations_api.domain.plan import Call
from operations_api.domain.settle import Outcome
from operations_api.testing.world import Connection
from worker.call import Calls

TENANT: Final = "test"


class Hands:
    """The steps as one worker process has them: what a handler keeps in ``self`` dies with it."""

    def __init__(self, definition: Definition, input: Any, calls: Calls) -> None:
        self.steps = tuple(copy.copy(step) for step in definition.steps_for(input))
        self.handlers: list[Handlers] = [handlers_of(type(step), definition.input) for step in self.steps]
        self._input = input
        self._calls = calls

    async def call(self, execution: Execution, call: Call, reporter: Reporter, tx: Connection | None) -> Outcome:
        """Call a handler exactly as a worker does, and sort its answer."""
        record = execution.steps[call.position]
        ctx = self._context(execution, record, call, reporter, tx)
        step, handlers = self.steps[call.position], self.handlers[call.position]
        return await self._calls.make(step, handlers, call.handler, ctx, self._argument(record, call))

    def results(self, execution: Execution) -> dict[str, Any]:
        """What ``build_result`` is given."""
        return self._values(execution, "result")

    def _context(
        self, execution: Execution, record: StepRecord, call: Call, reporter: Reporter, tx: Connection | None
    ) -> Context:
        return Context(
            operation_id=execution.id,
            tenant=execution.tenant,
            type=execution.type,
            step=record.key,
            phase=(record.handler or "reserve") if call.handler == "query" else call.handler,
            attempt=max(record.attempts, 1),
            epoch=execution.epoch,
            deadline=datetime.now(UTC) + timedelta(seconds=self.steps[call.position].timeout_seconds),
            traceparent=None,
            input=self._input,
            reservations=self._values(execution, "reservation"),
            results=self._values(execution, "result"),
            last_checkpoint=None if record.checkpoint is None else msgspec.json.decode(record.checkpoint),
            log=_SILENT,
            _reporter=reporter,
            _is_cancel_requested=lambda: execution.cancel_requested,
            _tx=tx,
        )

    def _argument(self, record: StepRecord, call: Call) -> Any:
        takes = TAKES[call.handler]
        if takes == "input":
            return self._input
        return None if takes is None else self._value(record, takes)

    def _value(self, record: StepRecord, what: str) -> Any:
        raw, wanted = getattr(record, what), getattr(self.handlers[record.position], what)
        return None if raw is None or wanted is type(None) else msgspec.json.decode(raw, type=wanted)

    def _values(self, execution: Execution, what: str) -> dict[str, Any]:
        return {step.key: self._value(step, what) for step in execution.steps}


class Reporter:
    """Progress goes nowhere; a checkpoint goes to whoever rehearses."""

    def __init__(self, store: Callable[[bytes], Awaitable[None]]) -> None:
        self._store = store

    def progress(self, completed: int, total: int | None, unit: str, message: str | None) -> None:
        """Nobody polls."""

    async def checkpoint(self, value: Any) -> None:
        await self._store(msgspec.json.encode(value))


def _drop(logger: Any, method: str, event: Any) -> Any:
    raise structlog.DropEvent  # failures are what is looked for here: each becomes a finding or is no news


_SILENT: Final = structlog.wrap_logger(None, processors=[_drop])
