"""docs/performance.md, out of the raw data of one run: nothing in it is written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import budget, profile
from benchmarks.goals import BOUNDS, GOALS, measured, reached
from benchmarks.medians import medians, rate
from benchmarks.report_table import number, table

HEAD = """# Performance

`make bench` wrote this page from [{source}]({link}): {rounds} round(s) of every system in turn{but}, on
{cores} cores ({processor}), Linux {kernel}, Python {python}, {at}. Figures are medians of the rounds.
What one machine does tells little of another one; the ratios tell more.

All systems do the same work: an operation of two steps, each of which reserves and commits and does nothing else, and
whose result the client fetches. Each runs alone, on a Postgres with `fsync` and `synchronous_commit` on and a Valkey
with an append-only file, both new and empty. The client is one process on the same cores, with {connections}
connections; where it fetches results it has as many as each system bears, see below.
"""

NOTES = """
- *Starts*: accepted while nobody executes them (DBOS executes meanwhile: it cannot be told not to).
- *Finished*: every client starts an operation, fetches its result, and starts the next, for {sustained:g} s: the queue
  cannot grow. *Drain*: what the starts had piled up, from the first that is done; nobody polls. Restate works on all of
  it at the same time, and its drain is from when its service, which was halted, goes on until 95 % are done.
- *Idle*: one client, one operation at a time, from the first byte of the start to the last of the result. Where clients
  cannot wait they ask again after 5 ms, then after 10, 20 and so on; while *finishing* from 50 ms to a second.
- *CPU*: of all processes, while finishing as above. *Doing nothing*: of all processes, percent of a core in the
  seconds after the first operation; the clock of the kernel has ticks of 10 ms.
- *Memory*: proportional share (PSS) after those seconds; *waiting*: what a thousand clients that wait for one operation
  add. The 10,000 are {crowd:,} that really wait at once; each is an open file of the API, which raises its own limit of
  them as far as it may (`ulimit -Hn`).
