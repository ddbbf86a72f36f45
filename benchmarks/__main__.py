"""`python -m benchmarks`: measure, then write docs/performance.md and its charts."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

from benchmarks import report
from benchmarks.growth import report as growth
from benchmarks.plan import PLANS
from benchmarks.runner import NAMES, run
from benchmarks.system import PEERS_PYTHON, ROOT

RESULTS = ROOT / "benchmarks" / "results"
GROWTH = RESULTS / "growth.json"


def main() -> None:
    arguments = _arguments()
    raw: Path = arguments.report or RESULTS / f"{arguments.length}.json"
    if arguments.only and not arguments.report:
        raw = raw.with_stem("only")  # a part of the table is not the table
    if not arguments.report:
        run(arguments.only or NAMES, PLANS[arguments.length], raw)
    is_page = raw.stem in ("full", "middle") or bool(arguments.report)
    page = ROOT / "docs" / "performance.md" if is_page else raw.with_suffix(".md")
    report.write(raw, page, *_growth())
    charts = page.parent / "charts"
    if is_page:
        more = [GROWTH] if GROWTH.exists() else []
        subprocess.run([PEERS_PYTHON, "-m", "benchmarks.charts", raw, charts, *more], check=True, cwd=ROOT)
    print(page.read_text(encoding="utf-8"))


def _growth() -> list[str]:
    """The section on growth, where that was measured."""
    return [growth.render(json.loads(GROWTH.read_text(encoding="utf-8")))] if GROWTH.exists() else []


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=main.__doc__)
    parser.add_argument(
        "--length",
        choices=PLANS,
        default="full",
        help="full: three rounds of everything, about an hour and a quarter. middle: every figure of the page in at "
        "most 25 minutes on two cores, three rounds too, but shorter windows, and one round of systems that no goal "
        "names. quick: one round of short windows, about 6 minutes, to see that it works; writes no page",
    )
    parser.add_argument(
        "--quick", action="store_const", const="quick", dest="length", help="the same as --length quick"
    )
    parser.add_argument("--only", action="append", choices=NAMES, help="only this system; may be repeated")
    parser.add_argument("--report", type=Path, help="measure nothing; write the page from this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
