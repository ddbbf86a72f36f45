"""How much is measured, and for how long."""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """Durations are in seconds. What is named in `once` is measured in the first round only: no goal rests on it."""

    rounds: int
    starts_seconds: float
    polls_seconds: float
    sustained_seconds: float
    drain_seconds: float
    idle_count: int
    waiting_clients: int
    # so many at once wait for this service, in the first round
    crowd: int = 10_000
    # 64 connections keep two cores busy with any of the systems; more only wait
    connections: int = 64
    rest_seconds: float = 4
    once: tuple[str, ...] = ()


FULL = Plan(
    rounds=3,
    starts_seconds=10,
    polls_seconds=5,
    sustained_seconds=30,
    drain_seconds=30,
    idle_count=200,
    waiting_clients=1000,
)
MIDDLE = Plan(
    rounds=3,
    starts_seconds=4,
    polls_seconds=2,
    sustained_seconds=30,
    drain_seconds=5,
    idle_count=100,
    waiting_clients=1000,
    rest_seconds=2,
    once=("celery-task", "procrastinate", "pgbench"),
)
QUICK = Plan(
    rounds=1,
    starts_seconds=3,
    polls_seconds=2,
    sustained_seconds=6,
    drain_seconds=6,
    idle_count=50,
    waiting_clients=500,
    crowd=1000,
    rest_seconds=2,
)
PLANS = {"quick": QUICK, "middle": MIDDLE, "full": FULL}
