"""Cancel requests against the commit decision, at every moment of an operation's life: one of the two wins, always."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec

from tests.proof.bench import Bench
from tests.proof.definitions import Part

RACES = 1200
AT_ONCE = 6
CALL_SECONDS = 0.003
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


async def test_a_cancel_request_wins_or_comes_too_late_whenever_it_comes(bench: Bench) -> None:
    print(f"PROOF_SEED={SEED}")
    chance = random.Random(SEED)
    bench.start_worker()
    at_once = asyncio.Semaphore(AT_ONCE)
    races = await asyncio.gather(*(_race(bench, at_once, chance) for _ in range(RACES)))
    statuses = await bench.check()
    ends = Counter((race.outcome, race.fails, statuses[race.id]) for race in races)
    print(ends)
    assert all(status in MAY_END[outcome, fails] for outcome, fails, status in ends), ends
    moments = Counter((race.outcome, race.phase) for race in races)
    print(moments)
    assert all(moments[moment] >= RACES / 100 for moment in MOMENTS), f"hardly tried: {moments}"


async def _race(bench: Bench, at_once: asyncio.Semaphore, chance: random.Random) -> Race:
    parts = _parts(chance)
    calls, after_seconds = chance.randint(0, _calls(parts)), chance.uniform(0, CALL_SECONDS)
    async with at_once:
        id = await bench.start(*parts)
        await bench.books.reached(id, calls)
        await asyncio.sleep(after_seconds)  # the race itself: any moment will do
        asked = await bench.store.cancel("dev", id)
    assert asked.operation is not None
    return Race(id, asked.outcome, asked.operation.phase, fails=any(part.rejects for part in parts))


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
    if chance.random() < 0.4:
        steps.append(_part(chance, "charge", "pivot"))
    if chance.random() < 0.3:
        steps.append(_part(chance, "mail", "action"))
    return tuple(steps)


def _part(chance: random.Random, key: str, kind: Any = "step") -> Part:
    effect: Any = chance.choice(["external", "local"])
    return Part(key, kind=kind, effect=effect, takes_seconds=CALL_SECONDS)
