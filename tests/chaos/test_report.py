"""The report says of each promise whether it was kept, and can say that it was not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.chaos.books import Books, Seats
from tests.chaos.load import Accepted, Fate
from tests.chaos.phase import Disturbance, Phase
from tests.chaos.report import START_SECONDS, TAKEOVER_SECONDS, Promise, promises
from tests.chaos.takeovers import Takeover
from tests.chaos.verdict import Verdict

FAULT_AT = 10.0
OVER_AT = 20.0


def test_a_run_in_which_all_went_well_keeps_every_promise() -> None:
    assert [one for one in _promises() if not one.is_kept] == []


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ("operation ends", {"lost": 1}),
        ("twice", {"doubled": 1}),
        ("held after", {"held": 1}),
        ("applied wholly", {"seats": Seats(missing=1)}),
        ("applied wholly", {"seats": Seats(applied=1)}),
        ("applied wholly", {"seats": Seats(sold=1)}),
        ("Money", {"money_after": 99}),
        ("books agree", {"findings": ["something"]}),
        ("killed worker", {"takeovers": [Takeover(uuid4(), FAULT_AT, FAULT_AT + TAKEOVER_SECONDS + 0.1)]}),
    ],
)
def test_each_promise_is_broken_by_what_breaks_it(broken: str, changes: dict[str, Any]) -> None:
    assert [one.sentence for one in _broken(changes)] == [_sentence(broken)]


@pytest.mark.parametrize(
    ("broken", "hurt"),
    [
        ("every start is accepted", lambda phase: phase.refused_at.append(FAULT_AT + 1)),
        ("operations start within", lambda phase: phase.accepted.append(_work(FAULT_AT + 1, START_SECONDS + 0.1))),
        ("no error", lambda phase: phase.unexpected.append("POST probe: 500")),
    ],
)
def test_each_promise_is_broken_by_what_clients_meet(broken: str, hurt: Callable[[Phase], None]) -> None:
    phase = _phase("lose-redis")
    hurt(phase)
    found = promises([_phase("kill-worker"), phase], _verdict())
    assert [one.sentence for one in found if one.counts and not one.is_kept] == [_sentence(broken)]


def test_a_takeover_among_mixed_faults_breaks_nothing() -> None:
    late = Takeover(uuid4(), FAULT_AT, OVER_AT + 100)
    found = promises([_phase("mixed")], _verdict(takeovers=[late]))
    assert all(one.is_kept for one in found)


def test_a_late_takeover_among_mixed_faults_is_said_beside_the_promise() -> None:
    alone, mixed = _phase("kill-worker"), Phase("mixed", 100, 150, [Disturbance("kill-worker", 110, 110)], [], [], [])
    taken = [Takeover(uuid4(), FAULT_AT, FAULT_AT + 1), Takeover(uuid4(), 110, 110 + TAKEOVER_SECONDS + 0.1)]
    [said] = [one for one in promises([alone, mixed], _verdict(takeovers=taken)) if "killed worker" in one.sentence]
    assert said.measured == "1 taken over, the last after 1.00 s; 1 of 1 later, among mixed faults"
    assert said.is_kept


def test_throughput_that_does_not_come_back_is_said_and_decides_nothing() -> None:
    phase = _phase("kill-api")
    phase.accepted = [work for work in phase.accepted if work.became and (work.became.finished_at or 0) < OVER_AT]
    [slow] = [one for one in promises([phase], _verdict()) if not one.is_kept]
    assert "Throughput" in slow.sentence
    assert not slow.counts


def _broken(changes: dict[str, Any]) -> list[Promise]:
    return [one for one in _promises(**changes) if not one.is_kept]


def _promises(**changes: Any) -> list[Promise]:
    return promises([_phase("kill-worker"), _phase("lose-redis")], _verdict(**changes))


def _sentence(part: str) -> str:
    [found] = [one.sentence for one in _promises() if part in one.sentence]
    return found


def _phase(name: str) -> Phase:
    """One fault among an operation every tenth of a second, each of which starts and ends at once."""
    accepted = [_work(tenth / 10, 0.0) for tenth in range(500)]
    return Phase(name, 0.0, 50.0, [Disturbance(name, FAULT_AT, OVER_AT)], accepted, [], [])


def _work(created_at: float, starts_after: float) -> Accepted:
    fate = Fate("succeeded", False, created_at, created_at + starts_after, created_at + starts_after)
    return Accepted("key", "probe", {}, uuid4(), became=fate)


def _verdict(**changes: Any) -> Verdict:
    books = Books(calls=0, tokens=0, late=0, troubles={}, effects=[], violations=[])
    verdict = Verdict(
        accepted=1, terminal=1, blocked=0, lost=0, doubled=0, held=0, money_before=100, money_after=100, books=books,
        seats=Seats(), takeovers=[Takeover(uuid4(), FAULT_AT, FAULT_AT + 1)], findings=[],
    )  # fmt: skip
    return msgspec.structs.replace(verdict, **changes)
