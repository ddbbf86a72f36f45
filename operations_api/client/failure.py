"""What a client may have to catch, as one tree.

::

    ClientError
    |-- OperationFailed     the operation ended without success: reason, detail, effect, retryable, step
    |-- RequestRefused      the API said no: status, slug, detail, and what else the problem document holds
    |-- ApiUnavailable      no answer that settles it came in time: effect says whether anything may have been done
    `-- NotDoneYet          the time to wait is over; the operation goes on (also a TimeoutError)
"""

from __future__ import annotations

from typing import Any

from operations_api.domain.errors import OperationsError


class ClientError(OperationsError):
    """The root of everything the client raises on purpose."""


class OperationFailed(ClientError):
    """An operation ended ``failed`` or ``canceled``.

    ``reason`` is UPPER_SNAKE (``CANCELED``, ``DEADLINE_EXCEEDED``, or one of the definition's own), ``effect`` is
    ``none``, ``applied`` or ``unknown``. ``retryable`` says that starting once more under the same key, with
    ``retry_failed=True``, may succeed. ``step`` is where it happened; ``error`` the whole problem object.
    """

    def __init__(self, id: str, error: dict[str, Any]) -> None:
        self.id = id
        self.error = error
        self.reason: str = error.get("reason", "UNKNOWN")
        self.detail: str = error.get("detail", "")
        self.effect: str = error.get("effect", "unknown")
        self.retryable: bool = error.get("retryable", False)
        self.fault: str = error.get("fault", "service")
        self.step: str | None = error.get("step")
        self.metadata: dict[str, Any] = error.get("metadata") or {}
        where = f" in step {self.step}" if self.step else ""
        super().__init__(f"Operation {id} ended with {self.reason}{where} (effect: {self.effect}): {self.detail}")

    @property
    def canceled(self) -> bool:
        """Whether it ended so because somebody asked for it."""
        return self.reason == "CANCELED"


class RequestRefused(ClientError):
    """An answer that repeating the request would not change (RFC 9457).

    ``slug`` names the kind of problem as the contract does, such as ``idempotency-key-reused``; it is empty where
    HTTP's own status says it all. ``retry_after_seconds`` is set when the API says when to ask again.
    """

    def __init__(self, status: int, problem: dict[str, Any], retry_after_seconds: float | None = None) -> None:
        self.status = status
        self.problem = problem
        self.slug = slug_of(problem)
        self.detail: str = problem.get("detail") or problem.get("title") or f"The API answered {status}."
        self.retry_after_seconds = retry_after_seconds
        again = "" if retry_after_seconds is None else f" (Retry-After: {retry_after_seconds:.0f} s)"
        super().__init__(f"{self.detail}{again}")


class ApiUnavailable(ClientError):
    """The API could not be reached, or could not answer, for as long as the client was told to try.

    ``effect`` is ``none`` when nothing can have been done, else ``unknown``: repeat the same start under the same
    ``idempotency_key``, which finds out and never does it twice. ``status`` is that of the last answer, if one came.
    """

    def __init__(self, why: str, *, effect: str, status: int | None = None, idempotency_key: str | None = None) -> None:
        self.effect = effect
        self.status = status
        self.idempotency_key = idempotency_key
        repeat = f" Repeat it under the idempotency key {idempotency_key}." if idempotency_key else ""
        super().__init__(f"{why}{repeat}")


class NotDoneYet(ClientError, TimeoutError):
    """The time to wait is over. Nothing was canceled: the operation goes on, and can be waited for again."""


def slug_of(problem: dict[str, Any]) -> str:
    """The last word of the problem's type; empty for ``about:blank``."""
    kind = str(problem.get("type", ""))
    return kind.rpartition("/problems/")[2] if "/problems/" in kind else ""
