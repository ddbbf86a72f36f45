"""What a step can be: two-phase, the point of no return, or something to do afterwards."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal

Effect = Literal["local", "external"]

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Names of definitions and keys of steps: lower-case words joined by hyphens. They are stored and appear in URLs."""


class Step:
    """A two-phase step: ``reserve`` obtains something that can still be given back, ``commit`` makes it final.

    Subclasses define::

        async def reserve(self, ctx: Context, input: Input) -> Reservation
        async def commit(self, ctx: Context, reservation: Reservation) -> Result
        async def rollback(self, ctx: Context, reservation: Reservation | None) -> None

    and may define ``compensate(ctx, result)``, the business undo of a commit, and ``query(ctx)``, which answers
    ``absent``, ``held``, ``committed``, ``released`` or ``unknown`` for the phase in doubt, alone or in a tuple with
    the result it found. ``Reservation`` and ``Result`` are msgspec Structs, ``dict[str, Any]`` or None. Each handler
    may be called several times with the same ``ctx.token`` and must then do its work once.
    """

    kind: ClassVar[Literal["step", "pivot", "action"]] = "step"
    key: str
    effect: Effect = "external"
    timeout_seconds: float = 30
    retry_for_seconds: float = 300


class Pivot(Step):
    """A point of no return between reserve and commit: its success *is* the decision to commit.

    Subclasses define ``async def execute(self, ctx, input) -> Result``; a ``Reject`` decides to roll back. ``query``
    resolves a call whose outcome is unknown. At most one in a definition.
    """

    kind = "pivot"


class Action(Step):
    """Something to do once everything is committed, retried until it works: a confirmation e-mail.

    Subclasses define ``async def execute(self, ctx, input) -> Result``. There is nothing to roll back.
    """

    kind = "action"
