"""What is done to the fleet, and when: a schedule that follows from the seed alone."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import msgspec
import redis.asyncio as redis
from redis.exceptions import RedisError

from tests.chaos.fleet import Fleet


class Fault(msgspec.Struct, frozen=True):
    """At ``at`` seconds into a phase ``kind`` is done to the one with this number; ``seconds`` is for what lasts."""

    at: float
    kind: str
    target: int
    seconds: float


def schedule(seed: int, seconds: float, kinds: list[str], every_seconds: float) -> list[Fault]:
    """The faults of one phase. The same arguments give the same faults."""
    chance = random.Random(f"{seed} {seconds} {kinds} {every_seconds}")
    faults, at = [], every_seconds * 0.5
    while at < seconds:
        faults.append(Fault(round(at, 3), chance.choice(kinds), chance.randrange(1000), chance.uniform(0.5, 1.5)))
        at += every_seconds * chance.uniform(0.5, 1.5)
    return faults


async def inflict(fleet: Fleet, fault: Fault, lease_seconds: float) -> None:
    """Do it, and undo what does not end by itself."""
    await KINDS[fault.kind](fleet, fault, lease_seconds)


async def kill_worker(fleet: Fleet, fault: Fault, _: float) -> None:
    """SIGKILL in the middle of whatever it does."""
    fleet.workers[fault.target % len(fleet.workers)].signal(signal.SIGKILL)


async def stop_worker(fleet: Fleet, fault: Fault, _: float) -> None:
    """SIGTERM: it drains."""
    fleet.workers[fault.target % len(fleet.workers)].signal(signal.SIGTERM)


async def freeze_worker(fleet: Fleet, fault: Fault, lease_seconds: float) -> None:
    """SIGSTOP past its lease, then SIGCONT: a zombie that believes it holds its operations."""
    worker = fleet.workers[fault.target % len(fleet.workers)]
    worker.signal(signal.SIGSTOP)
    await asyncio.sleep(lease_seconds * (1 + fault.seconds))
    worker.signal(signal.SIGCONT)


async def kill_api(fleet: Fleet, fault: Fault, _: float) -> None:
    """SIGKILL with requests on the wire."""
    fleet.api_processes[fault.target % len(fleet.api_processes)].signal(signal.SIGKILL)


async def restart_postgres(fleet: Fleet, _: Fault, __: float) -> None:
    """Immediate mode."""
    await fleet.restart_postgres()


async def kill_backends(fleet: Fleet, fault: Fault, _: float) -> None:
    """A third of the sessions lose their connection, in the middle of a COMMIT if it so happens."""
    with suppress(OSError, asyncpg.PostgresError):  # it may be down from another fault
        connection = await asyncpg.connect(fleet.database_url)
        try:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database() and pid % 3 = $1::int",
                fault.target % 3,
            )
        finally:
            await connection.close()


async def exhaust_pools(fleet: Fleet, fault: Fault, _: float) -> None:
    """The table of operations is locked for a while, as by a careless migration: every session of every pool waits."""
    with suppress(OSError, asyncpg.PostgresError):
        connection = await asyncpg.connect(fleet.database_url)
        try:
            async with connection.transaction():
                await connection.execute("lock table operations in access exclusive mode")
                await connection.execute("select pg_sleep($1)", 2 * fault.seconds)
        finally:
            await connection.close()


async def restart_redis(fleet: Fleet, _: Fault, __: float) -> None:
    """SIGKILL, then a new start from the append-only file."""
    await fleet.restart_redis()


async def flush_redis(fleet: Fleet, _: Fault, __: float) -> None:
    """Every wake-up is lost."""
    client: redis.Redis = redis.Redis.from_url(fleet.redis_url)
    with suppress(OSError, RedisError):
        await client.flushall()
    await client.aclose()


KINDS: dict[str, Callable[[Fleet, Fault, float], Awaitable[None]]] = {
    "kill-worker": kill_worker,
    "stop-worker": stop_worker,
    "freeze-worker": freeze_worker,
    "kill-api": kill_api,
    "restart-postgres": restart_postgres,
    "kill-backends": kill_backends,
    "exhaust-pools": exhaust_pools,
    "restart-redis": restart_redis,
    "flush-redis": flush_redis,
}
