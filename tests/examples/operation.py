"""Calls the examples' handlers by hand, in every order that crashes, repeats and late workers can produce."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import structlog

from operations_api import Context, Definition, Reject, Step


class Killed(BaseException):
    """The process ends here."""


class Operation:
    """One operation whose handlers a test calls: each call is one transaction, as the engine makes it."""

    def __init__(self, connection: asyncpg.Connection, definition: Definition, input: Any, tenant: str = "dev") -> None:
        self.id: UUID = uuid4()
        self.tenant = tenant
        self.definition = definition
        self.input = input
        self.reservations: dict[str, Any] = {}
        self.results: dict[str, Any] = {}
        self.last_checkpoint: Any = None
        self.progressed: list[tuple[int, int | None]] = []
        self.is_cancel_requested = False
        self.at_checkpoint: Callable[[Any], None] = lambda value: None
        self._connection = connection
        self._steps = {step.key: step for step in definition.steps_for(input)}

    async def reserve(self, key: str) -> Any:
        self.reservations[key] = await self.call(key, "reserve", self.input)
        return self.reservations[key]

    async def commit(self, key: str) -> Any:
        self.results[key] = await self.call(key, "commit", self.reservations[key])
        return self.results[key]

    async def execute(self, key: str, attempt: int = 1) -> Any:
        self.results[key] = await self.call(key, "execute", self.input, attempt=attempt)
        return self.results[key]

    async def rollback(self, key: str, *, is_outcome_known: bool = False) -> None:
        await self.call(key, "rollback", self.reservations.get(key) if is_outcome_known else None)

    async def finish(self) -> Any:
        """Everything, in the engine's order; a Reject rolls back what was reserved and is raised."""
        for key in self._of_kind("step"):
            try:
                await self.reserve(key)
            except Reject:
                for reserved in reversed(self.reservations):
                    await self.rollback(reserved, is_outcome_known=True)
                raise
        for kind in ("pivot", "step", "action"):
            for key in self._of_kind(kind):
                await (self.commit(key) if kind == "step" else self.execute(key))
        return self.definition.build_result(self.input, self.results)

    async def call(self, key: str, handler: str, *args: Any, attempt: int = 1) -> Any:
        """One call of one handler, in a transaction that is committed unless it raises."""
        step = self._steps[key]
        function = getattr(step, handler)
        ctx = self.context(step, handler, attempt)
        if not inspect.iscoroutinefunction(function):
            return await asyncio.to_thread(function, ctx, *args)
        await self._connection.execute("begin")
        try:
            outcome = await function(ctx, *args)
        except BaseException:
            await self._connection.execute("rollback")
            raise
        await self._connection.execute("commit")
        return outcome

    async def checkpoint(self, value: Any) -> None:
        await self._connection.execute("commit")
        self.last_checkpoint = value
        await self._connection.execute("begin")
        self.at_checkpoint(value)

    def progress(self, completed: int, total: int | None, unit: str, message: str | None) -> None:
        self.progressed.append((completed, total))

    def _of_kind(self, kind: str) -> list[str]:
        return [key for key, step in self._steps.items() if step.kind == kind]

    def context(self, step: Step, handler: str, attempt: int) -> Context:
        return Context(
            operation_id=self.id,
            tenant=self.tenant,
            type=self.definition.name,
            step=step.key,
            phase=handler,
            attempt=attempt,
            epoch=1,
            deadline=datetime.now(UTC) + timedelta(seconds=step.timeout_seconds),
            traceparent=None,
            input=self.input,
            reservations=self.reservations,
            results=self.results,
            last_checkpoint=self.last_checkpoint,
            _get_logger=structlog.get_logger,
            _reporter=self,
            _is_cancel_requested=lambda: self.is_cancel_requested,
            _tx=self._connection if step.effect == "local" else None,
        )


Begin = Callable[..., Operation]
