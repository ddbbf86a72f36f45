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

EFFECTS = ("local", "external")
EXTERNAL = ("external",)
"""Only a call to somebody else can end without an answer, so that there is something to ask."""

OUTCOME = ("before-outcome", "after-outcome")
"""Where a row differs from the one of the same handler: what comes before is the same."""


class Row(msgspec.Struct, frozen=True):
    """The handler in which a worker dies, and the operation it is called for.

    ``part`` is more of the step in question; ``last`` is more of the step after it, None: it is the last one.
    ``is_fixed``: the definition has fixed steps, and this is the first one, so that the claim begins it.
    """

    handler: str
    kind: str = "step"
    ending: str = "succeeded"
    effects: tuple[str, ...] = EFFECTS
    points: tuple[str, ...] = POINTS
    part: dict[str, Any] = {}
    last: dict[str, Any] | None = {}
    is_alone: bool = False
    is_fixed: bool = False


ROWS = {
    "reserve": Row("reserve"),
    "turned-back": Row("reserve", ending="canceled"),
    "pivot": Row("execute", "pivot"),
    "commit": Row("commit"),
    "action": Row("execute", "action"),
    "rollback": Row("rollback", ending="failed", last={"rejects": "reserve"}),
    "compensate": Row("compensate", ending="failed", last={"rejects": "commit"}),
    # the outcome is stored together with the decision, or with the end
    "decided": Row("reserve", points=OUTCOME, last=None),
    "decided-alone": Row("reserve", points=OUTCOME, last=None, is_alone=True),
    "finished": Row("commit", points=OUTCOME, last=None),
    # the outcome is a no
    "refused-reserve": Row("reserve", ending="failed", points=OUTCOME, part={"rejects": "reserve"}),
    "refused-pivot": Row("execute", "pivot", "failed", points=OUTCOME, part={"rejects": "execute"}),
    "refused-commit": Row("commit", ending="failed", points=OUTCOME, part={"rejects": "commit", "asked": True}),
    # a call had no answer, and it is asked what became of it: it worked, or nobody has heard of it
    "asked-reserve": Row("query", effects=EXTERNAL, part={"loses": "reserve", "asked": True}),
    "asked-pivot": Row("query", "pivot", effects=EXTERNAL, part={"loses": "execute"}),
    "asked-pivot-in-vain": Row("query", "pivot", effects=EXTERNAL, part={"loses": "execute", "lost": "request"}),
    # the same of a commit, which is asked about when it is refused the second time
    "asked-commit": Row("query", effects=EXTERNAL, part={"loses": "commit", "rejects": "commit", "asked": True}),
    "asked-refusal": Row(
        "query", ending="failed", effects=EXTERNAL,
        part={"loses": "commit", "lost": "request", "rejects": "commit", "asked": True},
    ),
    # the claim has stored the intent
    "claimed": Row("reserve", effects=EXTERNAL, is_fixed=True),
    "claimed-turned-back": Row("reserve", ending="canceled", effects=EXTERNAL, is_fixed=True),
    "claimed-refused": Row(
        "reserve", ending="failed", effects=EXTERNAL, points=OUTCOME, part={"rejects": "reserve"}, is_fixed=True
    ),
    "claimed-decided": Row("reserve", effects=EXTERNAL, points=OUTCOME, last=None, is_fixed=True),
    "claimed-asked": Row("query", effects=EXTERNAL, part={"loses": "reserve", "asked": True}, is_fixed=True),
}  # fmt: skip
PLACES = [(name, effect, point) for name, row in ROWS.items() for effect in row.effects for point in row.points]
WORKERS_AT_ONCE = 5
IN_DOUBT_SECONDS = 4.0
"""How long the calls may last that nobody may undo or ask about before they must have ended. More than any takes: at
the end one worker makes those of all operations at once, and one that is given up for slowness is one too many.
"""

CALLED_ONCE_MORE = ("after-effect", "before-outcome")
"""It was called and nobody has written down what it said: it has to be called again to know."""

