"""What is to be reached: ratios within one run, which say the same on any machine, and a few plain figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Goal(NamedTuple):
    """`figure` of `system` divided by `other_figure` of `other`; `inverse` where less is better."""

    sentence: str
    at_least: float
    system: str
    figure: str
    other: str
    other_figure: str
    member: str = "rate"
    inverse: bool = False


GOALS = (
    Goal("starts, beside the naive build's", 2.5, "operations", "starts", "naive", "starts"),
    Goal("starts, beside bare Litestar's echo", 0.45, "operations", "starts", "litestar", "starts"),
    Goal("polls, beside bare Litestar's GET", 0.6, "operations", "polls finished", "litestar", "polls running"),
    Goal("polls of running ones, beside the same", 0.6, "operations", "polls running", "litestar", "polls running"),
    Goal("304s, beside bare Litestar's GET", 0.7, "operations", "polls 304", "litestar", "polls running"),
    Goal("finished, beside Restate's", 9, "operations", "sustained", "restate", "sustained"),
    Goal("finished, beside DBOS's", 40, "operations", "sustained", "dbos", "sustained"),
    Goal("finished, beside Celery's", 4.5, "operations", "sustained", "celery", "sustained"),
    Goal("draining a backlog, beside Restate's", 14, "operations", "drain", "restate", "drain"),
    Goal("finished with local steps, beside Restate's", 3, "operations-local", "sustained", "restate", "sustained"),
    Goal("draining a backlog, beside the naive build's", 3, "operations", "drain", "naive", "drain"),
    Goal("one idle operation, Restate's p50 beside ours", 1, "operations", "idle", "restate", "idle", "p50_ms", True),
    Goal(
        "two workers beside one, handlers that wait", 1.6,
        "operations-waiting-2", "sustained", "operations-waiting", "sustained",
    ),
)  # fmt: skip


class Bound(NamedTuple):
    """A figure of this service that is to be at most so much; `roles` are summed up, `times` puts it into the unit."""

    sentence: str
    at_most: float
    figure: str
    roles: tuple[str, ...]
    times: float = 1


BOUNDS = (
    Bound("one idle operation, p50, ms", 5, "idle", ("p50_ms",)),
    Bound("API at rest, MB", 120, "memory_mb", ("api",)),
    Bound("10,000 waiting clients, MB more in the API", 300, "crowd", ("api",), 10),
    Bound("API and worker while nothing happens, % of a core", 1, "idle_cpu_percent", ("api", "worker")),
)


def measured(bound: Bound, figures: Mapping[str, Any]) -> float | None:
    """What this service needs, where it was measured."""
    parts = (figures.get("operations") or {}).get(bound.figure) or {}
    found = [parts.get(role) for role in bound.roles]
    return None if None in found else bound.times * sum(found)


def reached(goal: Goal, figures: Mapping[str, Any]) -> float | None:
    """The ratio that was measured, where both were."""
    ours = ((figures.get(goal.system) or {}).get(goal.figure) or {}).get(goal.member)
    theirs = ((figures.get(goal.other) or {}).get(goal.other_figure) or {}).get(goal.member)
    if not ours or not theirs:
        return None
    ratio: float = theirs / ours if goal.inverse else ours / theirs
    return ratio
