"""The section of docs/performance.md on growth, out of benchmarks/results/growth.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.medians import medians, rate
from benchmarks.report_table import number, table
from benchmarks.systems import by_name

GIB = 2**30
WITHIN = 0.8
"""What is left of each figure with the most operations, beside the fewest, at least."""

BUSY_CORES = 0.3
"""What the benchmark itself, which waits, and a system at rest stay far below."""

JUDGED = ("starts", "polls finished", "sustained")

HEAD = """## Growth

`make bench-growth` wrote this section from [growth.json](../benchmarks/results/growth.json). Databases of
{sizes} operations lie on one server, loaded by COPY: the last month of 1,000 tenants of very different size, of four
types, with keys and steps. Each part is measured on all of them in turn. *Pages* are those of 8 KiB that Postgres
looked at for each operation, from its start to the client's fetch, and *in place* is the share of updates of
operations, and of steps, that touched no index (HOT); both depend on nothing but the service. *CPU* is of all processes
but the client.
"""


def render(data: Mapping[str, Any]) -> str:
    """The section."""
    sizes = sorted(map(int, data["sizes"]))
    parts = data["parts"]
    stored = [[f"{size:,}", number(data["sizes"][str(size)]["bytes"] / GIB, 1)] for size in sizes]
    sections = [
        HEAD.format(sizes=", ".join(f"{size:,}" for size in sizes)),
        table(["operations", "GiB"], stored),
        _judged(parts),
        "![what is left of each figure](charts/growth.svg)" if "grown" in parts else "",
        *[_part(name, measured) for name, measured in parts.items() if "rounds" in measured],
        _cleaning(parts.get("cleaning")),
        _plans(parts.get("plans")),
    ]
    return "\n\n".join(section.strip("\n") for section in sections if section) + "\n"


def work(figures: Mapping[str, Any], size: str, figure: str) -> float | None:
    """How many are done in a second of CPU, of all processes but the client: what a busy machine changes little of."""
    spent = _cpu((figures.get(size) or {}).get(figure) or {})
    return 1000 / spent if spent else None


def ratios(part: Mapping[str, Any], of: Callable[..., float | None] = rate) -> dict[str, float]:
    """Each judged figure with the most operations, divided by the same with the fewest."""
    figures = medians(part)
    few, many = (str(edge(map(int, figures))) for edge in (min, max))
    found = {figure: (of(figures, many, figure), of(figures, few, figure)) for figure in JUDGED}
    return {figure: ours / theirs for figure, (ours, theirs) in found.items() if ours and theirs}


def _judged(parts: Mapping[str, Any]) -> str:
    if "grown" not in parts:
        return ""
    words = {"starts": "starts", "polls finished": "polls", "sustained": "finished operations"}
    rows = []
    for kind, of in (("a second", rate), ("for a second of CPU", work)):
        for figure, ratio in ratios(parts["grown"], of).items():
            sentence = f"{words[figure]} {kind}, with the most beside the fewest"
            rows.append([sentence, f"{WITHIN:g}", number(ratio, 2), "yes" if ratio >= WITHIN else "**no**"])
    return table(["What", "at least", "measured", "reached"], rows)


def _part(name: str, part: Mapping[str, Any]) -> str:
    figures = medians(part)
    rows = []
    for size in sorted(figures, key=int):
        one = figures[size] or {}
        finished, starts, polls = (one.get(figure) or {} for figure in ("sustained", "starts", "polls finished"))
        idle, hot = one.get("idle") or {}, finished.get("hot") or {}
        pages = (number(part.get("pages_each")) for part in (starts, finished))
        rows.append([
            f"{int(size):,}", number(starts.get("rate")), number(polls.get("rate")),
            number((one.get("polls 304") or {}).get("rate")), number(finished.get("rate")),
            number((one.get("drain") or {}).get("rate")),
            f"{number(idle.get('p50_ms'), 1)}, {number(idle.get('p99_ms'), 1)}",
            number(_cpu(finished), 2), ", ".join(pages),
            f"{_percent(hot.get('operations'))}, {_percent(hot.get('steps'))}",
        ])  # fmt: skip
    head = [
        "operations", "starts/s", "polls/s", "304/s", "finished/s", "drain/s", "idle p50, p99 ms", "CPU ms each",
        "pages of a start, of all", "in place %",
    ]  # fmt: skip
    title = by_name(name).title
    return f"### {title[0].upper()}{title[1:]}\n\n{table(head, rows)}\n\n{_busy(part['machine'])}"


def _busy(machine: Mapping[str, Any]) -> str:
    """Whether rates say anything."""
    used, cores = machine.get("cores_used_before", 0.0), machine["cores"]
    if used < BUSY_CORES:
        return ""
    return (
        f"The machine was busy with other work: {used:.1f} of its {cores} cores just before. The rates say nothing "
        "then; CPU, pages and what is done in place do."
    )


def _cleaning(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return ""
    rows = [
        [
            words, number(part[when]["rate"]), number(part[when]["lowest_rate"]), number(part[when]["p50_ms"], 1),
            number(part[when]["p99_ms"], 1), number(part[when]["worst_p99_ms"], 1), number(part[when]["seconds"]),
        ]
        for when, words in (("before", "nothing to clean"), ("during", "cleaning"))
    ]  # fmt: skip
    said = (
        f"Of {part['expired']:,} operations whose retention was over {part['cleaned']:,} were cleaned, "
        f"{part['cleaned_each_second']:,.0f} a second, while others were finished as fast as the machine could. "
        "Windows of ten seconds."
    )
    head = ["", "finished/s", "least", "p50 ms", "p99 ms", "worst p99 ms", "seconds"]
    return f"### Cleaning\n\n{said}\n\n{table(head, rows)}"


def _plans(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return ""
    wrong = "\n".join(f"- {each}" for each in part["wrong"]) or "nothing is read but by index, and no table is sorted."
    return f"### Plans\n\nOf {part['statements']} hot statements, with {part['operations']:,} operations: {wrong}"


def _cpu(figures: Mapping[str, Any]) -> float | None:
    spent = figures.get("cpu_ms_each")
    return sum(value for role, value in spent.items() if role != "client" and value is not None) if spent else None


def _percent(share: float | None) -> str:
    return number(None if share is None else 100 * share)