ASKED_AND_CALLED_AGAIN = ("asked-reserve", "asked-pivot-in-vain", "claimed-asked")
"""What the question came to is stored together with the intent of the next call, which is then in doubt itself."""


class Cell(msgspec.Struct, frozen=True):
    """Where a worker died, and the operation it died of."""

    row: str
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


@pytest.mark.parametrize(("row", "effect", "point"), PLACES)
def test_whoever_dies_wherever_the_promise_is_kept(table: Table, row: str, effect: str, point: str) -> None:
    cell = table.cells[row, effect, point]
    assert cell.exit_code == -signal.SIGKILL, "the worker died there, by itself"
    assert table.statuses[cell.id] == ROWS[row].ending
    assert table.page.broken(cell.id, table.statuses[cell.id], table.kinds[cell.id]) is None
    assert table.page.calls(cell.id, point, ROWS[row].handler) == _calls(row, effect, point)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("row", ["asked-pivot", "asked-pivot-in-vain"])
def test_a_pivot_that_is_asked_about_is_executed_once(table: Table, row: str, point: str) -> None:
    assert table.page.calls(table.cells[row, "external", point].id, point, "execute") == 1


def _calls(row: str, effect: str, point: str) -> int:
    """How often the handler is called in all: no more often than the crash made necessary."""
    if row.endswith("turned-back"):
        return int(POINTS.index(point) >= POINTS.index("after-effect"))
    if row in ASKED_AND_CALLED_AGAIN and point == "after-outcome":
        return 2
    asked = (row, effect) == ("pivot", "external")  # its query knows
    return 2 if point in CALLED_ONCE_MORE and not asked else 1


async def _filled(bench: Bench) -> Table:
    free = asyncio.Semaphore(WORKERS_AT_ONCE)
    cells = await asyncio.gather(*(_cell(bench, free, *place) for place in PLACES))
    fixed = {type: parts for place in PLACES for type, parts in _fixed(*place).items()}
    bench.start_worker(PROOF_TYPES=",".join(_type(*place) for place in PLACES), PROOF_STEPS=_json(fixed))
    statuses = {cell.id: (await bench.done(cell.id)).status for cell in cells}
    by_place = {(cell.row, cell.effect, cell.point): cell for cell in cells}
    return Table(by_place, statuses, await bench.books.read(), bench.kinds)


async def _cell(bench: Bench, free: asyncio.Semaphore, row: str, effect: str, point: str) -> Cell:
    type, handler = _type(row, effect, point), ROWS[row].handler
    async with free:
        id = await bench.start(*_parts(ROWS[row], effect, point), type=type)
        steps = _json(_fixed(row, effect, point))
        worker = bench.start_worker(
            PROOF_TYPES=type, PROOF_STEPS=steps, OPERATIONS_CRASH_POINT=f"{point}:{point}:{handler}"
        )
        exit_code = await worker.ended()
    if row.endswith("turned-back"):
        await bench.store.cancel("dev", id)
    return Cell(row, effect, point, id, exit_code)


def _parts(row: Row, effect: str, key: str) -> list[Part]:
    """The step in question has one of its own effect before it and one of the other effect after it."""
    parts = [_part(key, effect, row.kind, **row.part)]
    if not row.is_alone and not row.is_fixed:
        parts.insert(0, _part("first", effect))
    if row.last is not None:
        parts.append(_part("last", "local" if effect == "external" else "external", **row.last))
    return parts


def _fixed(row: str, effect: str, point: str) -> dict[str, list[Part]]:
    return {_type(row, effect, point): _parts(ROWS[row], effect, point)} if ROWS[row].is_fixed else {}


def _json(fixed: dict[str, list[Part]]) -> str:
    return msgspec.json.encode(fixed).decode()


def _part(key: str, effect: Any, kind: Any = "step", **more: Any) -> Part:
    return Part(key, kind, effect, timeout_seconds=IN_DOUBT_SECONDS, **more)


def _type(row: str, effect: str, point: str) -> str:
    return f"{row}-{effect}-{point}"
