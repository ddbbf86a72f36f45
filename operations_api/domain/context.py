"""What a handler is given besides its input: whom it works for, its idempotency token, a way to report progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

Handler = str
"""``reserve``, ``execute``, ``commit``, ``rollback``, ``compensate`` or ``query``."""


class Transaction(Protocol):
    """The part of a database connection a local handler may use: its writes and the journal entry are one transaction.

    It is an asyncpg connection; ``commit`` and ``rollback`` are the engine's.
    """

    async def execute(self, query: str, *args: Any) -> str: ...
    async def executemany(self, command: str, args: Any) -> None: ...
    async def fetch(self, query: str, *args: Any) -> list[Any]: ...
    async def fetchrow(self, query: str, *args: Any) -> Any: ...
    async def fetchval(self, query: str, *args: Any) -> Any: ...


class Reporter(Protocol):
    """Where a context sends what its handler reports."""

    def progress(self, completed: int, total: int | None, unit: str, message: str | None) -> None: ...
    async def checkpoint(self, value: Any) -> None: ...


@dataclass(slots=True)
class Context:
    """One call of one handler.

    ``input`` is the operation's. ``token`` is the same on every attempt of this step and phase: hand it downstream as
    the idempotency key. ``epoch`` grows with every lease: hand it to resources that understand fencing tokens.
    ``deadline`` is when this call will be given up, by Postgres' clock. ``client_named`` says that the client chose
    ``operation_id``: it is unique within its tenant only.
    """

    operation_id: UUID
    tenant: str
    type: str
    step: str
    phase: Handler
    attempt: int
    epoch: int
    deadline: datetime
    traceparent: str | None
    input: Any
    reservations: Mapping[str, Any]
    results: Mapping[str, Any]
    last_checkpoint: Any
    _get_logger: Callable[..., Any] = field(repr=False)
    _reporter: Reporter = field(repr=False)
    _is_cancel_requested: Callable[[], bool] = field(repr=False)
    _tx: Transaction | None = field(default=None, repr=False)
    client_named: bool = False

    @property
    def token(self) -> str:
        """The idempotency key for this step and phase: ``{operation}:{step}:{phase}``.

        Nobody else's operation has it: where the client chose the operation's id, ``{tenant}:`` comes before it.
        """
        return self.token_for(self.phase)

    def token_for(self, phase: Handler) -> str:
        """The token another phase of this step used or will use, for instance to release what ``reserve`` obtained."""
        owner = f"{self.tenant}:" if self.client_named else ""
        return f"{owner}{self.operation_id}:{self.step}:{phase}"

    @property
    def tx(self) -> Transaction:
        """The transaction of a local step. Raises ``RuntimeError`` in an external one."""
        if self._tx is None:
            raise RuntimeError(f'step "{self.step}" is external: only steps with effect = "local" write through ctx.tx')
        return self._tx

    @property
    def log(self) -> Any:
        """A structlog logger that names the operation and the step, also from a thread of its own."""
        # not made before somebody logs: most handlers never do
        return self._get_logger(
            operation=str(self.operation_id),
            tenant=self.tenant,
            step=self.step,
            attempt=self.attempt,
            epoch=self.epoch,
        )

    @property
    def cancel_requested(self) -> bool:
        """Whether the client has asked for cancellation; a long ``reserve`` may stop early by raising ``Reject``."""
        return self._is_cancel_requested()

    def progress(
        self, completed: int, total: int | None = None, unit: str = "items", message: str | None = None
    ) -> None:
        """Tell whoever polls how far this call is. Cheap: only the newest value is written, a few times a second."""
        self._reporter.progress(completed, total, unit, message)

    def checkpoint(self, value: Any) -> Awaitable[None]:
        """Store a cursor (anything JSON can hold), so that the next attempt goes on from ``last_checkpoint``.

        Fenced: raises when another worker holds the operation. In a local step it also commits what was written
        through ``tx`` so far, so the cursor and the rows it speaks of are one transaction.
        """
        return self._reporter.checkpoint(value)
