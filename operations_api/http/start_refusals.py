"""What the store says about the name of a start, be it a key or the client's own id, as the refusals clients get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from operations_api.domain.errors import KeyInFlight
from operations_api.domain.problem import (
    KEY_IN_FLIGHT,
    KEY_REUSED,
    OPERATION_EXPIRED,
    OPERATION_TYPE_MISMATCH,
    Problem,
)
from operations_api.domain.representation import path_of
from operations_api.domain.starting import (
    IdOfAnotherType,
    IdOfDeletedOperation,
    IdReused,
    KeyOfDeletedOperation,
    KeyReused,
)

IN_FLIGHT_RETRY_SECONDS: Final = 1

TAKEN: Final = (KeyReused, IdReused, IdOfAnotherType)
GONE: Final = (KeyOfDeletedOperation, IdOfDeletedOperation)
REFUSED: Final = (*TAKEN, *GONE, KeyInFlight)

DETAILS: Final[Mapping[type[Exception], str]] = {
    KeyReused: "This key already names an operation that was started with another body; use a new key for new work.",
    KeyOfDeletedOperation: (
        "The operation this key names was deleted, and the key stays taken until it expires; use a new key."
    ),
    IdReused: (
        "This id already names an operation that was started with another body, or under a key; use a new id for new "
        "work."
    ),
    IdOfAnotherType: "This id names an operation of type {error.type}; use the path of that type, or a new id.",
    IdOfDeletedOperation: (
        "The operation with this id was deleted, or its retention is over; nothing was started. Use a new id."
    ),
}


def refusal_of(error: Exception, base_url: str) -> Problem:
    """The refusal for one of ``REFUSED``: the name is taken, or gone, or being taken right now."""
    if isinstance(error, TAKEN):
        return Problem(
            DETAILS[type(error)].format(error=error),
            kind=OPERATION_TYPE_MISMATCH if isinstance(error, IdOfAnotherType) else KEY_REUSED,
            extensions={"operation_id": str(error.operation_id)},
            headers={"Location": f"{base_url}{path_of(error.operation_id)}"},
        )
    if isinstance(error, GONE):
        return Problem(
            DETAILS[type(error)].format(error=error),
            kind=OPERATION_EXPIRED,
            status=409,
            extensions={"operation_id": str(error.operation_id)},
        )
    return Problem(
        "Another request with this key or id is being accepted; repeat the same request after Retry-After seconds.",
        kind=KEY_IN_FLIGHT,
        headers={"Retry-After": str(IN_FLIGHT_RETRY_SECONDS)},
    )
