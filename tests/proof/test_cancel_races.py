"""Cancel requests against the commit decision, at every moment of an operation's life: one of the two wins, always."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID, uuid4

import msgspec

from tests.http.service import Service, running
from tests.proof.bench import Bench
from tests.proof.definitions import Part, Whole, registry

RACES = 1000
AT_ONCE = 12
CALL_SECONDS = 0.01
"""Every call takes so long, and every cancel request comes so long after one, at most."""

MOMENTS = [
    ("accepted", "finished"),
    ("accepted", "reserving"),
    ("too_late", "executing"),
    ("too_late", "committing"),
    ("too_late", "finished"),
]
"""What a canceling client is told at the moments of a life; one canceled before its claim is finished at once."""

SEED = int(os.environ.get("PROOF_SEED", "7"))

# what a client is told, and how the operation may end after that; "fails" is one whose last reserve is refused
MAY_END = {
    ("accepted", False): {"canceled"},
    ("accepted", True): {"canceled"},
    ("too_late", False): {"succeeded"},
    ("too_late", True): {"failed"},
}


class Race(msgspec.Struct, frozen=True):
    id: UUID
    outcome: str
    phase: str
    fails: bool


class Door(Protocol):
    """Where an operation is started and canceled; a cancel gives what the client was told, and the phase."""

    async def start(self, parts: tuple[Part, ...]) -> UUID: ...
    async def cancel(self, id: UUID) -> tuple[str, str]: ...


class StoreDoor:
    """As the API does it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def start(self, parts: tuple[Part, ...]) -> UUID:
        return await self._bench.start(*parts)

    async def cancel(self, id: UUID) -> tuple[str, str]:
        asked = await self._bench.store.cancel("dev", id)
        assert asked.operation is not None
        return asked.outcome, asked.operation.phase


class HttpDoor:
    """As clients do it. Its requests are bytes on sockets: an HTTP library would take longer than the operations."""

    def __init__(self, bench: Bench, key: str) -> None:
        self._bench = bench
        self._headers = f"Host: proof\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        self._idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def to(cls, bench: Bench, service: Service) -> AsyncIterator[HttpDoor]:
        """With a connection for each race at once."""
        door = cls(bench, await service.new_key("dev"))
        opened = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(AT_ONCE)]
        for connection in opened:
            door._idle.put_nowait(connection)
        yield door
        for _, writer in opened:
            writer.close()

    async def start(self, parts: tuple[Part, ...]) -> UUID:
        body = msgspec.json.encode({"input": Whole(parts)})
        status, operation = await self._post("/operations/proof", body, f"Idempotency-Key: {uuid4()}\r\n")
        assert status == 202, operation
        id = UUID(operation["id"])
        self._bench.remember(id, parts)
        return id

    async def cancel(self, id: UUID) -> tuple[str, str]:
        status, told = await self._post(f"/operations/{id}/cancel")
        assert status in (202, 409), told
        return ("accepted", told["phase"]) if status == 202 else ("too_late", told["operation_phase"])

    async def _post(self, path: str, body: bytes = b"", headers: str = "") -> tuple[int, Any]:
        reader, writer = connection = await self._idle.get()
        head = f"POST {path} HTTP/1.1\r\n{self._headers}{headers}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answered.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        told = msgspec.json.decode(await reader.readexactly(length))
        self._idle.put_nowait(connection)
        return int(answered.split()[1]), told


async def test_a_cancel_request_wins_or_comes_too_late_whenever_it_comes(bench: Bench) -> None:
    await _races(bench, StoreDoor(bench))


async def test_a_cancel_request_over_http_is_a_202_and_canceled_or_a_409_and_the_operations_own_end(
    bench: Bench, database: str, redis_url: str
) -> None:
    async with running(database, redis_url, registry=registry) as service, HttpDoor.to(bench, service) as door:
        await _races(bench, door)


async def _races(bench: Bench, door: Door) -> None:
    print(f"PROOF_SEED={SEED}")
    chance = random.Random(SEED)
    bench.start_worker()
    at_once = asyncio.Semaphore(AT_ONCE)
    races = await asyncio.gather(*(_race(bench, door, at_once, chance) for _ in range(RACES)))
    statuses = await bench.check()
    ends = Counter((race.outcome, race.fails, statuses[race.id]) for race in races)
    print(ends)
    assert all(status in MAY_END[outcome, fails] for outcome, fails, status in ends), ends
    moments = Counter((race.outcome, race.phase) for race in races)
    print(moments)
    assert all(moments[moment] >= RACES / 500 for moment in MOMENTS), f"hardly tried: {moments}"


async def _race(bench: Bench, door: Door, at_once: asyncio.Semaphore, chance: random.Random) -> Race:
    parts = _parts(chance)
    calls = chance.randint(0, _calls(parts))
    # whoever wants to be there before the claim must not wait
    after_seconds = chance.uniform(0, CALL_SECONDS) if calls else 0
    async with at_once:
        id = await door.start(parts)
        await bench.books.reached(id, calls)
        await asyncio.sleep(after_seconds)  # the race itself: any moment will do
        outcome, phase = await door.cancel(id)
    return Race(id, outcome, phase, fails=any(part.rejects for part in parts))


def _calls(parts: tuple[Part, ...]) -> int:
    """How many calls it has when nobody disturbs it."""
    steps = sum(part.kind == "step" for part in parts)
    fails = any(part.rejects for part in parts)
    return 2 * steps - 1 if fails else steps + len(parts)


def _parts(chance: random.Random) -> tuple[Part, ...]:
    """Two or three steps of either effect, with a Pivot or an Action now and then; some fail by themselves."""
    steps = [_part(chance, f"step-{n}") for n in range(chance.choice([2, 2, 3]))]
    if chance.random() < 0.15:
        steps[-1] = msgspec.structs.replace(steps[-1], rejects="reserve")
    if chance.random() < 0.6:
        steps.append(_part(chance, "charge", "pivot"))
    if chance.random() < 0.3:
        steps.append(_part(chance, "mail", "action"))
    return tuple(steps)


def _part(chance: random.Random, key: str, kind: Any = "step") -> Part:
    effect: Any = chance.choice(["external", "local"])
    return Part(key, kind=kind, effect=effect, takes_seconds=CALL_SECONDS)
