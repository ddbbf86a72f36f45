"""`python -m benchmarks.growth`: measure on databases of several sizes, then write the page of results.

Each part is measured on all sizes in turn, so that drift of the machine hits all alike, and takes the place of what an
earlier run has found: five million operations need a while and some 20 GB, so a run may do one part at a time on a
directory that it keeps.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks.deployment import serving
from benchmarks.growth.parts import PARTS, PLAN, Growth, database_of
from benchmarks.growth.plans import HOT, STATISTICS, keep_statistics, wrong_plans
from benchmarks.growth.report import render
from benchmarks.runner import FAILURES, machine
from benchmarks.system import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "growth.json"
SIZES = [10_000, 1_000_000, 5_000_000]
GIB = 2**30
BYTES_EACH = 4 * 1024
"""An operation with its key, its steps, their indexes, and the log that loading them leaves."""


def main() -> None:
    arguments = _arguments()
    with _directory(arguments.data) as directory, serving(directory) as (servers, pids):
        growth = Growth(servers, pids, msgspec.structs.replace(PLAN, sustained_seconds=arguments.seconds))
        data = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        for size in sorted(arguments.sizes):
            _need_space(directory, size)
            print(f"loading {size:,} operations ...", end=" ", flush=True)
            found = asyncio.run(growth.fill(size))
            data.setdefault("sizes", {}).setdefault(str(size), {}).update(found)
            print(f"{found['bytes'] / GIB:.1f} GiB", flush=True)
        for part in arguments.parts or [*PARTS, "plans"]:
            data.setdefault("parts", {})[part] = {"machine": machine(), **_measured(growth, part, arguments)}
            RESULTS.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        if arguments.keep_statistics:
            keep_statistics(database_of(servers.database_url, max(arguments.sizes)), STATISTICS)
    print(render(data))


def _measured(growth: Growth, part: str, arguments: argparse.Namespace) -> dict[str, Any]:
    sizes = sorted(arguments.sizes)
    if part == "plans":
        return asyncio.run(_planned(database_of(growth.database_url, sizes[-1]), sizes[-1]))
    if part == "cleaning":
        print("cleaning ...", flush=True)
        size = max((size for size in sizes if size <= 1_000_000), default=sizes[0])
        return asyncio.run(growth.clean(size, arguments.expired, arguments.cleaning_seconds))
    rounds: list[dict[str, Any]] = []
    for number in range(arguments.rounds):
        rounds.append({})
        for size in sizes:
            print(f"{part}, round {number + 1} of {arguments.rounds}: {size:,} operations ...", flush=True)
            rounds[-1][str(size)] = _tried(growth, part, size)
    return {"rounds": rounds}


def _tried(growth: Growth, part: str, size: int) -> dict[str, Any]:
    """What fails is said, and the others are measured all the same."""
    try:
        return asyncio.run(growth.measure(part, size))
    except FAILURES as error:
        print(f"FAILED: {error!r}", flush=True)
        return {"failed": repr(error)[-500:]}


async def _planned(database_url: str, size: int) -> dict[str, Any]:
    """The plans of all hot statements, where the rows really are."""
    connection = await asyncpg.connect(database_url)
    try:
        return {"operations": size, "statements": len(HOT), "wrong": await wrong_plans(connection)}
    finally:
        await connection.close()


@contextmanager
def _directory(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="growth-") as name:
        yield Path(name)


def _need_space(directory: Path, size: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < size * BYTES_EACH:
        raise SystemExit(
            f"{size:,} operations need about {size * BYTES_EACH / GIB:.0f} GiB and {directory} has {free / GIB:.0f}: "
            "choose another directory (--data, or TMPDIR), or smaller sizes (--sizes)"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many operations are stored")
    parser.add_argument("--parts", nargs="+", choices=[*PARTS, "plans"], help="only these; by default all")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured; medians are shown")
    parser.add_argument(
        "--seconds", type=float, default=PLAN.sustained_seconds, help="how long operations are finished"
    )
    parser.add_argument(
        "--data", type=Path, help="keep the databases here and find them here; by default nothing stays"
    )
    parser.add_argument("--expired", type=int, default=1_000_000, help="how many are to be cleaned")
    parser.add_argument("--cleaning-seconds", type=float, default=1800, help="for at most so long")
    parser.add_argument(
        "--keep-statistics",
        action="store_true",
        help="write the planner's statistics of the largest size where the tests of plans find them",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
