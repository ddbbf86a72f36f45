"""What is done to the fleet, one function for each kind of fault."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import redis.asyncio as redis
from redis.exceptions import RedisError

from tests.chaos.fleet import Fleet
from tests.chaos.schedule import Fault

KILLS_IN_A_ROW = 6
"""So that each of two workers is met again when it has just come back; somebody must be left to go on."""

HURT = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What our own sessions meet: they are not spared by the other faults."""


async def inflict(fleet: Fleet, fault: Fault) -> None:
    """Do it, and undo what does not end by itself."""
    await KINDS[fault.kind](fleet, fault)


async def kill_worker(fleet: Fleet, fault: Fault) -> None:
    """SIGKILL in the middle of whatever the worker does."""
    fleet.kill_worker(fault.target)


async def kill_workers(fleet: Fleet, fault: Fault) -> None:
    """Two of them in turn, again and again: they die as soon as they have come back, or while they start."""
    for number in range(KILLS_IN_A_ROW):
        if number:
            await asyncio.sleep(fault.seconds / (KILLS_IN_A_ROW - 1))
        fleet.kill_worker(fault.target + number % 2)


async def stop_worker(fleet: Fleet, fault: Fault) -> None:
    """SIGTERM: the worker drains."""
    fleet.workers[fault.target % len(fleet.workers)].signal(signal.SIGTERM)


async def freeze_worker(fleet: Fleet, fault: Fault) -> None:
    """SIGSTOP past its lease, then SIGCONT: a zombie that believes it holds its operations."""
    worker = fleet.workers[fault.target % len(fleet.workers)]
    worker.signal(signal.SIGSTOP)
    await asyncio.sleep(fault.seconds)
    worker.signal(signal.SIGCONT)


async def kill_api(fleet: Fleet, fault: Fault) -> None:
    """SIGKILL to an API process with requests on the wire."""
    fleet.api_processes[fault.target % len(fleet.api_processes)].signal(signal.SIGKILL)


async def restart_postgres(fleet: Fleet, _: Fault) -> None:
    """In immediate mode: no farewell to anybody, and recovery from the log."""
    await fleet.restart_postgres()


async def kill_backends(fleet: Fleet, fault: Fault) -> None:
    """A third of the sessions lose their connection, in the middle of a COMMIT if it so happens."""
    with suppress(*HURT):
        connection = await asyncpg.connect(fleet.database_url)
        try:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database() and pid % 3 = $1::int",
                fault.target % 3,
            )
        finally:
            await connection.close()


async def exhaust_pools(fleet: Fleet, fault: Fault) -> None:
    """The table of operations is locked for a while, as by a careless migration: every session of every pool waits."""
    with suppress(*HURT):
        connection = await asyncpg.connect(fleet.database_url)
        try:
            async with connection.transaction():
                await connection.execute("lock table operations in access exclusive mode")
                await connection.execute("select pg_sleep($1)", fault.seconds)
        finally:
            await connection.close()


async def lose_redis(fleet: Fleet, fault: Fault) -> None:
    """Redis gets a SIGKILL, and nobody starts it again for a while."""
    await fleet.lose_redis(fault.seconds)


async def flush_redis(fleet: Fleet, _: Fault) -> None:
    """FLUSHALL: every wake-up is lost."""
    client: redis.Redis = redis.Redis.from_url(fleet.redis_url)
    with suppress(OSError, RedisError):
        await client.flushall()
    await client.aclose()


async def kill_participant(fleet: Fleet, _: Fault) -> None:
    """SIGKILL with calls on the wire; the participant's books are on disk, and it comes back."""
    fleet.participant.signal(signal.SIGKILL)


async def freeze_participant(fleet: Fleet, fault: Fault) -> None:
    """SIGSTOP: calls time out, and the participant carries them out when everybody has given them up."""
    fleet.participant.signal(signal.SIGSTOP)
    await asyncio.sleep(fault.seconds)
    fleet.participant.signal(signal.SIGCONT)


KINDS: dict[str, Callable[[Fleet, Fault], Awaitable[None]]] = {
    "kill-worker": kill_worker,
    "kill-workers": kill_workers,
    "stop-worker": stop_worker,
    "freeze-worker": freeze_worker,
    "kill-api": kill_api,
    "restart-postgres": restart_postgres,
    "kill-backends": kill_backends,
    "exhaust-pools": exhaust_pools,
    "lose-redis": lose_redis,
    "flush-redis": flush_redis,
    "kill-participant": kill_participant,
    "freeze-participant": freeze_participant,
}
