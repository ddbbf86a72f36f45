"""What is measured of one system, in the order in which it is measured."""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any

from benchmarks.counters import Counters
from benchmarks.deployment import Deployment, deployed
from benchmarks.load import Job, Report, run_load
from benchmarks.plan import Plan
from benchmarks.system import System
from benchmarks.wire import Connection, connect

Figures = dict[str, Any]

REST_SECONDS = 2.0
SPARE_FILES = 200
SAMPLE_SECONDS = 0.25
AT_ONCE_SECONDS = 180.0
FIRST_DONE_SECONDS = 30.0
"""Whoever has done nothing of a backlog by then will not begin."""


async def measure(system: System, plan: Plan, *, first: bool = True) -> Figures:
    """All figures of one system, on new servers; `first`: also those that one round is enough for."""
    async with deployed(system) as deployment:
        return await measure_deployed(deployment, plan, crowded=first and system.crowded)


async def measure_deployed(deployment: Deployment, plan: Plan, *, crowded: bool = False) -> Figures:
    """All figures of a system that has its servers and does not run yet."""
    system = deployment.system
    figures: Figures = {"first_answer_seconds": await deployment.start()}
    figures["idle_cpu_percent"] = await _resting(deployment, plan)
    figures["memory_mb"] = deployment.memory()
    if system.executes:
        figures |= await _executing(deployment, plan)
    if system.executes and system.pauses and system.measures & {"waiting", "starts", "drain"}:
        await deployment.pause()
    if system.waits and "waiting" in system.measures:
        figures["waiting"] = await _waiting(deployment, plan.waiting_clients)
    if crowded:
        figures["crowd"] = await _waiting(deployment, plan.crowd)
        figures["crowd_clients"] = plan.crowd
    if "starts" in system.measures:
        figures["starts"], started = await _starts(deployment, plan)
        figures["polls running"] = await _polls(deployment, plan, started)
    if system.executes and system.drains and "drain" in system.measures:
        figures["drain"] = await _drain(deployment, plan)
    await system.check(deployment.servers)
    return figures


async def _executing(deployment: Deployment, plan: Plan) -> Figures:
    """While its workers work."""
    figures: Figures = {}
    if "idle" in deployment.system.measures:
        figures["idle"] = await _idle(deployment, plan)
    figures["sustained"], done = await _sustained(deployment, plan)
    if "polls" in deployment.system.measures:
        figures["polls finished"] = await _polls(deployment, plan, done)
        figures["polls 304"] = await _revalidations(deployment, plan, done)
    return figures


async def measure_api(deployment: Deployment, plan: Plan) -> Figures:
    """Starts, and polls of what was started, on a system whose workers are stopped."""
    starts, started = await _starts(deployment, plan)
    polls, unchanged = await _polls(deployment, plan, started), await _revalidations(deployment, plan, started)
    return {"starts": starts, "polls running": polls, "polls 304": unchanged}


async def _resting(deployment: Deployment, plan: Plan) -> Figures:
    """Percent of a core, by role, while nothing is asked."""
    before, begun = deployment.cpu(), time.perf_counter()
    await asyncio.sleep(plan.rest_seconds)
    after, seconds = deployment.cpu(), time.perf_counter() - begun
    return {role: 100 * (after[role] - before[role]) / seconds for role in after}


async def _idle(deployment: Deployment, plan: Plan) -> Figures:
    """One client, one operation at a time, from the first byte of the start to the last of the result."""
    return _figures(await put_load(deployment, plan, "one", "idle", connections=1, seconds=60, limit=plan.idle_count))


async def _sustained(deployment: Deployment, plan: Plan) -> tuple[Figures, list[str]]:
    """Each client starts an operation and fetches its result, again and again: the queue cannot grow."""
    connections = deployment.system.clients
    seconds = min(plan.sustained_seconds, deployment.system.longest_seconds)
    figures, report = await _costed(deployment, plan, "whole", "sustained", connections, seconds)
    return figures, report.ids[: report.count]


async def _polls(deployment: Deployment, plan: Plan, ids: list[str]) -> Figures:
    figures, _ = await _costed(deployment, plan, "polls", "", plan.connections, plan.polls_seconds, ids=ids)
    return figures


async def _revalidations(deployment: Deployment, plan: Plan, ids: list[str]) -> Figures | None:
    """Conditional polls of operations in which nothing changes, where there are such polls."""
    if deployment.system.revalidate(ids[0], "") is None:
        return None
    connection = await connect(deployment.system.port)
    etag = (await connection.ask(deployment.system.poll(ids[0]))).header(b"etag").decode()
    connection.close()
    kind, seconds = "revalidations", plan.polls_seconds
    figures, _ = await _costed(deployment, plan, kind, "", plan.connections, seconds, ids=ids, etag=etag)
    return figures