"""


def render(data: Mapping[str, Any], source: str) -> str:
    """The page."""
    figures = medians(data)
    machine, plan = data["machine"], data["plan"]
    head = HEAD.format(
        source=source, link=f"../benchmarks/results/{source}", rounds=len(data["rounds"]), **_known(machine),
        connections=plan["connections"], but=_but(data),
    )  # fmt: skip
    sections = [
        head,
        "## Goals\n\n" + _goals(figures) + "\n\n" + _bounds(figures),
        "![operations a second](charts/rates.svg)",
        "## Rates\n\n" + _rates(data, figures),
        "## Compared\n\nThis service's figure divided by the other's.\n\n" + _ratios(data, figures),
        "## Polls\n\n" + _polls(data, figures),
        "![milliseconds](charts/idle.svg)",
        "## Costs\n\n" + _costs(data, figures),
        *_limits(data, figures),
        "## How it was measured\n"
        + NOTES.format(sustained=plan["sustained_seconds"], crowd=plan["crowd"])
        + "\n"
        + _settings(data),
        *_failures(data),
    ]
    return "\n\n".join(section.strip("\n") for section in sections) + "\n"


def write(raw: Path, page: Path, *more: str) -> None:
    """Read the raw data, write the page, and after it what else was measured."""
    own = render(json.loads(raw.read_text(encoding="utf-8")), raw.name)
    page.write_text("\n".join([own, *more]), encoding="utf-8")


def _limits(data: Mapping[str, Any], figures: Mapping[str, Any]) -> list[str]:
    """What keeps the rates that are not reached from being reached."""
    wanting = budget.render(figures, data["machine"]["cores"])
    shares = profile.render(json.loads(profile.RESULTS.read_text(encoding="utf-8"))) if profile.RESULTS.exists() else ""
    return [f"## Where the time goes\n\n{text}" for text in ["\n\n".join(filter(None, (wanting, shares)))] if text]


def _known(machine: Mapping[str, Any]) -> dict[str, Any]:
    return {name: machine[name] for name in ("cores", "processor", "kernel", "python", "at")}


def _goals(figures: Mapping[str, Any]) -> str:
    rows = []
    for goal in GOALS:
        got = reached(goal, figures)
        said = "not measured" if got is None else "yes" if got >= goal.at_least else "**no**"
        rows.append([goal.sentence, f"{goal.at_least:g}", number(got, 2), said])
    return table(["What", "at least", "measured", "reached"], rows)


def _bounds(figures: Mapping[str, Any]) -> str:
    rows = []
    for bound in BOUNDS:
        got = measured(bound, figures)
        said = "not measured" if got is None else "yes" if got <= bound.at_most else "**no**"
        rows.append([bound.sentence, f"{bound.at_most:g}", number(got, 1), said])
    return table(["What", "at most", "measured", "reached"], rows)


def _but(data: Mapping[str, Any]) -> str:
    """Which systems were measured in fewer rounds."""
    once = [data["systems"][name]["title"] for name in data["plan"].get("once", ()) if name in data["systems"]]
    return f" ({'; '.join(once)}: once)" if once and len(data["rounds"]) > 1 else ""


def _rates(data: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    rows = []
    for name, title in _titles(data):
        starts, idle = _part(figures, name, "starts"), _part(figures, name, "idle")
        rows.append([
            title, number(rate(figures, name, "starts")), _pair(starts), number(rate(figures, name, "sustained")),
            number(rate(figures, name, "drain")), _pair(idle), number(_of(figures, name, "first_answer_seconds"), 2),
        ])  # fmt: skip
    batched = rate(figures, "pgbench", "starts batched")
    if batched is not None:
        rows.append(["pgbench, batched", number(batched), *["–"] * 5])  # noqa: RUF001 -- a dash
    head = ["", "starts/s", "p50, p99 ms", "finished/s", "drain/s", "idle p50, p99 ms", "first answer s"]
    return table(head, rows)


def _ratios(data: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    rows = []
    for name, title in _titles(data):
        if name == "operations":
            continue
        cells = [_ratio(figures, name, figure) for figure in ("starts", "polls finished", "sustained", "drain")]
        rows.append([title, *[number(cell, 2) for cell in cells]])
    return table(["", "starts", "polls", "finished", "drain"], rows)


def _polls(data: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    rows = []
    for name, title in _titles(data):
        row = [title]
        for kind in ("polls finished", "polls 304", "polls running"):
            row += [number(rate(figures, name, kind)), _pair(_part(figures, name, kind))]
        rows.append(row)
    head = ["", "finished/s", "p50, p99 ms", "304/s", "p50, p99 ms", "running/s", "p50, p99 ms"]
    return table(head, rows)


def _costs(data: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    rows = []
    for name, title in _titles(data):
        spent = _part(figures, name, "sustained").get("cpu_ms_each") or {}
        used, waiting = _part(figures, name, "memory_mb"), _part(figures, name, "waiting")
        idle = _part(figures, name, "idle_cpu_percent")
        rows.append([title, _by_role(spent, 2), _by_role(idle, 1), _by_role(used, 0), _by_role(waiting, 1)])
    head = ["", "CPU ms per operation", "doing nothing, %", "memory at rest, MB", "1000 waiting clients, MB"]
    return table(head, rows)


def _notes(plan: Mapping[str, Any]) -> str:
    return NOTES.format(sustained=plan["sustained_seconds"], crowd=plan["crowd"])


def _settings(data: Mapping[str, Any]) -> str:
    return "\n".join(f"- **{title}**: {data['systems'][name]['settings']}." for name, title in _titles(data))


def _failures(data: Mapping[str, Any]) -> list[str]:
    wrong = [name for figures in data["rounds"] for name, one in figures.items() if "failed" in one]
    return [f"Not measured in at least one round, since it failed: {', '.join(sorted(set(wrong)))}."] if wrong else []


def _titles(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, about["title"]) for name, about in data["systems"].items()]


def _part(figures: Mapping[str, Any], system: str, figure: str) -> Mapping[str, Any]:
    return (figures.get(system) or {}).get(figure) or {}


def _of(figures: Mapping[str, Any], system: str, figure: str) -> float | None:
    return (figures.get(system) or {}).get(figure)


def _pair(part: Mapping[str, Any]) -> str:
    if "mean_ms" in part:
        return f"mean {number(part['mean_ms'], 1)}"
    return f"{number(part['p50_ms'], 1)}, {number(part['p99_ms'], 1)}" if part else "–"  # noqa: RUF001 -- a dash


def _by_role(values: Mapping[str, float | None], digits: int) -> str:
    return ", ".join(f"{role} {number(value, digits)}" for role, value in values.items() if value is not None)


def _ratio(figures: Mapping[str, Any], other: str, figure: str) -> float | None:
    ours, theirs = rate(figures, "operations", figure), rate(figures, other, figure)
    return ours / theirs if ours and theirs else None
