"""Types of which only so many operations run at once: the others wait for room, and are let in as others end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from operations_api.store.connection import CONFLICTS, Pool, connected
from operations_api.store.queries import load

LIFT_BATCH: Final = 2_000

SQL: Final = load("type_limits")


class TypeLimits:
    """One per worker process. ``versions`` are the (type, version) it executes; ``limits`` those of its types.

    What runs is counted by one worker at a time, under a lock, so that no two of them give away the same room.
    """

    def __init__(self, pool: Pool, versions: Collection[tuple[str, int]], limits: Mapping[str, int]) -> None:
        self._pool = pool
        self._versions = [list(column) for column in zip(*versions, strict=True)]
        self._limits = limits
        self._unlimited = sorted({type for type, _ in versions} - set(limits))

    async def let_in(self, at_most: int) -> int:
        """Make ready what there is room for, of each type no more than asked; how many those were."""
        if not self._limits:
            return 0
        types, numbers = list(self._limits), list(self._limits.values())
        try:
            async with connected(self._pool) as connection:
                if not await connection.fetchval(SQL["is_room_wanted"], types):
                    return 0
                async with connection.transaction():
                    if not await connection.fetchval(SQL["lock_rooms"]):
                        return 0  # another worker is just doing it
                    return len(await connection.fetch(SQL["let_in"], types, numbers, *self._versions, at_most))
        except CONFLICTS:  # others are letting in; there is another round in a second
            return 0

    async def lift(self, at_most: int = LIFT_BATCH) -> int:
        """Make ready what waits although its type has no limit any more; how many those were."""
        async with connected(self._pool) as connection:
            return len(await connection.fetch(SQL["lift_limits"], self._unlimited, at_most))
