"""Where the time of API and worker goes: `python -m benchmarks.profile` writes benchmarks/results/profile.json.

py-spy, of the peers' environment, looks at both a few hundred times a second from outside while each kind of load runs.
A sample counts for whoever owns the innermost function of Python; what is compiled counts for its caller. It looks
without stopping them: one that is stopped is mostly found in whatever has just made a system call.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.deployment import Deployment, deployed
from benchmarks.figures import put_load
from benchmarks.plan import MIDDLE
from benchmarks.report_table import number, table
from benchmarks.runner import machine
from benchmarks.system import PEERS, ROOT
from benchmarks.systems import by_name

RESULTS = ROOT / "benchmarks" / "results" / "profile.json"
PY_SPY = PEERS / "bin" / "py-spy"
A_SECOND = 250
SECONDS = 8
SYSTEMS = ("operations", "operations-local")

HEAD = """\
Whose functions API and worker were in, when `make bench-profile` looked a few hundred times a second: while operations
are started and their results fetched (*finished*), while they are only started, and while a backlog is drained. What is
compiled counts for the Python that has called it; the event loop's share includes its system calls."""

OWNERS = (
    ("operations_api/http/", "our HTTP face"),
    ("operations_api/domain/", "our domain"),
    ("operations_api/store/", "our store"),
    ("operations_api/", "ours, other"),
    ("worker/", "our worker"),
    ("asyncpg", "asyncpg"),
    ("litestar", "Litestar"),
    ("uvicorn", "uvicorn"),
    ("asyncio", "event loop"),
    ("redis", "redis"),
    ("arq", "arq"),
    ("structlog", "structlog"),
)
"""By what stands in the name of its file; the first that fits. Everything else is the interpreter and its library."""


def main() -> None:
    data: dict[str, Any] = {"machine": machine(), "systems": {}}
    for name in SYSTEMS:
        data["systems"][name] = asyncio.run(_profiled(name))
        RESULTS.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


async def _profiled(name: str) -> dict[str, Any]:
    """By load and role, the share of each owner."""
    system, shares = by_name(name)(), {}
    async with deployed(system) as deployment:
        await deployment.start()
        async with _watched(deployment, "api", "worker") as shares["finished"]:
            await put_load(deployment, MIDDLE, "whole", "sustained", system.clients, SECONDS + 2)
        await deployment.pause()
        async with _watched(deployment, "api") as shares["starts"]:
            await put_load(deployment, MIDDLE, "starts", "starts", MIDDLE.connections, SECONDS + 2)
        await deployment.resume()
        async with _watched(deployment, "worker") as shares["drain"]:
            pass
    return shares


@asynccontextmanager
async def _watched(deployment: Deployment, *roles: str) -> AsyncIterator[dict[str, dict[str, float]]]:
    """Look at these while the block runs; at its end it is known."""
    shares: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="profile-") as directory:
        looking = asyncio.gather(*(_looked_at(deployment.pid(role), Path(directory) / role) for role in roles))
        yield shares
        shares.update(zip(roles, await looking, strict=True))


async def _looked_at(pid: int, file: Path) -> dict[str, float]:
    command = [PY_SPY, "record", "--nonblocking", "--full-filenames", "--format", "raw", "--rate", str(A_SECOND)]
    process = await asyncio.create_subprocess_exec(
        *command, "--duration", str(SECONDS), "--pid", str(pid), "--output", file, stdout=-3, stderr=-3
    )
    if await process.wait():
        raise RuntimeError(f"py-spy ended with {process.returncode}: may it trace other processes?")
    return _shares_in(file)


def _shares_in(file: Path) -> dict[str, float]:
    return shares_of(file.read_text(encoding="utf-8").splitlines())


def render(data: Mapping[str, Any]) -> str:
    """A table for each system: by owner the share of each process while it is loaded."""
    return "\n\n".join([HEAD, *(_table(name, shares) for name, shares in data["systems"].items())])


def _table(name: str, shares: Mapping[str, Any]) -> str:
    columns = [(load, role) for load, roles in shares.items() for role in roles]
    owners = dict.fromkeys(name for load, role in columns for name in shares[load][role])
    rows = [[each, *(number(100 * shares[load][role].get(each, 0), 0) for load, role in columns)] for each in owners]
    head = [f"{by_name(name).title}, %", *(f"{role}, {load}" for load, role in columns)]
    return table(head, rows)


def shares_of(stacks: Iterable[str]) -> dict[str, float]:
    """Of each owner the share of samples: lines of `outermost;...;innermost count`."""
    counts: Counter[str] = Counter()
    for line in stacks:
        frames, _, count = line.rpartition(" ")
        counts[owner(frames.rpartition(";")[2])] += int(count)
    whole = counts.total()
    return {name: count / whole for name, count in counts.most_common()}


def owner(frame: str) -> str:
    """Whose function this is: `name (file:line)`."""
    file = frame.rpartition("(")[2]
    return next((name for part, name in OWNERS if part in file), "Python")


if __name__ == "__main__":
    main()
