"""What happens to a rehearsed operation: where its worker dies, where its client cancels, which commit is refused."""

from __future__ import annotations

from typing import Final

import msgspec

from operations_api.crash_points import POINTS

AFTER_CHECKPOINT: Final = "after-checkpoint"
"""A point only rehearsals have: inside a call, when its first cursor has been stored."""

WHEN_DONE: Final = "when-done"
"""Another: the call was done and the worker knows, but has not written it down; earlier ones may have been retried."""


class Place(msgspec.Struct, frozen=True):
    """A point around a call of this handler of this step."""

    point: str
    step: str
    handler: str


class Scenario(msgspec.Struct, frozen=True):
    """``crash_at``: the first time there the worker dies, and another takes over. ``cancel_at``: the client cancels.

    ``reject_commit_of``: a step whose commit is answered with a definitive no, without being called.
    """

    crash_at: Place | None = None
    cancel_at: Place | None = None
    reject_commit_of: str | None = None


def places_around(step: str, handler: str, *, has_checkpoint: bool) -> list[Place]:
    """Every point around the calls of a handler, in order."""
    points = (*POINTS, AFTER_CHECKPOINT) if has_checkpoint else POINTS
    return [Place(point, step, handler) for point in points]
