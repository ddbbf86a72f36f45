"""What is measured of each size, and how: every part on all sizes in turn, round after round."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.deployment import Deployment, deployed_on
from benchmarks.figures import measure_deployed, put_load
from benchmarks.growth.stock import fill
from benchmarks.plan import Plan
from benchmarks.system import Servers, System, count, execute
from benchmarks.systems import GROWN, by_name

PLAN = Plan(
    rounds=1,
    starts_seconds=4,
    polls_seconds=2,
    sustained_seconds=10,
    drain_seconds=5,
    idle_count=50,
    waiting_clients=0,
    rest_seconds=1,
)
PARTS = [*GROWN, "cleaning"]

SMALL = 100_000
"""A database of fewer is made anew for each part: what the part adds would be much beside it."""

EXPIRED = "select count(*) from (select from operations where expires_at <= now() and tombstone_until is null) as e"
THERE = "select count(*) from pg_database where datname = '{}'"
WINDOW_SECONDS = 10.0


class Growth:
    """Databases of several sizes on one server."""

    def __init__(self, servers: Servers, pids: dict[str, int], plan: Plan = PLAN) -> None:
        self.database_url = servers.database_url
        self._servers = servers
        self._pids = pids
        self._plan = plan

    async def fill(self, size: int) -> dict[str, Any]:
        """Load the database of this size, unless it is there. How large it is, and how long that took."""
        begun, name = time.monotonic(), _name(size)
        there = await count(self._servers.database_url, THERE.format(name))
        if not there:
            await execute(self._servers.database_url, f"create database {name}_unfinished")
            await fill(self._url(f"{name}_unfinished"), size)
            await execute(self._servers.database_url, f"alter database {name}_unfinished rename to {name}")
        seconds = time.monotonic() - begun
        bytes = await count(self._servers.database_url, f"select pg_database_size('{name}')")
        return {"operations": size, "bytes": bytes, **({} if there else {"load_seconds": seconds})}

    async def measure(self, part: str, size: int) -> dict[str, Any]:
        """One part of one size."""
        name = await self._fresh(size)
        servers = self._servers._replace(database_url=self._url(name))
        async with deployed_on(by_name(part)(), servers, self._pids) as deployment:
            return await measure_deployed(deployment, self._plan)

    async def clean(self, size: int, expired: int, at_most_seconds: float) -> dict[str, Any]:
        """Load operations whose time is over, then finish others until those are cleaned or so long has passed."""
        name = await self._fresh(size, copied=True)
        servers = self._servers._replace(database_url=self._url(name))
        before = await self._finish(servers, 2 * WINDOW_SECONDS)
        await fill(servers.database_url, expired, expired=True, seed=2)
        begun = await count(servers.database_url, EXPIRED)
        during = await self._finish(servers, at_most_seconds, until_clean=True)
        left = await count(servers.database_url, EXPIRED)
        cleaned = {"expired": begun, "cleaned": begun - left, "cleaned_each_second": (begun - left) / during["seconds"]}
        return {"before": before, "during": during, **cleaned}

    async def _finish(self, servers: Servers, seconds: float, *, until_clean: bool = False) -> dict[str, Any]:
        """Medians would hide what cleaning does to a few: the worst of the windows is kept, too."""
        windows = []
        system = by_name("grown")()
        async with deployed_on(system, servers, self._pids) as deployment:
            await deployment.start()
            begun = time.monotonic()
            while time.monotonic() - begun < seconds:
                windows.append(await self._window(deployment, system, len(windows)))
                if until_clean and not await count(servers.database_url, EXPIRED):
                    break
        rates, slow = [window["rate"] for window in windows], [window["p99_ms"] for window in windows]
        return {
            "rate": sum(rates) / len(rates),
            "lowest_rate": min(rates),
            "p50_ms": sorted(window["p50_ms"] for window in windows)[len(windows) // 2],
            "p99_ms": sorted(slow)[len(slow) // 2],
            "worst_p99_ms": max(slow),
            "seconds": time.monotonic() - begun,
        }

    async def _window(self, deployment: Deployment, system: System, number: int) -> dict[str, float]:
        report = await put_load(deployment, self._plan, "whole", f"window-{number}", system.clients, WINDOW_SECONDS)
        return {"rate": report.rate, "p50_ms": report.p50, "p99_ms": report.p99}

    async def _fresh(self, size: int, *, copied: bool = False) -> str:
        """The database to be measured."""
        name = _name(size)
        if size > SMALL and not copied:
            return name
        await execute(self._servers.database_url, f"drop database if exists {name}_copy with (force)")
        await execute(self._servers.database_url, f"create database {name}_copy template {name} strategy file_copy")
        return f"{name}_copy"

    def _url(self, name: str) -> str:
        return _named(self._servers.database_url, name)


def database_of(url: str, size: int) -> str:
    """The same server's database of this size."""
    return _named(url, _name(size))


def _named(url: str, name: str) -> str:
    head, _, rest = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{rest}"


def _name(size: int) -> str:
    return f"grown_{size}"
