"""One simulated worker's hands: it calls the user's handlers with what the engine would give them."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog

from operations_api.domain.definition import Definition
from operations_api.domain.execution import Execution
from operations_api.domain.plan import Call
from operations_api.domain.settle import Outcome
from operations_api.testing.world import Connection
from worker.call import Calls
from worker.steps import Steps, Surroundings

TENANT: Final = "test"


class Hands:
    """The steps as one worker process has them: what a handler keeps in ``self`` dies with it."""

    def __init__(self, definition: Definition, input: Any, calls: Calls) -> None:
        self.objects = tuple(copy.copy(step) for step in definition.steps_for(input))
        self.steps = Steps(definition, input, self.objects)
        self._calls = calls

    async def call(self, execution: Execution, call: Call, reporter: Reporter, tx: Connection | None) -> Outcome:
        """Call a handler exactly as a worker does, and sort its answer."""
        around = Surroundings(
            now=datetime.now(UTC),
            get_logger=lambda **names: _SILENT,
            reporter=reporter,
            is_cancel_requested=lambda: execution.cancel_requested,
            tx=tx,
        )
        ctx = self.steps.context(execution, call, around)
        return await self.steps.call(self._calls, execution, call, ctx)


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
