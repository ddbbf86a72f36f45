"""One stretch of load with what was done to the fleet during it, and what can be measured of that."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from tests.chaos.load import Accepted
from tests.chaos.schedule import SETTLING_SECONDS

Window = tuple[float, float]


class Disturbance(msgspec.Struct, frozen=True):
    """A fault as it was inflicted: it may take longer than planned."""

    kind: str
    began_at: float
    ended_at: float


class Phase(msgspec.Struct):
    """Times are of the host's clock. ``refused_at``: when clients were told to come back, at whatever request."""

    name: str
    began_at: float
    ended_at: float
    disturbances: list[Disturbance]
    accepted: list[Accepted]
    refused_at: list[float]
    unexpected: list[str]

    @property
    def rate(self) -> float:
        """Operations finished per second, faults or not."""
        return self._rate((self.began_at, self.ended_at))

    def calm(self, window_seconds: float) -> list[float]:
        """Operations finished per second before each fault, and when all is long over."""
        before = [(one.began_at - window_seconds, one.began_at) for one in self.disturbances]
        over_at = self.disturbances[-1].ended_at + SETTLING_SECONDS + window_seconds
        return [self._rate(window) for window in (*before, (over_at, over_at + window_seconds))]

    def settled(self, window_seconds: float) -> list[float]:
        """Operations finished per second once each fault has been over for ``SETTLING_SECONDS``."""
        ends = [one.ended_at + SETTLING_SECONDS for one in self.disturbances]
        return [self._rate((at, at + window_seconds)) for at in ends]

    @property
    def recoveries(self) -> list[float]:
        """For each fault, how long it took until everything that was under way at that moment was finished."""
        return [max(waits) for one in self.disturbances if (waits := self._under_way(one.began_at))]

    @property
    def starts(self) -> list[float]:
        """Seconds from acceptance to the start of every operation that was accepted while a fault lasted."""
        return [
            work.became.started_at - work.became.created_at
            for work in self.accepted
            if work.became is not None and work.became.started_at is not None and self._during(work.became.created_at)
        ]

    @property
    def refused(self) -> int:
        """Answers to come back later while a fault lasted."""
        return sum(1 for at in self.refused_at if self._during(at))

    def _during(self, at: float) -> bool:
        return any(one.began_at <= at < one.ended_at for one in self.disturbances)

    def _rate(self, window: Window) -> float:
        start, end = window
        finished = [work.became.finished_at for work in self.accepted if work.became is not None]
        return sum(1 for at in finished if at is not None and start <= at < end) / (end - start)

    def _under_way(self, at: float) -> list[float]:
        fates = [work.became for work in self.accepted if work.became is not None]
        return [
            fate.finished_at - at
            for fate in fates
            if fate.finished_at is not None and fate.created_at <= at < fate.finished_at
        ]


def kept(phase: Phase, window_seconds: float) -> float | None:
    """Throughput after the faults, as a part of that of the windows on both sides; None when nothing finished there."""
    calm, settled = phase.calm(window_seconds), phase.settled(window_seconds)
    around = sum((before + after) / 2 for before, after in pairwise(calm))
    return sum(settled) / around if around else None
