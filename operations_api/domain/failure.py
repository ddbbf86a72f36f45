"""Why an operation did not succeed, and the problem object clients get for it (RFC 9457)."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

Fault = Literal["caller", "service", "dependency"]
OperationEffect = Literal["none", "applied", "unknown"]

STATUS_BY_REASON: Final = {"CANCELED": 409, "DEADLINE_EXCEEDED": 504, "RETRIES_EXHAUSTED": 503}
"""What an answer would have had, for reasons of ours; a handler's Reject is a 422."""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an operation turns back. ``reason`` is UPPER_SNAKE, ``detail`` a sentence, ``step`` the key of the step."""

    reason: str
    detail: str
    retryable: bool = False
    fault: Fault = "service"
    effect: OperationEffect = "none"
    step: str | None = None
    rejected: bool = False


CANCELED: Final = Failure("CANCELED", "The operation was canceled on request; nothing is held.", fault="caller")
DEADLINE_EXCEEDED: Final = Failure(
    "DEADLINE_EXCEEDED",
    "The deadline passed before every step had reserved; nothing is held.",
    fault="caller",
)


def partly_applied(step: str, resolved_as: str) -> Failure:
    """A person stated the opposite of what was decided, so the operation is neither whole nor undone."""
    detail = f'Step "{step}" was resolved as {resolved_as} by an operator, against the decision; the rest followed it.'
    return Failure("PARTIALLY_APPLIED", detail, effect="applied", step=step)


FORCE_CLOSED: Final = Failure(
    "FORCE_CLOSED", "An operator closed the operation as it was; it may hold something.", effect="unknown"
)
COMPENSATED: Final = Failure("COMPENSATED", "An operator had undone what was committed; nothing is held.")


def error_object(failure: Failure) -> dict[str, Any]:
    """The ``error`` member of an operation: a problem object, with reason and detail again as ``code`` and ``message``.

    Stock pollers look for the latter two (Azure's guideline for long-running operations).
    """
    canceled = failure.reason == "CANCELED"
    return {
        "type": "/problems/operation-canceled" if canceled else "/problems/operation-failed",
        "title": "The operation was canceled" if canceled else "The operation failed",
        "status": STATUS_BY_REASON.get(failure.reason, 422 if failure.rejected else 500),
        "detail": failure.detail,
        "reason": failure.reason,
        "retryable": failure.retryable,
        "fault": failure.fault,
        "effect": failure.effect,
        "step": failure.step,
        "metadata": {},
        "code": failure.reason,
        "message": failure.detail,
    }
