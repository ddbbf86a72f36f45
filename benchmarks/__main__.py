"""`python -m benchmarks`: measure, then write docs/performance.md and its charts."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from benchmarks import report
from benchmarks.plan import FULL, QUICK
from benchmarks.runner import NAMES, run
from benchmarks.system import PEERS_PYTHON, ROOT

RESULTS = ROOT / "benchmarks" / "results"


def main() -> None:
    arguments = _arguments()
    raw: Path = arguments.report or RESULTS / ("quick.json" if arguments.quick else "full.json")
    if arguments.only and not arguments.report:
        raw = raw.with_stem("only")  # a part of the table is not the table
    if not arguments.report:
        run(arguments.only or NAMES, QUICK if arguments.quick else FULL, raw)
    is_page = raw.stem == "full" or bool(arguments.report)
    page = ROOT / "docs" / "performance.md" if is_page else raw.with_suffix(".md")
    report.write(raw, page)
    charts = page.parent / "charts"
    if is_page:
        subprocess.run([PEERS_PYTHON, "-m", "benchmarks.charts", raw, charts], check=True, cwd=ROOT)
    print(page.read_text(encoding="utf-8"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter windows and one round: to see that it works")
    parser.add_argument("--only", action="append", choices=NAMES, help="only this system; may be repeated")
    parser.add_argument("--report", type=Path, help="measure nothing; write the page from this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
