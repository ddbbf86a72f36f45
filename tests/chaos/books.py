"""What the participant's own books say, held against what clients asked for and what they were told at the end."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec

from tests.chaos.load import Accepted


class Effect(msgspec.Struct, frozen=True):
    """A token had its effect: ``seats`` were held, sold, given back or bought back, as ``phase`` says."""

    operation: str
    step: str
    phase: str
    reference: str
    seats: int


class Books(msgspec.Struct, frozen=True):
    """The participant's file. ``troubles``: how calls were treated. ``late``: reserves after their rollback."""

    calls: int
    tokens: int
    late: int
    troubles: dict[str, int]
    effects: list[Effect]
    violations: list[str]


class Seats(msgspec.Struct):
    """What came of the seats. All but the last two members count steps of operations, and are zero when all is well.

    ``doubled`` had an effect twice, or twice for one piece of work of a client. ``held`` is still held though the
    operation has ended. ``applied`` is sold though it has failed or was canceled. ``missing`` is not sold though it has
    succeeded. ``owed`` seats are those of the succeeded operations, as their clients asked for them.
    """

    doubled: int = 0
    held: int = 0
    applied: int = 0
    missing: int = 0
    sold: int = 0
    owed: int = 0


def read_books(path: Path) -> Books:
    """Everything the participant has written down."""
    with closing(sqlite3.connect(path)) as books:
        counted = "select count(*), count(distinct token), count(*) filter (where status = 410) from calls"
        [(calls, tokens, late)] = books.execute(f"{counted} where phase <> 'query'")
        troubles = books.execute("select trouble, count(*) from calls where trouble <> 'none' group by trouble")
        effects = books.execute("select operation, step, phase, reference, seats from effects")
        violations = books.execute(
            "select format('the participant was asked for a %s: operation %s, %s', sentence, operation, step)"
            " from violations"
        )
        return Books(
            calls,
            tokens,
            late,
            dict(troubles.fetchall()),
            [Effect(*row) for row in effects],
            [sentence for (sentence,) in violations],
        )


def judge_seats(books: Books, accepted: list[Accepted]) -> tuple[Seats, list[str]]:
    """The counts, and a sentence for each thing that is wrong."""
    seats, findings = Seats(), [*books.violations, *_strangers(books, accepted)]
    history: dict[tuple[str, str], Counter[str]] = {}
    for effect in books.effects:
        history.setdefault((effect.operation, effect.step), Counter())[effect.phase] += 1
    seats.sold = _balance(books, gained="commit", lost="compensate")
    for work in accepted:
        if work.type == "probe" and work.became is not None and work.became.finished_at is not None:
            for index in range(work.input["steps"]):
                step = f"hall-{index}"
                had = history.get((str(work.id), step), Counter())
                findings += _judge_step(seats, work, step, had)
    twice = _sold_twice(books)
    seats.doubled += len(twice)
    return seats, [*findings, *twice]


def _judge_step(seats: Seats, work: Accepted, step: str, had: Counter[str]) -> list[str]:
    assert work.became is not None
    succeeded = work.became.status == "succeeded"
    wrong = {
        "doubled": any(times > 1 for times in had.values()),
        "held": had["reserve"] > had["commit"] + had["rollback"],
        "applied": not succeeded and had["commit"] > had["compensate"],
        "missing": succeeded and had["commit"] <= had["compensate"],
    }
    seats.owed += work.input["seats"] if succeeded else 0
    for name, is_so in wrong.items():
        setattr(seats, name, getattr(seats, name) + is_so)
    return [
        f"operation {work.id} is {work.became.status}, at the participant its {step} is {name}: {dict(had)}"
        for name, is_so in wrong.items()
        if is_so
    ]


def _sold_twice(books: Books) -> list[str]:
    """Work that a client asked for once and that more than one operation sold seats for."""
    sellers: dict[str, set[str]] = {}
    for effect in books.effects:
        if effect.phase == "commit":
            sellers.setdefault(effect.reference, set()).add(effect.operation)
    return [f"{reference} was sold by {len(ids)} operations" for reference, ids in sellers.items() if len(ids) > 1]


def _strangers(books: Books, accepted: list[Accepted]) -> list[str]:
    known = {str(work.id) for work in accepted}
    unknown = {effect.operation for effect in books.effects} - known
    return [f"the participant was called for operation {id}, which no client was told of" for id in sorted(unknown)]


def _balance(books: Books, *, gained: str, lost: str) -> int:
    sign = {gained: 1, lost: -1}
    return sum(sign.get(effect.phase, 0) * effect.seats for effect in books.effects)
