"""Why a rate is not reached: what an operation may cost for it to be possible, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.goals import GOALS, Goal, reached
from benchmarks.medians import rate
from benchmarks.report_table import number, table

HEAD = """\
At a rate each operation has so much of the {cores} cores' time and no more, whatever spends it. *May cost* is that time
at the rate that a goal asks for; *costs* is what all processes together have spent. *Bare requests* is what two
requests to bare Litestar take of it, a POST and a GET which do nothing, with the client that sends them: a finished
operation is one request that starts it and one that waits for its result. *One core bears* as many a second as the
busiest of our processes could do if nothing else wanted its core."""

COLUMNS = ["Goal not reached", "asks for /s", "may cost, ms", "costs, ms", "bare requests, ms", "one core bears /s"]


def render(figures: Mapping[str, Any], cores: int) -> str:
    """The table; nothing when every rate is reached."""
    rows = [row for goal in GOALS if (row := _row(goal, figures, cores)) is not None]
    return f"{HEAD.format(cores=cores)}\n\n{table(COLUMNS, rows)}" if rows else ""


def _row(goal: Goal, figures: Mapping[str, Any], cores: int) -> list[str] | None:
    got, other = reached(goal, figures), rate(figures, goal.other, goal.other_figure)
    if got is None or other is None or got >= goal.at_least or goal.member != "rate":
        return None
    spent = _spent(figures, goal.system, goal.figure)
    asked = goal.at_least * other
    bare = None
    if goal.figure == "sustained":
        bare = sum(sum(_spent(figures, "litestar", kind).values()) for kind in ("starts", "polls running"))
    bears = 1000 / max(spent[role] for role in ("api", "worker") if role in spent)
    parts = ", ".join(f"{role} {number(value, 2)}" for role, value in spent.items() if value >= 0.005)
    return [
        goal.sentence, number(asked), number(1000 * cores / asked, 2), f"{number(sum(spent.values()), 2)}: {parts}",
        number(bare, 2), number(bears),
    ]  # fmt: skip


def _spent(figures: Mapping[str, Any], system: str, figure: str) -> dict[str, float]:
    """CPU milliseconds for each, by role."""
    return ((figures.get(system) or {}).get(figure) or {}).get("cpu_ms_each") or {}
