"""Run phases of load: first undisturbed, then one kind of fault each, then all of them mixed; check, and report."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.faults import KINDS, Fault, inflict, schedule
from tests.chaos.fleet import Fleet, running_fleet
from tests.chaos.load import Load
from tests.chaos.report import Phase, render
from tests.chaos.verdict import judge, money, wait_until_quiet


def main() -> int:
    """Exit code 0 when nothing was lost, doubled or held and the money is all there."""
    options = _options()
    with _directory(options.directory) as directory:
        report, good = asyncio.run(_run(options, directory))
    print(report)
    if options.report:
        options.report.write_text(report + "\n", encoding="utf-8")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="how long in all (default 180)")
    parser.add_argument("--seed", type=int, default=1, help="the schedule of faults follows from it (default 1)")
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"which faults (default {','.join(KINDS)})")
    parser.add_argument("--mixed-only", action="store_true", help="no phase per kind of fault")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two faults of one kind (default 10)")
    parser.add_argument("--every-mixed", type=float, default=2.0, help="the same where all are mixed (default 2)")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--apis", type=int, default=2)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--lease-seconds", type=float, default=2.0)
    parser.add_argument("--directory", type=Path, help="a new directory in which data and logs are kept")
    parser.add_argument("--report", type=Path, help="also write the report to this file")
    return parser.parse_args()


@contextmanager
def _directory(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        yield Path(directory)


async def _run(options: argparse.Namespace, directory: Path) -> tuple[str, bool]:
    kinds = options.kinds.split(",")
    alone: list[list[str]] = [[], *([] if options.mixed_only else [[kind] for kind in kinds])]
    each, mixed = options.seconds / 2 / len(alone), options.seconds / 2  # all mixed is what matters most
    async with running_fleet(
        directory, apis=options.apis, workers=options.workers, lease_seconds=options.lease_seconds
    ) as fleet:
        before = await money(fleet)
        phases = [await _phase(fleet, some, each, options) for some in alone]
        phases.append(await _phase(fleet, kinds, mixed, options))
        await wait_until_quiet(fleet)
        accepted = [work for phase in phases for work in phase.accepted]
        verdict = await judge(fleet, accepted, before)
    unexpected = [line for phase in phases for line in phase.unexpected]
    return render(options, phases, verdict, unexpected), verdict.good and not unexpected


async def _phase(fleet: Fleet, kinds: list[str], seconds: float, options: argparse.Namespace) -> Phase:
    load = Load(fleet, options.clients)
    running = asyncio.create_task(load.run())
    began_at = time.time()
    every = options.every if len(kinds) == 1 else options.every_mixed
    faults = schedule(options.seed, seconds, kinds, every) if kinds else []
    inflicted = [asyncio.create_task(_at(fleet, fault, began_at, options.lease_seconds)) for fault in faults]
    await asyncio.sleep(seconds)
    ended_at = time.time()
    load.stop()
    faults_at = await asyncio.gather(*inflicted)
    await running
    name = "undisturbed" if not kinds else kinds[0] if len(kinds) == 1 else "mixed"
    print(f"{name}: {len(load.accepted)} accepted, {len(faults)} faults", file=sys.stderr, flush=True)
    return Phase(name, began_at, ended_at, faults_at, load.accepted, load.unexpected)


async def _at(fleet: Fleet, fault: Fault, began_at: float, lease_seconds: float) -> float:
    await asyncio.sleep(max(0.0, began_at + fault.at - time.time()))
    at = time.time()
    await inflict(fleet, fault, lease_seconds)
    return at


if __name__ == "__main__":
    sys.exit(main())
