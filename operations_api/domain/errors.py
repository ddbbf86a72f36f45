"""What can go wrong, as one tree.

Errors of one subject stand beside it: of a start in ``starting.py``, of the barrier in ``barrier.py``, of operators in
``operator.py``, refusals with a page of their own in ``problem.py``.

::

    OperationsError
    |-- DefinitionError          a definition or registry is wrong: the process must not start
    |-- SettingsError            the environment is wrong: the process must not start
    |-- MigrationError           the database's schema is not one this program may use
    |-- StoreUnavailable         Postgres cannot be reached: try again later
    |   `-- OutcomeUnknown       the connection broke during COMMIT: repeat the same request
    |-- Unstorable               Postgres refuses what is to be stored, however often it is offered: a mistake of ours
    |-- KeyInFlight              another request is still binding this idempotency key
    `-- LeaseLost                another worker holds the operation now: stop, write nothing more

    Reject, Retry                what a handler raises (not errors of ours)
"""


class OperationsError(Exception):
    """The root of everything this product raises."""


class DefinitionError(OperationsError):
    """A definition or a registry is wrong; the message says which and what to do about it."""


class SettingsError(OperationsError):
    """A setting is missing or malformed; the message names the variable and what it should hold."""


class MigrationError(OperationsError):
    """The database's schema and this program's migrations do not fit together."""


class StoreUnavailable(OperationsError):
    """Postgres cannot be reached now; nothing was accepted."""


class OutcomeUnknown(StoreUnavailable):
    """The connection broke during COMMIT, so the write may or may not be there. Repeating the same request tells."""


class Unstorable(OperationsError):
    """Postgres refuses what is to be stored, however often it is offered: a mistake of ours. Nothing was stored."""


class KeyInFlight(OperationsError):
    """Another request has been binding the same idempotency key for longer than a caller is kept waiting."""


class LeaseLost(OperationsError):
    """The operation is held by another worker, or finished: stop at once and write nothing more (law 4)."""


class Reject(Exception):
    """A handler's definitive *no*: nothing was done and nothing will be.

    ``reason`` is UPPER_SNAKE and reaches the client as ``error.reason``; ``detail`` is a sentence for people;
    ``retryable`` says whether the same request may succeed later.
    """

    def __init__(self, reason: str, detail: str = "", *, retryable: bool = False) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.retryable = retryable


class Retry(Exception):
    """A handler's *not now*: call again, after ``after_seconds`` or after the usual back-off."""

    def __init__(self, after_seconds: float | None = None, detail: str = "") -> None:
        super().__init__(detail or "not now")
        self.after_seconds = after_seconds
        self.detail = detail
