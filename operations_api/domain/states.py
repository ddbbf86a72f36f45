"""The state table: every legal transition of operations and steps, in one place.

The life of an operation::

    pending -> running -> succeeded | failed
       |          |  ^
       |          v  |            canceling: somebody asked; it ends once nothing is held any more
       +--> canceling -> canceled needs_attention: a person has to look; everything else goes on by itself

The life of a two-phase step::

    pending -> reserving -> reserved -> committing -> committed -> compensating -> compensated
                   |           |            |
                   v           +-> releasing -> released
               rejected

A Pivot and an Action only execute: ``pending -> executing -> executed``; a Pivot may also be rejected, an Action by a
person only, who gave it up.

``docs/states.md`` is drawn from it. The database refuses every other transition: the triggers of the schema hold the
same table, and a test compares them with this module.
"""

from typing import Final, Literal

OperationStatus = Literal["pending", "running", "canceling", "needs_attention", "succeeded", "failed", "canceled"]
TERMINAL: Final = frozenset({"succeeded", "failed", "canceled"})

Phase = Literal["queued", "reserving", "executing", "committing", "rolling_back", "compensating", "finished"]

Decision = Literal["commit", "rollback", "compensate"]

StepKind = Literal["step", "pivot", "action"]

StepState = Literal[
    "pending",
    "reserving",
    "reserved",
    "rejected",
    "executing",
    "executed",
    "committing",
    "committed",
    "releasing",
    "released",
    "compensating",
    "compensated",
]

OPERATION_TRANSITIONS: Final = frozenset(
    {
        ("pending", "running"),
        ("pending", "canceling"),
        ("pending", "needs_attention"),
        ("pending", "canceled"),
        ("pending", "failed"),
        ("running", "canceling"),
        ("running", "needs_attention"),
        ("running", "succeeded"),
        ("running", "failed"),
        ("running", "canceled"),
        ("canceling", "needs_attention"),
        ("canceling", "succeeded"),
        ("canceling", "failed"),
        ("canceling", "canceled"),
        ("needs_attention", "running"),
        ("needs_attention", "canceling"),
        ("needs_attention", "succeeded"),
        ("needs_attention", "failed"),
        ("needs_attention", "canceled"),
    }
)

STEP_TRANSITIONS: Final = frozenset(
    {
        ("pending", "reserving"),
        ("reserving", "reserved"),
        ("reserving", "rejected"),
        ("reserving", "releasing"),
        ("reserved", "committing"),
        ("reserved", "releasing"),
        ("committing", "committed"),
        ("committing", "releasing"),  # only after a compensate decision
        ("releasing", "released"),
        ("pending", "released"),  # a tombstone: the handler is never called
        ("committed", "compensating"),
        ("compensating", "compensated"),
        ("pending", "executing"),
        ("executing", "executed"),
        ("executing", "rejected"),  # a Pivot, or an Action that a person gave up
    }
)

LOCAL_SHORTCUTS: Final = frozenset(
    {
        ("pending", "reserved"),
        ("pending", "rejected"),
        ("pending", "executed"),
        ("reserved", "committed"),
        ("reserved", "released"),
        ("reserving", "released"),
        ("committed", "compensated"),
    }
)
"""A local handler's intent and outcome are one transaction, so nobody ever sees the state in between."""

OPERATOR_TRANSITIONS: Final = frozenset(
    {
        ("reserving", "committed"),
        ("committing", "released"),
        ("committing", "compensating"),  # after a compensate decision, when a query has found it committed
        ("releasing", "committed"),
        ("compensating", "committed"),
    }
)
"""What only a person may bring about, who has looked where the engine cannot."""

LEGAL_STEP_TRANSITIONS: Final = STEP_TRANSITIONS | LOCAL_SHORTCUTS | OPERATOR_TRANSITIONS


def is_terminal(status: OperationStatus) -> bool:
    """Whether an operation of this status is done: its status, result and error never change again."""
    return status in TERMINAL
