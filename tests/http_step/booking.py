"""A definition whose steps are another service's: what the workers of these tests execute."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from operations_api import Definition, HttpStep, Registry


class BookingInput(msgspec.Struct, frozen=True):
    seats: int
    meals: int = 0


class BookingResult(msgspec.Struct, frozen=True):
    ticket: str


def seats(key: str) -> HttpStep:
    url = os.environ["EXAMPLES_PARTICIPANT_URL"]
    return HttpStep(
        key,
        reserve=f"{url}/reserve",
        commit=f"{url}/commit",
        rollback=f"{url}/rollback",
        query=f"{url}/query" if os.environ.get("BOOKING_QUERIES") else None,
        timeout_seconds=5,
    )


def result(input: BookingInput, results: dict[str, Any]) -> BookingResult:
    return BookingResult(results["stalls"]["ticket"])


registry = Registry(
    [
        Definition(
            name="book-seats",
            input=BookingInput,
            result=BookingResult,
            steps=(seats("stalls"), seats("balcony")),
            build_result=result,
        )
    ]
)
