"""Steps of another process are checked like any other: the example participant bears every death."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from operations_api import Definition, HttpStep, Step
from operations_api.testing import check_definition
from tests.http_step.theatre import theatre


class BookingInput(msgspec.Struct, frozen=True):
    seats: int


class BookingResult(msgspec.Struct, frozen=True):
    ticket: str


@pytest.mark.parametrize("queries", [True, False])
async def test_the_example_participant_bears_every_death(tmp_path: Path, monkeypatch, queries: bool):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with theatre(tmp_path, seats=100_000) as house:

        def seats(key: str) -> Step:
            url = house.url
            return HttpStep(
                key,
                reserve=f"{url}/reserve",
                commit=f"{url}/commit",
                rollback=f"{url}/rollback",
                query=f"{url}/query" if queries else None,
                compensate=f"{url}/refund",
            )

        def ledger(operation_id: UUID) -> Any:
            mine = [booking for booking in house.bookings() if booking["operation_id"] == str(operation_id)]
            return sorted(
                (booking["step"], booking["state"], booking["seats"])
                for booking in mine
                if booking["state"] in ("held", "committed")
            )

        definition = Definition(
            name="book-seats",
            input=BookingInput,
            result=BookingResult,
            steps=(seats("stalls"), seats("balcony")),
            build_result=lambda input, results: BookingResult(results["stalls"]["ticket"]),
            on_commit_reject="compensate",
            on_first_commit_reject="rollback",
        )
        checked = await check_definition(definition, BookingInput(2), ledger=ledger)
        assert checked.crashes >= 6 * (4 + 2 + 2 + 2)
