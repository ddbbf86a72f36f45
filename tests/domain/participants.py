"""A plain model of whom external steps speak to, as the promise asks them to be."""

from __future__ import annotations

from collections import Counter

from operations_api.domain.settle import INTENTS


class Participants:
    """Whom the steps speak to. They treat two calls with one token as one and refuse what comes after a release.

    ``refused``: tokens whose last answer was no; one of these that comes late gets the same answer.
    """

    def __init__(self) -> None:
        self.state: dict[int, str] = {}
        self.done: Counter[tuple[int, str]] = Counter()
        self.units: Counter[tuple[int, str]] = Counter()
        self.refused: set[tuple[int, str]] = set()

    def take_late(self, position: int, handler: str) -> None:
        """The same for a call that nobody waits for any more."""
        if (position, handler) not in self.refused:
            self.take(position, handler)

    def settle_by_hand(self, position: int, state: str) -> None:
        """An operator makes it so, and sees to it that no call can change it."""
        self.state[position] = state
        self.refused |= {(position, handler) for handler in INTENTS}

    def take(self, position: int, handler: str) -> None:
        """The effect of a call that got through."""
        now = self.state.get(position, "absent")
        if handler == "rollback":
            assert now != "committed", f"step {position} was released although it is committed"
            self.state[position] = "released"
        elif handler == "compensate":
            assert now in ("committed", "compensated"), f"step {position} was compensated although it is {now}"
            self.state[position] = "compensated"
        elif handler == "reserve" and now == "absent":
            self.state[position] = "held"
        elif handler == "execute" or now == "held":
            self.state[position] = "held" if handler == "reserve" else "committed"
        self.done[position, handler] += 1

    def those(self, state: str) -> set[int]:
        return {position for position, its in self.state.items() if its == state}
