"""The checker finds what it is there to find: wrong calls on the participant, wrong ends, late takeovers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from tests.chaos.books import Seats, judge_seats, read_books
from tests.chaos.fleet import PARTICIPANT
from tests.chaos.load import Accepted, Fate
from tests.chaos.phase import Disturbance, Phase, kept
from tests.chaos.takeovers import Line, takeovers
from tests.chaos.verdict import liars, wrong_balances
from tests.ports import free_port
from tests.processes import line_of, running

SEED = "5"
SEATS = 2


class Theatre:
    """The participant as a process, and calls as the engine makes them."""

    def __init__(self, url: str, books: Path) -> None:
        self._url = url
        self._path = books
        self.work = _work()
        self.elsewhere = _work(self.work.key)

    def call(self, phase: str, *, token: str = "", work: Accepted | None = None) -> int:
        """Call until it is carried out: it treats some calls badly. Gives the status."""
        while (status := self._post(phase, token, work or self.work)) in (None, 500, 503):
            pass
        assert status is not None
        return status

    def call_wrongly(self, phase: str) -> None:
        """Call until it has written down that this must never be."""
        while not read_books(self._path).violations:
            self._post(phase, "", self.work)

    def _post(self, phase: str, token: str, work: Accepted) -> int | None:
        told = {"operation_id": str(work.id), "step": "hall-0", "input": work.input}
        headers = {"Idempotency-Key": f"{work.id}:hall-0:{phase}{token}"}
        try:
            return httpx.post(f"{self._url}/{phase}", json=told, headers=headers, trust_env=False).status_code
        except httpx.TransportError:
            return None

    def judged(self, status: str) -> tuple[Seats, list[str]]:
        """The verdict when the operation has ended so."""
        self.work.became = self.elsewhere.became = _fate(status)
        return judge_seats(read_books(self._path), [self.work, self.elsewhere][: 1 + self._has_two()])

    def _has_two(self) -> bool:
        return any(effect.operation == str(self.elsewhere.id) for effect in read_books(self._path).effects)


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    with running_theatre(tmp_path) as (theatre, _):
        yield theatre


@contextmanager
def running_theatre(directory: Path) -> Iterator[tuple[Theatre, subprocess.Popen[str]]]:
    port, books = free_port(), directory / "books.sqlite3"
    with running([sys.executable, "-I", str(PARTICIPANT), str(port), str(books), SEED, "0"]) as process:
        assert line_of(process) == "ready"
        yield Theatre(f"http://127.0.0.1:{port}", books), process


def test_right_calls_repeated_are_found_right(theatre: Theatre) -> None:
    for phase in ("reserve", "reserve", "commit", "commit"):
        assert theatre.call(phase) == 200
    assert theatre.judged("succeeded") == (Seats(sold=SEATS, owed=SEATS), [])


def test_a_rollback_closes_the_step_for_a_late_reserve(theatre: Theatre) -> None:
    assert theatre.call("rollback") == 200
    assert theatre.call("reserve") == 410
    assert theatre.judged("failed") == (Seats(), [])


@pytest.mark.parametrize(
    ("calls", "status", "wrong"),
    [
        (["reserve", "commit"], "failed", "applied"),
        (["reserve", "commit"], "canceled", "applied"),
        (["reserve"], "canceled", "held"),
        (["reserve"], "succeeded", "missing"),
        ([], "succeeded", "missing"),
        (["reserve", "commit", "compensate"], "succeeded", "missing"),
    ],
)
def test_an_end_that_contradicts_the_participant_is_found(
    theatre: Theatre, calls: list[str], status: str, wrong: str
) -> None:
    for phase in calls:
        theatre.call(phase)
    seats, findings = theatre.judged(status)
    assert getattr(seats, wrong) == 1
    assert f"its hall-0 is {wrong}" in " ".join(findings)


@pytest.mark.parametrize("phase", ["reserve", "commit"])
def test_an_effect_under_two_tokens_is_found(theatre: Theatre, phase: str) -> None:
    for called in ("reserve", "commit"):
        theatre.call(called)
    theatre.call(phase, token=" again")
    assert theatre.judged("succeeded")[0].doubled == 1


def test_two_operations_for_one_piece_of_work_are_found(theatre: Theatre) -> None:
    for work in (theatre.work, theatre.elsewhere):
        for phase in ("reserve", "commit"):
            theatre.call(phase, work=work)
    assert theatre.judged("succeeded")[0].doubled == 1


@pytest.mark.parametrize(("before", "phase"), [([], "commit"), (["reserve", "commit"], "rollback"), ([], "compensate")])
def test_a_call_that_no_correct_engine_makes_is_found(theatre: Theatre, before: list[str], phase: str) -> None:
    for called in before:
        theatre.call(called)
    theatre.call_wrongly(phase)
    assert phase in theatre.judged("succeeded")[1][0]


def test_what_the_participant_answered_is_in_its_books_when_it_is_killed(tmp_path: Path) -> None:
    with running_theatre(tmp_path) as (theatre, process):
        theatre.call("reserve")
        process.kill()
        process.wait()
        assert theatre.judged("canceled")[0] == Seats(held=1)


def test_a_status_that_changes_after_it_was_told_is_found() -> None:
    work = _work()
    work.became = _fate("failed")
    work.told = "succeeded"
    assert "was told to be succeeded and is failed" in liars([work])[0]


@pytest.mark.parametrize(("answer", "status"), [(202, "succeeded"), (200, "failed"), (409, "canceled")])
def test_a_cancel_that_was_answered_otherwise_than_it_went_is_found(answer: int, status: str) -> None:
    work = _work()
    work.became = _fate(status)
    work.canceled = answer
    assert len(liars([work])) == 1


def test_money_that_moved_for_an_operation_that_failed_is_found() -> None:
    work = Accepted("k", "transfer-funds", {"from_account": "a", "to_account": "b", "amount_minor": 3}, uuid4())
    before, moved = {"a": 10, "b": 10}, {"a": 7, "b": 13}
    work.became = _fate("succeeded")
    assert wrong_balances([work], before, moved) == []
    work.became = _fate("failed")
    assert len(wrong_balances([work], before, moved)) == 2


def test_a_takeover_is_from_the_kill_to_the_next_claim() -> None:
    id, other = uuid4(), uuid4()
    lines = [
        _line(0, id, "w-0.0"), _line(0, other, "w-0.0"),
        _line(1, other, None, by="w-0.0"),  # it was through with that one
        _line(12, id, None, by="w-1.0"), _line(12.5, id, "w-1.0"), _line(13, other, "w-1.0"),
    ]  # fmt: skip
    assert [one.seconds for one in takeovers(lines, {"w-0.0": 10.0})] == [2.5]


def test_a_lease_that_was_lost_before_the_kill_is_no_takeover() -> None:
    id = uuid4()
    lines = [
        _line(0, id, "w-0.0"),
        _line(3, id, None, by="w-1.0"),
        _line(4, id, "w-1.0"),
        _line(5, id, None, by="w-1.0"),
    ]
    assert takeovers(lines, {"w-0.0": 10.0}) == []


def test_throughput_kept_is_held_against_the_windows_on_both_sides() -> None:
    window, fault_at = 2.0, 10.0
    rates = {8: 100, 15: 45, 17: 80}  # before; from 5 s after; when it is long over
    accepted = [
        msgspec.structs.replace(_work(), became=Fate("succeeded", False, 0.0, 0.0, second + part / rate * window))
        for second, rate in rates.items()
        for part in range(rate)
    ]
    phase = Phase("kill-api", 0.0, 30.0, [Disturbance("kill-api", fault_at, fault_at)], accepted, [], [])
    assert kept(phase, window) == pytest.approx(0.5)


def _work(key: str = "reference") -> Accepted:
    input: dict[str, Any] = {"reference": key, "steps": 1, "seats": SEATS}
    return Accepted(key, "probe", input, uuid4())


def _fate(status: str) -> Fate:
    return Fate(status, False, 0.0, 0.0, 1.0)


def _line(at: float, operation: UUID, holder: str | None, by: str | None = None) -> Line:
    return Line(at, operation, holder is not None, holder or by)
