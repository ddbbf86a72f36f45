"""What will be done to the fleet, and when: it follows from the options alone, so a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

SETTLING_SECONDS = 5.0
"""Throughput is counted from so long after a fault has ended; what came before is the recovery."""

SLACK_SECONDS = 1.5
"""A fault takes a little longer than planned: a server has to start."""

WARM_UP_SECONDS = 5.0
"""Processes start, pools fill, Postgres and Python learn what to keep at hand."""

LONGEST_WINDOW_SECONDS = 5.0

MIXED_SHARE = 1 / 3
"""Of the whole time; mixed is where promises break, and alone is where one sees why."""

FEW_CLIENTS = 4
MANY_CLIENTS = 64
"""Among mixed faults most of them wait for something to recover; the others should find enough to do."""


class Fault(msgspec.Struct, frozen=True):
    """At ``at`` seconds into a phase ``kind`` is done to the one with this number, and lasts for ``seconds``."""

    at: float
    kind: str
    target: int
    seconds: float


class Plan(msgspec.Struct, frozen=True):
    """One phase of load: how long, with what faults, by how many clients; None: by all of them."""

    name: str
    seconds: float
    faults: list[Fault]
    clients: int | None = None


LASTS: dict[str, tuple[float, float]] = {
    "kill-worker": (0, 0),
    "kill-workers": (3, 3),
    "stop-worker": (0, 0),
    "freeze-worker": (3, 5),
    "kill-api": (0, 0),
    "restart-postgres": (0, 0),
    "kill-backends": (0, 0),
    "exhaust-pools": (1, 3),
    "lose-redis": (4, 8),
    "flush-redis": (0, 0),
    "kill-participant": (0, 0),
    "freeze-participant": (0.5, 2),
}
"""Every kind of fault, and how many seconds it lasts; freezing a worker is to outlast its lease."""

FEW = {"lose-redis": FEW_CLIENTS}
"""Kinds that show in an idle system: while it is busy, one operation's end finds the next one, Redis or not."""


def plans(seed: int, seconds: float, kinds: Sequence[str], every_seconds: float, *, mixed_only: bool) -> list[Plan]:
    """All phases of a run of about so many seconds: undisturbed, each kind alone, all mixed, undisturbed again."""
    if mixed_only:
        return [mixed(seed, seconds, kinds, every_seconds)]
    window = LONGEST_WINDOW_SECONDS
    mixed_seconds = seconds * MIXED_SHARE
    undisturbed = [Plan(name, 2 * window, []) for name in ("undisturbed, before", "undisturbed, after")]
    left = seconds - mixed_seconds - WARM_UP_SECONDS - 4 * window
    times = max(1, int((left / len(kinds) - window) / _cycle_seconds(kinds, window)))
    return [
        Plan("warm-up", WARM_UP_SECONDS, []),
        undisturbed[0],
        *(alone(seed, kind, times, window) for kind in kinds),
        mixed(seed, mixed_seconds, kinds, every_seconds),
        undisturbed[1],
    ]


def alone(seed: int, kind: str, times: int, window: float) -> Plan:
    """One kind, so often, with a window before and after each fault, and one more at the end: A B A B A."""
    chance = random.Random(f"{seed} {kind}")
    faults, at = [], window
    for _ in range(times):
        fault = Fault(round(at, 3), kind, chance.randrange(1000), round(chance.uniform(*LASTS[kind]), 3))
        faults.append(fault)
        at += fault.seconds + SETTLING_SECONDS + SLACK_SECONDS + 2 * window
    return Plan(kind, round(at, 3), faults, FEW.get(kind))


def mixed(seed: int, seconds: float, kinds: Sequence[str], every_seconds: float) -> Plan:
    """All kinds, one about every so many seconds, whatever else goes on."""
    chance = random.Random(f"{seed} mixed")
    faults, at = [], every_seconds * 0.5
    while at < seconds:
        kind = chance.choice(kinds)
        faults.append(Fault(round(at, 3), kind, chance.randrange(1000), round(chance.uniform(*LASTS[kind]), 3)))
        at += every_seconds * chance.uniform(0.5, 1.5)
    return Plan("mixed", seconds, faults, MANY_CLIENTS)


def _cycle_seconds(kinds: Sequence[str], window: float) -> float:
    lasts = sum(sum(LASTS[kind]) / 2 for kind in kinds) / len(kinds)
    return lasts + SETTLING_SECONDS + SLACK_SECONDS + 2 * window
