"""Run phases of load: undisturbed, then one kind of fault each, then all of them mixed; check, and report.

Exit code 0 when every promise but the one about throughput is kept: that one is measured, and needs a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.chaos.faults import inflict
from tests.chaos.fleet import Fleet, running_fleet, until_all_work
from tests.chaos.load import Load
from tests.chaos.phase import Disturbance, Phase
from tests.chaos.report import promises, render
from tests.chaos.schedule import LASTS, Fault, Plan, plans
from tests.chaos.verdict import balances, judge, wait_until_quiet


def main() -> int:
    options = _options()
    schedule = plans(
        options.seed, options.seconds, options.kinds.split(","), options.every_mixed, mixed_only=options.mixed_only
    )
    if options.plan:
        print(msgspec.json.format(msgspec.json.encode(schedule)).decode())
        return 0
    with _directory(options.directory) as directory:
        report, good = asyncio.run(_run(options, schedule, directory))
    print(report)
    if options.report:
        options.report.write_text(report + "\n", encoding="utf-8")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1500, help="about how long in all (default 1500)")
    parser.add_argument("--seed", type=int, default=1, help="the schedule of faults follows from it (default 1)")
    parser.add_argument("--kinds", default=",".join(LASTS), help=f"which faults (default {','.join(LASTS)})")
    parser.add_argument("--mixed-only", action="store_true", help="no phase per kind of fault")
    parser.add_argument("--every-mixed", type=float, default=2.0, help="seconds between two faults, mixed (default 2)")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--apis", type=int, default=2)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--plan", action="store_true", help="only print the schedule of faults")
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


async def _run(options: argparse.Namespace, schedule: list[Plan], directory: Path) -> tuple[str, bool]:
    async with running_fleet(directory, apis=options.apis, workers=options.workers, seed=options.seed) as fleet:
        before = await balances(fleet)
        phases = [await _phase(fleet, plan, options.clients) for plan in schedule]
        await wait_until_quiet(fleet)
        verdict = await judge(fleet, [work for phase in phases for work in phase.accepted], before)
    kept = promises(phases, verdict)
    return render(options, phases, verdict, kept), all(one.is_kept for one in kept if one.counts)


async def _phase(fleet: Fleet, plan: Plan, clients: int) -> Phase:
    await until_all_work(fleet)  # what the last fault of the phase before has killed is no fault of this one
    load = Load(fleet.apis, fleet.key, plan.clients or clients)
    running = asyncio.create_task(load.run())
    began_at = time.time()
    inflicting = [asyncio.create_task(_at(fleet, fault, began_at)) for fault in plan.faults]
    await asyncio.sleep(plan.seconds)
    ended_at = time.time()
    load.stop()
    inflicted = await asyncio.gather(*inflicting, return_exceptions=True)
    await running
    disturbances = [one for one in inflicted if isinstance(one, Disturbance)]
    harmless = [f"a fault could not be inflicted: {one!r}" for one in inflicted if isinstance(one, BaseException)]
    print(f"{plan.name}: {len(load.accepted)} accepted, {len(plan.faults)} faults", file=sys.stderr, flush=True)
    unexpected = [*load.unexpected, *harmless]
    return Phase(plan.name, began_at, ended_at, disturbances, load.accepted, load.refused_at, unexpected)


async def _at(fleet: Fleet, fault: Fault, phase_began_at: float) -> Disturbance:
    await asyncio.sleep(max(0.0, phase_began_at + fault.at - time.time()))
    began_at = time.time()
    await inflict(fleet, fault)
    return Disturbance(fault.kind, began_at, time.time())


if __name__ == "__main__":
    sys.exit(main())
