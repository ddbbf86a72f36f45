"""What is measured of one system, in the order in which it is measured."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.deployment import Deployment, deployed
from benchmarks.load import Job, Report, run_load
from benchmarks.plan import Plan
from benchmarks.system import System
from benchmarks.wire import Connection, connect

Figures = dict[str, Any]

REST_SECONDS = 2.0
SAMPLE_SECONDS = 0.25
MOST_POLLED = 2000


async def measure(system: System, plan: Plan) -> Figures:
    """All figures of one system, on new servers."""
    async with deployed(system) as deployment:
        figures: Figures = {"first_answer_seconds": await deployment.start()}
        await asyncio.sleep(REST_SECONDS)
        figures["memory_mb"] = deployment.memory()
        if system.executes:
            figures["idle"] = await _idle(deployment, plan)
            figures["sustained"], done = await _sustained(deployment, plan)
            figures["polls finished"], figures["polls 304"] = await _polls(deployment, plan, done)
        if system.executes and system.pauses:
            await deployment.pause()
        if system.waits:
            figures["waiting"] = await _waiting(deployment, plan)
        figures["starts"], started = await _starts(deployment, plan)
        figures["polls running"] = await _running_polls(deployment, plan, started)
        if system.executes and system.drains:
            figures["drain"] = await _drain(deployment, plan)
        return figures


async def _idle(deployment: Deployment, plan: Plan) -> Figures:
    """One client, one operation at a time, from the first byte of the start to the last of the result."""
    return _figures(await _load(deployment, plan, "one", "idle", connections=1, seconds=60, limit=plan.idle_count))


async def _sustained(deployment: Deployment, plan: Plan) -> tuple[Figures, list[str]]:
    """Each client starts an operation and fetches its result, again and again: the queue cannot grow."""
    before = deployment.cpu()
    connections = plan.fetching_connections
    report = await _load(deployment, plan, "whole", "sustained", connections, plan.sustained_seconds)
    after = deployment.cpu()
    spent = {role: 1000 * (after[role] - before[role]) / max(1, len(report.ids)) for role in after}
    spent["client"] = 1000 * report.cpu_seconds / max(1, len(report.ids))
    return {**_figures(report), "cpu_ms_per_operation": spent}, report.ids[: report.count]


async def _polls(deployment: Deployment, plan: Plan, done: list[str]) -> tuple[Figures, Figures | None]:
    """Polls of finished operations, and conditional ones that find nothing new."""
    ids = done[:MOST_POLLED]
    plain = _figures(await _load(deployment, plan, "polls", "", plan.connections, plan.polls_seconds, ids=ids))
    if deployment.system.revalidate(ids[0], "") is None:
        return plain, None
    connection = await connect(deployment.system.port)
    etag = (await connection.ask(deployment.system.poll(ids[0]))).header(b"etag").decode()
    connection.close()
    kind = "revalidations"
    report = await _load(deployment, plan, kind, "", plan.connections, plan.polls_seconds, ids=ids, etag=etag)
    return plain, _figures(report)


async def _waiting(deployment: Deployment, plan: Plan) -> Figures:
    """What it takes to keep clients waiting for one operation that nobody executes."""
    system = deployment.system
    first = await connect(system.port)
    id = system.id_of(await first.ask(system.start("waited-for")))
    before = deployment.memory()
    waiters: list[Connection] = []
    for _ in range(plan.waiting_clients):
        waiters.append(await connect(system.port))
        waiters[-1].ask(system.fetch(id)).add_done_callback(_forget)
    await asyncio.sleep(REST_SECONDS)
    after = deployment.memory()
    for connection in [first, *waiters]:
        connection.close()
    return {role: (after[role] - before[role]) * 1000 / plan.waiting_clients for role in after}


async def _starts(deployment: Deployment, plan: Plan) -> tuple[Figures, list[str]]:
    """As many starts as it takes while nobody executes them."""
    report = await _load(deployment, plan, "starts", "starts", plan.connections, plan.starts_seconds)
    return _figures(report), report.ids


async def _running_polls(deployment: Deployment, plan: Plan, started: list[str]) -> Figures:
    ids = started[-MOST_POLLED:]
    return _figures(await _load(deployment, plan, "polls", "", plan.connections, plan.polls_seconds, ids=ids))


async def _drain(deployment: Deployment, plan: Plan) -> Figures:
    """How fast what has piled up is done. Counted from the first that is done: a worker's start is not its speed."""
    backlog = before = await deployment.system.unfinished(deployment.servers)
    begun, spent = time.perf_counter(), deployment.cpu()
    if deployment.system.pauses:
        await deployment.resume()
    if not deployment.system.freezes:  # else there is no start to leave out
        before = await _first_done(deployment, plan, backlog)
        begun, spent = time.perf_counter(), deployment.cpu()
    left, now = before, begun
    while left > backlog * 0.05 and now - begun < plan.drain_seconds:
        await asyncio.sleep(SAMPLE_SECONDS)
        left, now = await deployment.system.unfinished(deployment.servers), time.perf_counter()
    after = deployment.cpu()
    done = before - left
    each = {role: 1000 * (after[role] - spent[role]) / max(1, done) for role in after}
    return {"rate": done / (now - begun) if done else 0.0, "backlog": backlog, "cpu_ms_per_operation": each}


async def _first_done(deployment: Deployment, plan: Plan, backlog: int) -> int:
    """How many are left when the first are done."""
    left, patience = backlog, time.perf_counter() + plan.drain_seconds
    while left == backlog and time.perf_counter() < patience:
        await asyncio.sleep(SAMPLE_SECONDS)
        left = await deployment.system.unfinished(deployment.servers)
    return left


async def _load(
    deployment: Deployment, plan: Plan, kind: str, prefix: str, connections: int, seconds: float, **more: Any
) -> Report:
    system = deployment.system
    job = Job(system.name, system.port, system.secret, kind, connections, seconds, prefix, **more)
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
