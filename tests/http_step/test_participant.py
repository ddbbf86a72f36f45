"""The example participant as a process, by the rules of its docstring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

import pytest

from tests.http_step.theatre import Theatre, theatre


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("theatre"), seats=10) as process:
        yield process


class Caller:
    def __init__(self, house: Theatre) -> None:
        self.house = house
        self.id = str(uuid4())

    def __call__(self, phase: str, seats: Any = 1) -> Any:
        body = {"operation_id": self.id, "tenant": "dev", "step": "seats", "input": {"seats": seats}}
        return self.house.ask("POST", f"/{phase}", body)

    def state(self) -> str | None:
        return {booking["operation_id"]: booking["state"] for booking in self.house.bookings()}.get(self.id)


@pytest.fixture
def caller(house: Theatre) -> Caller:
    return Caller(house)


def test_each_call_made_twice_does_its_work_once_and_answers_the_same(caller: Caller):
    assert caller("reserve") == caller("reserve")
    assert caller("query") == {"state": "held"}
    assert caller("commit") == caller("commit")
    assert caller("query") == {"state": "committed"}
    assert caller("refund") == caller("refund") == {}
    assert caller.state() == "refunded"


@pytest.mark.parametrize("seats", [0, -1, "all", None])
def test_seats_that_cannot_be_sold_are_refused_for_good(caller: Caller, seats: Any):
    with pytest.raises(HTTPError) as refused:
        caller("reserve", seats)
    assert refused.value.code == 422
    assert json.load(refused.value)["reason"] == "SEATS_INVALID"
    assert caller.state() is None


@pytest.mark.parametrize("was_reserved", [True, False])
def test_a_reserve_after_the_rollback_is_refused_without_a_reason(caller: Caller, was_reserved: bool):
    if was_reserved:
        caller("reserve")
    assert caller("rollback") == caller("rollback") == {}
    with pytest.raises(HTTPError) as refused:
        caller("reserve")
    assert refused.value.code == 410
    assert b"reason" not in refused.value.read()
    assert caller.state() == "released"


def test_a_commit_after_the_rollback_and_the_other_way_round_are_errors(caller: Caller, house: Theatre):
    caller("reserve")
    caller("commit")
    with pytest.raises(HTTPError, match="500"):
        caller("rollback")
    assert caller.state() == "committed"
    released = Caller(house)
    released("rollback")
    with pytest.raises(HTTPError, match="500"):
        released("commit")
    assert released.state() == "released"


def test_more_seats_than_there_are_is_a_definitive_no(caller: Caller):
    with pytest.raises(HTTPError) as refused:
        caller("reserve", seats=11)
    assert refused.value.code == 422
    assert b'"reason": "SOLD_OUT"' in refused.value.read()
    assert caller.state() is None


@pytest.mark.parametrize("path", ["/nowhere", "/reserve"])
def test_what_is_no_call_of_a_step_is_refused(house: Theatre, path: str):
    with pytest.raises(HTTPError, match="400"):
        house.ask("POST", path, {"tenant": "dev"})


def test_what_was_answered_survives_a_kill(tmp_path: Path):
    with theatre(tmp_path) as house:
        caller = Caller(house)
        first = caller("reserve")
    with theatre(tmp_path) as house:
        caller.house = house
        assert caller("reserve") == first