async def _waiting(deployment: Deployment, clients: int) -> Figures:
    """What it takes to keep clients waiting for one operation that nobody executes, in MB by role for a thousand."""
    system = deployment.system
    _allow_files(clients + SPARE_FILES)
    first = await connect(system.port)
    id = system.id_of(await first.ask(system.start(f"waited-for-by-{clients}")))
    before = deployment.memory()
    waiters: list[Connection] = []
    answers = []
    for _ in range(clients):
        waiters.append(await connect(system.port))
        answers.append(waiters[-1].ask(system.fetch(id)))
        answers[-1].add_done_callback(_forget)
    await asyncio.sleep(REST_SECONDS)
    after = deployment.memory()
    gone = sum(answer.done() for answer in answers)
    for connection in [first, *waiters]:
        connection.close()
    if gone:
        raise RuntimeError(f"{system.name}: {gone} of {clients} clients did not wait")
    return {role: (after[role] - before[role]) * 1000 / clients for role in after}


def _allow_files(count: int) -> None:
    """Each connection is a file; what is started from here on inherits the limit. Raises `RuntimeError`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise RuntimeError(f"{count} open files are needed and {hard} allowed: raise the limit (ulimit -Hn {count})")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


async def _starts(deployment: Deployment, plan: Plan) -> tuple[Figures, list[str]]:
    """As many starts as it takes while nobody executes them."""
    figures, report = await _costed(deployment, plan, "starts", "starts", plan.connections, plan.starts_seconds)
    return figures, report.ids


async def _drain(deployment: Deployment, plan: Plan) -> Figures:
    """How fast what has piled up is done.

    Counted from the first that is done, since a worker's start is not its speed; where all are done at once, from when
    the workers go on, which have been there all the time.
    """
    at_once = deployment.system.at_once
    begun, backlog = await _left(deployment)
    if deployment.system.pauses:
        await deployment.resume()
    begun, before = (begun, backlog) if at_once else await _first_done(deployment, backlog)
    spent = deployment.cpu()
    now, left = begun, before
    while left > backlog * 0.05 and now - begun < (AT_ONCE_SECONDS if at_once else plan.drain_seconds):
        await asyncio.sleep(SAMPLE_SECONDS)
        now, left = await _left(deployment)
    after, done = deployment.cpu(), before - left
    each = {role: 1000 * (after[role] - spent[role]) / done for role in after} if done else {}
    return {"rate": done / (now - begun) if done else 0.0, "backlog": backlog, "cpu_ms_each": each}


async def _first_done(deployment: Deployment, backlog: int) -> tuple[float, int]:
    """When the first are done, and how many are left then."""
    patience = time.perf_counter() + FIRST_DONE_SECONDS
    while True:
        now, left = await _left(deployment)
        if left < backlog or now > patience:
            return now, left
        await asyncio.sleep(SAMPLE_SECONDS)


async def _left(deployment: Deployment) -> tuple[float, int]:
    """How many operations are not done, and when that was: before they are counted, which may take a while."""
    return time.perf_counter(), await deployment.system.unfinished(deployment.servers)


async def _costed(deployment: Deployment, *job: Any, **more: Any) -> tuple[Figures, Report]:
    """A load, and the CPU milliseconds of every process for each answer."""
    counters = await Counters.read(deployment.servers.database_url) if deployment.system.counted else None
    before = deployment.cpu()
    report = await put_load(deployment, *job, **more)
    after = deployment.cpu()
    spent = {role: 1000 * (after[role] - before[role]) / report.answered for role in after}
    figures = {**_figures(report), "cpu_ms_each": {**spent, "client": 1000 * report.cpu_seconds / report.answered}}
    if counters is not None:
        figures |= (await Counters.read(deployment.servers.database_url)).since(counters, report.answered)
    return figures, report


async def put_load(
    deployment: Deployment, plan: Plan, kind: str, prefix: str, connections: int, seconds: float, **more: Any
) -> Report:
    system = deployment.system
    job = Job(system.name, system.port, system.secret, kind, connections, seconds, f"{system.run}{prefix}", **more)
    return await run_load(job)


def _figures(report: Report) -> Figures:
    return {
        "rate": report.rate,
        "p50_ms": report.p50,
        "p99_ms": report.p99,
        "count": report.count,
        "failures": report.failures,
    }


def _forget(answered: asyncio.Future[Any]) -> None:
    """Nobody waits for it; that the connection was closed is no news."""
    if not answered.cancelled():
        answered.exception()
