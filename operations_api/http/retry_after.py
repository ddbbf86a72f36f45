"""When to poll again: learned from how long finished operations of the same type took.

Nothing is expected before the quick ones of the type are done; from then on a tenth of what is usual is a delay nobody
minds. Until something is known of a type, a tenth of the operation's own age stands for it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from operations_api.domain.operation import Operation

SHARE: Final = 0.1
"""Polling this often makes a client learn of the end at most a tenth of the duration late."""

MIN_SECONDS: Final = 1.0
MAX_SECONDS: Final = 60.0
"""An operation of hours may still fail within minutes, and its progress is worth a look each minute."""

SAMPLES: Final = 64
"""Per type: enough for quartiles, few enough to follow a type whose durations change."""

QUICK: Final = 0.1
"""The share of a type's operations that are done before anybody is told to look."""


class Measured(msgspec.Struct, frozen=True):
    """How long one finished operation took, from when it might begin."""

    tenant: str
    id: UUID
    type: str
    seconds: float


class Typical(msgspec.Struct, frozen=True):
    """How long operations of a type take: the quick ones, and the one in the middle."""

    quick_seconds: float
    usual_seconds: float


class Advice:
    """Says when to poll again. One per process: it learns from every finished operation that is shown."""

    def __init__(self) -> None:
        self._samples: dict[str, OrderedDict[tuple[str, UUID], float]] = {}
        self._typical: dict[str, Typical] = {}

    def learn(self, found: Iterable[Measured]) -> None:
        """Take these durations into account, the newest last; one that is known already changes nothing."""
        for measured in found:
            samples = self._samples.setdefault(measured.type, OrderedDict())
            if (measured.tenant, measured.id) not in samples:
                samples[measured.tenant, measured.id] = measured.seconds
                if len(samples) > SAMPLES:
                    samples.popitem(last=False)
                self._typical.pop(measured.type, None)

    def headers(self, operation: Operation, now: datetime) -> list[tuple[str, str]]:
        """``Retry-After`` in whole seconds and ``Retry-After-Ms`` while the operation is not done; nothing after."""
        if operation.done:
            self.see(operation)
            return []
        seconds = seconds_until_worthwhile(operation, self._of(operation.type), now)
        return [("Retry-After", str(math.ceil(seconds))), ("Retry-After-Ms", str(math.ceil(seconds * 1000)))]

    def _of(self, type: str) -> Typical | None:
        """What is typical of the type; computed when somebody asks, not whenever something is learned."""
        if type not in self._typical and type in self._samples:
            self._typical[type] = _typical(self._samples[type].values())
        return self._typical.get(type)

    def see(self, operation: Operation) -> None:
        """Learn from an operation that is done."""
        if operation.finished_at is not None and operation.status != "canceled":  # a client's wish says nothing
            seconds = max(0.0, (operation.finished_at - _begins(operation)).total_seconds())
            self.learn([Measured(operation.tenant, operation.id, operation.type, seconds)])


def seconds_until_worthwhile(operation: Operation, typical: Typical | None, now: datetime) -> float:
    """Not before it may begin nor before quick ones are done; then a tenth of what is usual, or of its age if older."""
    age = (now - _begins(operation)).total_seconds()
    quick, usual = (0.0, 0.0) if typical is None else (typical.quick_seconds, typical.usual_seconds)
    return min(max(quick - age, -age, SHARE * max(usual, age), MIN_SECONDS), MAX_SECONDS)


def _begins(operation: Operation) -> datetime:
    return max(operation.created_at, operation.not_before or operation.created_at)


def _typical(samples: Iterable[float]) -> Typical:
    ordered = sorted(samples)
    return Typical(ordered[int(len(ordered) * QUICK)], ordered[len(ordered) // 2])
