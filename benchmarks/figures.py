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
FIRST_DONE_SECONDS = 30.0
"""Whoever has done nothing of a backlog by then will not begin."""


async def measure(system: System, plan: Plan) -> Figures:
    """All figures of one system, on new servers."""
    async with deployed(system) as deployment:
        figures: Figures = {"first_answer_seconds": await deployment.start()}
        await asyncio.sleep(REST_SECONDS)
        figures["memory_mb"] = deployment.memory()
        if system.executes:
            figures["idle"] = await _idle(deployment, plan)
            figures["sustained"], done = await _sustained(deployment, plan)
            figures["polls finished"] = await _polls(deployment, plan, done)
            figures["polls 304"] = await _revalidations(deployment, plan, done)
        if system.executes and system.pauses:
            await deployment.pause()
        if system.waits:
            figures["waiting"] = await _waiting(deployment, plan)
        figures["starts"], started = await _starts(deployment, plan)
        figures["polls running"] = await _polls(deployment, plan, started)
        if system.executes and system.drains:
            figures["drain"] = await _drain(deployment, plan)
        return figures


async def measure_api(deployment: Deployment, plan: Plan) -> Figures:
    """Starts, and polls of what was started, on a system whose workers are stopped."""
    starts, started = await _starts(deployment, plan)
    polls, unchanged = await _polls(deployment, plan, started), await _revalidations(deployment, plan, started)
    return {"starts": starts, "polls running": polls, "polls 304": unchanged}


async def _idle(deployment: Deployment, plan: Plan) -> Figures:
    """One client, one operation at a time, from the first byte of the start to the last of the result."""
    return _figures(await _load(deployment, plan, "one", "idle", connections=1, seconds=60, limit=plan.idle_count))


async def _sustained(deployment: Deployment, plan: Plan) -> tuple[Figures, list[str]]:
    """Each client starts an operation and fetches its result, again and again: the queue cannot grow."""
    connections = deployment.system.clients
    figures, report = await _costed(deployment, plan, "whole", "sustained", connections, plan.sustained_seconds)
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
    figures, report = await _costed(deployment, plan, "starts", "starts", plan.connections, plan.starts_seconds)
    return figures, report.ids


async def _drain(deployment: Deployment, plan: Plan) -> Figures:
    """How fast what has piled up is done. Counted from the first that is done: a worker's start is not its speed."""
    _, backlog = await _left(deployment)
    if deployment.system.pauses:
        await deployment.resume()
    begun, before = await _first_done(deployment, backlog)
    spent = deployment.cpu()
    now, left = begun, before
    while left > backlog * 0.05 and now - begun < plan.drain_seconds:
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
    before = deployment.cpu()
    report = await _load(deployment, *job, **more)
    after = deployment.cpu()
    spent = {role: 1000 * (after[role] - before[role]) / report.answered for role in after}
    return {**_figures(report), "cpu_ms_each": {**spent, "client": 1000 * report.cpu_seconds / report.answered}}, report


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
