"""Rounds: every system in turn, again and again, so that drift of the machine hits all alike."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from benchmarks.ceiling import SETTINGS, TITLE, measure_ceiling
from benchmarks.figures import measure
from benchmarks.plan import Plan
from benchmarks.systems import PLACES, by_name

CEILING = "pgbench"
NAMES = [*PLACES, CEILING]
LOOK_SECONDS = 2.0
FAILURES = (RuntimeError, ValueError, OSError, TimeoutError, msgspec.MsgspecError, httpx.HTTPError)
"""Of one system; the others are measured all the same."""


def run(names: list[str], plan: Plan, results: Path) -> None:
    """Measure, and write the raw data after each system, so that nothing is lost when one fails."""
    data: dict[str, Any] = {
        "machine": machine(),
        "plan": msgspec.to_builtins(plan),
        "systems": {name: _about(name) for name in names},
        "rounds": [],
    }
    for number in range(plan.rounds):
        figures: dict[str, Any] = {}
        data["rounds"].append(figures)
        for name in names:
            if number and name in plan.once:
                continue
            figures[name] = _measured(name, plan, number)
            results.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _measured(name: str, plan: Plan, number: int) -> dict[str, Any]:
    begun = time.monotonic()
    print(f"round {number + 1} of {plan.rounds}: {name} ...", end=" ", flush=True)
    first = number == 0
    try:
        figures = asyncio.run(measure_ceiling(plan) if name == CEILING else measure(by_name(name)(), plan, first=first))
    except FAILURES as error:
        print(f"FAILED: {error!r}", flush=True)
        return {"failed": repr(error)[-500:]}
    print(f"{time.monotonic() - begun:.0f} s", flush=True)
    return figures


def _about(name: str) -> dict[str, str]:
    if name == CEILING:
        return {"title": TITLE, "settings": SETTINGS}
    system = by_name(name)
    fetching = f"; {system.clients} clients fetch results" if system.executes else ""
    return {"title": system.title, "settings": system.settings + fetching}


def machine() -> dict[str, Any]:
    """What the figures depend on, without saying whose machine it is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
        "cores_used_before": round(_cores_used(), 1),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def _cores_used() -> float:
    """By whatever else there is, now: the load average would still be of what this benchmark has just done."""
    before, begun = _busy_seconds(), time.monotonic()
    time.sleep(LOOK_SECONDS)
    return (_busy_seconds() - before) / (time.monotonic() - begun)


def _busy_seconds() -> float:
    """Of all cores together, since the system's start; proc_stat(5)."""
    user, nice, system, _idle, _waiting, *interrupts = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
