"""The barrier every step of the examples has: its row with the key (tenant, operation_id, step)."""

from __future__ import annotations

from uuid import UUID

from operations_api import Context


class LateReserve(RuntimeError):
    """A reserve arrived after its step was released: by a worker that was paused for too long. Nothing was done.

    It is an error and no ``Reject``: the outcome of the step was settled by somebody else long ago.
    """


class NothingHeld(RuntimeError):
    """A commit found nothing to make final. That cannot happen while the engine keeps its promises."""


def barrier_key(ctx: Context) -> tuple[str, UUID, str]:
    """What is unique about a step: an operation's id is unique within its tenant only."""
    return ctx.tenant, ctx.operation_id, ctx.step
