"""Which HTTP server to run the service on: starts and polls with each, in turn. `python -m benchmarks.servers`."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.deployment import deployed
from benchmarks.figures import measure_api
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.report import number, table
from benchmarks.runner import machine
from benchmarks.system import OUR_PYTHON, ROOT, Program, Servers
from benchmarks.systems.operations import Operations

RESULTS = ROOT / "benchmarks" / "results" / "servers.json"
GRANIAN = ["-m", "benchmarks.asgi", "--interface", "asgi", "--http", "1", "--no-ws", "--no-log", "--loop", "uvloop"]
UVICORN = ["-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
UVICORN_PLAIN = [*UVICORN, "--ws", "none"]
APP = "benchmarks.asgi:app"


class Served(Operations):
    """This service on another server: same port, same application."""

    def __init__(self, server: list[str]) -> None:
        super().__init__()
        self._server = server

    def programs(self, servers: Servers) -> list[Program]:
        api, worker = super().programs(servers)
        port = ["--port", str(self.port)]
        command = [*self._server] if "serve" in self._server else [*self._server, *port, APP]
        return [Program("api", [str(OUR_PYTHON), *command], api.environment), worker]


VARIANTS = {
    "uvicorn, guarded (serve)": ["-m", "operations_api", "serve"],
    "uvicorn, guarded (serve), 2 processes": ["-m", "operations_api", "serve", "--processes", "2"],
    "uvicorn, plain": UVICORN_PLAIN,
    "uvicorn, plain, 2 processes": [*UVICORN_PLAIN, "--workers", "2"],
    "granian": GRANIAN,
    "granian, 2 processes": [*GRANIAN, "--workers", "2"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter windows and one round")
    plan = QUICK if parser.parse_args().quick else FULL
    rounds: list[dict[str, Any]] = []
    for _ in range(plan.rounds):
        rounds.append({name: asyncio.run(_measured(server, plan)) for name, server in VARIANTS.items()})
        _write({"machine": machine(), "rounds": rounds}, RESULTS)
    print(_table(rounds))


async def _measured(server: list[str], plan: Plan) -> dict[str, Any]:
    async with deployed(Served(server)) as deployment:
        await deployment.start()
        await deployment.pause()
        return await measure_api(deployment, plan)


def _table(rounds: list[dict[str, Any]]) -> str:
    kinds = ("starts", "polls running", "polls 304")
    rows = []
    for name in VARIANTS:
        row = [name]
        for kind in kinds:
            row += [_median(rounds, name, kind, "rate", 0), _median(rounds, name, kind, "p99_ms", 1)]
            row.append(number(statistics.median(figures[name][kind]["cpu_ms_each"]["api"] for figures in rounds), 3))
        rows.append(row)
    return table(["", *[part for kind in kinds for part in (f"{kind}/s", "p99 ms", "CPU ms")]], rows)


def _median(rounds: list[dict[str, Any]], name: str, kind: str, member: str, digits: int) -> str:
    return number(statistics.median(figures[name][kind][member] for figures in rounds), digits)


def _write(data: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
