"""A worker dies at every crash point of every handler of every kind of step, and the promise to the client holds.

Each cell of the table is one operation and one worker process that is told to die there and knows that operation's own
type only, so that nobody else has a hand in it. When all have died, one worker finishes everything.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api.crash_points import POINTS
from operations_api.embedded.servers import ServerUrls
from tests.conftest import database_named, run_sql
from tests.proof.bench import Bench, bench_on
from tests.proof.books import Page
from tests.proof.definitions import Part

PHASES = ("reserve", "turned-back", "pivot", "commit", "action", "rollback", "compensate")
EFFECTS = ("local", "external")
PLACES = [(phase, effect, point) for phase in PHASES for effect in EFFECTS for point in POINTS]
WORKERS_AT_ONCE = 5
IN_DOUBT_SECONDS = 2.0
"""How long the calls may last that nobody may undo or ask about before they must have ended."""

ENDINGS = {"rollback": "failed", "compensate": "failed", "turned-back": "canceled"}
HANDLERS = {"turned-back": "reserve", "pivot": "execute", "action": "execute"}
CALLED_ONCE_MORE = ("after-effect", "before-outcome")
"""The effect is there and nobody has written that down: the handler has to be called again to know."""


class Cell(msgspec.Struct, frozen=True):
    """Where a worker died, and the operation it died of."""

    phase: str
    effect: str
    point: str
    id: UUID
    exit_code: int


class Table(msgspec.Struct, frozen=True):
    """All cells, and the books when everything was over."""

    cells: dict[tuple[str, str, str], Cell]
    statuses: dict[UUID, str]
    page: Page
    kinds: dict[UUID, dict[str, str]]


@pytest.fixture(scope="module")
async def table(servers: ServerUrls, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Table]:
    """Every worker has died, and a last one has finished what they left."""
    name = f"proof_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    place: Path = tmp_path_factory.mktemp("proof")
    async with bench_on(database_named(servers.database_url, name), servers.redis_url, place) as bench:
        yield await _filled(bench)
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.mark.parametrize(("phase", "effect", "point"), PLACES)
def test_whoever_dies_wherever_the_promise_is_kept(table: Table, phase: str, effect: str, point: str) -> None:
    cell = table.cells[phase, effect, point]
    assert cell.exit_code == -signal.SIGKILL, "the worker died there, by itself"
    assert table.statuses[cell.id] == ENDINGS.get(phase, "succeeded")
    assert table.page.broken(cell.id, table.statuses[cell.id], table.kinds[cell.id]) is None
    handler = HANDLERS.get(phase, phase)
    assert table.page.calls(cell.id, point, handler) in _calls(phase, effect, point)


def _calls(phase: str, effect: str, point: str) -> tuple[int, ...]:
    """How often the handler is called in all: no more often than the crash made necessary."""
    if phase == "turned-back":
        return (0,) if POINTS.index(point) < POINTS.index("after-effect") else (1,)
    asked = phase == "pivot" and effect == "external"  # its query knows
    return (2,) if point in CALLED_ONCE_MORE and not asked else (1,)


async def _filled(bench: Bench) -> Table:
    free = asyncio.Semaphore(WORKERS_AT_ONCE)
    cells = await asyncio.gather(*(_cell(bench, free, *place) for place in PLACES))
    bench.start_worker(PROOF_TYPES=",".join(_type(*place) for place in PLACES))
    statuses = {cell.id: (await bench.done(cell.id)).status for cell in cells}
    by_place = {(cell.phase, cell.effect, cell.point): cell for cell in cells}
    return Table(by_place, statuses, await bench.books.read(), bench.kinds)


async def _cell(bench: Bench, free: asyncio.Semaphore, phase: str, effect: str, point: str) -> Cell:
    type, handler = _type(phase, effect, point), HANDLERS.get(phase, phase)
    async with free:
        id = await bench.start(*_parts(phase, effect, point), type=type)
        worker = bench.start_worker(PROOF_TYPES=type, OPERATIONS_CRASH_POINT=f"{point}:{point}:{handler}")
        exit_code = await worker.ended()
    if phase == "turned-back":
        await bench.store.cancel("dev", id)
    return Cell(phase, effect, point, id, exit_code)


def _parts(phase: str, effect: str, key: str) -> tuple[Part, ...]:
    """The step in question has one of its own effect before it and one of the other effect after it."""
    first = _part("first", effect)
    middle = _part(key, effect, phase if phase in ("pivot", "action") else "step")
    rejects = {"rollback": "reserve", "compensate": "commit"}.get(phase, "")
    last = _part("last", "local" if effect == "external" else "external", rejects=rejects)
    return first, middle, last


def _part(key: str, effect: Any, kind: Any = "step", rejects: str = "") -> Part:
    return Part(key, kind, effect, rejects, timeout_seconds=IN_DOUBT_SECONDS)


def _type(phase: str, effect: str, point: str) -> str:
    return f"{phase}-{effect}-{point}"
