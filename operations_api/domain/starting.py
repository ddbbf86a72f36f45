"""What it takes to start an operation, and what may come of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from operations_api.domain.errors import OperationsError
from operations_api.domain.fair_order import Priority
from operations_api.domain.operation import Operation, StepPin


class StartRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A checked request: key and fingerprint (32 bytes), the pinned steps and the input as canonical JSON.

    Without a key ``id`` is the client's own, and names the operation as a key would.
    ``fair_order`` is its place in the queue; ``limited`` says that its type has a limit for what runs at once.
    ``retry_failed`` starts again where the key is bound to a retryable failure that left nothing behind.
    """

    tenant: str
    type: str
    key: str | None
    fingerprint: bytes
    id: UUID
    definition_version: int
    steps: tuple[StepPin, ...]
    input: bytes
    labels: dict[str, str]
    deadline: datetime | None
    not_before: datetime | None
    traceparent: str | None
    retention_seconds: int
    fair_order: int
    callback_url: str | None = None
    group: str | None = None
    priority: Priority = "normal"
    limited: bool = False
    retry_failed: bool = False


class Started(msgspec.Struct, frozen=True):
    """The operation the key or id names; ``replayed`` when an earlier request had started it."""

    operation: Operation
    replayed: bool


class KeyReused(OperationsError):
    """The key names an operation that was started with another body."""

    def __init__(self, operation_id: UUID) -> None:
        super().__init__("this idempotency key was used with another body")
        self.operation_id = operation_id


class KeyOfDeletedOperation(OperationsError):
    """The key names an operation that was deleted; it is free again when that operation expires."""

    def __init__(self, operation_id: UUID) -> None:
        super().__init__("the operation this idempotency key names was deleted")
        self.operation_id = operation_id


class IdReused(OperationsError):
    """The client's own id names an operation that was started with another body, or under a key."""

    def __init__(self, operation_id: UUID) -> None:
        super().__init__("this id was used with another body")
        self.operation_id = operation_id


class IdOfAnotherType(OperationsError):
    """The client's own id names an operation of another type."""

    def __init__(self, operation_id: UUID, type: str) -> None:
        super().__init__(f"this id names an operation of type {type}")
        self.operation_id = operation_id
        self.type = type


class IdOfDeletedOperation(OperationsError):
    """The client's own id names an operation that was deleted or whose retention is over."""

    def __init__(self, operation_id: UUID) -> None:
        super().__init__("the operation this id names is gone")
        self.operation_id = operation_id
