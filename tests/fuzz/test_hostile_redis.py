"""Redis is not believed: whoever can write to it runs no code here, changes no operation and forges no log.

What such a person can do is to wake workers for nothing, and to keep wake-ups from arriving: that costs time.
"""

from __future__ import annotations

import asyncio
import os
import pickle
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import redis.asyncio

from operations_api.changes import CHANNEL
from operations_api.queue import BELL, QUEUE, WAKE, Queue
from tests.fuzz.target import Target
from tests.worker.conftest import crew
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS, PROGRAM, Crew
from tests.worker.definitions import StepTold

__all__ = ["crew"]

FORGED = "2026-01-01T00:00:00.000000Z [info     ] forged"


class Bomb:
    """Makes a directory when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.place),)


def hostile(place: Path) -> list[bytes]:
    """Pickles that run code, and msgpack that is deep, endless, huge, of odd types, or almost right."""
    encode = msgspec.msgpack.encode
    return [
        *(pickle.dumps(Bomb(place), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        *(pickle.dumps({"t": 1, "f": WAKE, "a": [Bomb(place)], "k": {}, "et": 1}, protocol) for protocol in (0, 4)),
        b"",
        b"\xc1",
        b"\x91" * 100_000,
        b"\x81\xa1a" * 50_000,
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xffx",
        b"\xc7\x0c\xff" + b"\xff" * 12,
        b"\xa4\xff\xfe\xfd\xfc",
        encode({"f": WAKE}),
        encode({"t": 1, "f": "no-such-function", "a": [], "k": {}, "et": 1}),
        encode({"t": 1, "f": "os.system", "a": ["true"], "k": {}, "et": 1}),
        encode({"t": "x", "f": None, "a": 1, "k": [], "et": {}}),
        encode({"t": 1, "f": WAKE, "a": list(range(99)), "k": {"x": 1}, "et": 1}),
        encode([["dev", "not-a-uuid"]]),
        encode([["dev", uuid4(), 1, True, "more"]]),
        encode([[f"\n{FORGED}\0\x1b[2J", uuid4()], ["dev", uuid4(), -1, True]]),
        encode([["dev", uuid4(), 2**63, True]] * 10_000),
    ]


async def plant(redis_url: str, place: Path) -> None:
    """All of it, wherever somebody here reads: in the queue, as jobs, on the bell and on the channel of changes."""
    client: Any = redis.asyncio.from_url(redis_url)
    for number, data in enumerate(hostile(place)):
        id = f"hostile-{number}\n{FORGED}"
        await client.set(f"arq:job:{id}", data)
        await client.zadd(QUEUE, {id: 1})
        await client.zadd(QUEUE, {data: 1})
        await client.publish(BELL, data)
        await client.publish(CHANNEL, data)
    await client.aclose()


async def used_up(redis_url: str) -> None:
    """Ring until the worker has taken everything from the queue."""
    client: Any = redis.asyncio.from_url(redis_url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await client.zcard(QUEUE):
            await client.publish(BELL, msgspec.msgpack.encode([]))
            await asyncio.sleep(POLL_SECONDS)
    await client.aclose()


async def test_a_worker_runs_nothing_that_redis_says(crew: Crew, redis_url: str, tmp_path: Path) -> None:
    worker = crew.start_worker()
    await crew.done(await crew.begin(StepTold("warm-up")))
    await plant(redis_url, tmp_path / "bomb")
    await used_up(redis_url)
    queue = await Queue.open(redis_url)
    id = await crew.begin(StepTold("only"))
    queue.wake()
    assert (await crew.done(id)).status == "succeeded"
    await queue.close()
    assert worker.process.poll() is None
    assert not (tmp_path / "bomb").exists()
    assert not [line for line in worker.said().splitlines() if line.startswith(FORGED)]


async def test_the_stock_arq_command_runs_nothing_that_redis_says(crew: Crew, redis_url: str, tmp_path: Path) -> None:
    worker = crew.start_worker(command=[PROGRAM.with_name("arq"), "worker.app.WorkerSettings"])
    await crew.done(await crew.begin(StepTold("warm-up")))
    await plant(redis_url, tmp_path / "bomb")
    await used_up(redis_url)
    assert (await crew.done(await crew.begin(StepTold("only")))).status == "succeeded"
    assert worker.process.poll() is None
    assert not (tmp_path / "bomb").exists()


async def test_the_api_runs_nothing_that_redis_says(target: Target, redis_url: str, tmp_path: Path) -> None:
    target.refresh()
    await plant(redis_url, tmp_path / "bomb")
    request = b"GET /operations/@ID@ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer @KEY@\r\nPrefer: wait=1\r\n"
    (answer,) = target.answers(request + b"Connection: close\r\n\r\n")
    assert answer.status == 200
    target.is_unharmed()
    assert not (tmp_path / "bomb").exists()


def test_the_bomb_would_go_off(tmp_path: Path) -> None:
    pickle.loads(hostile(tmp_path / "bomb")[0])  # noqa: S301 -- what nobody may do with what Redis says
    assert (tmp_path / "bomb").exists()
