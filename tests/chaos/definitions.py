"""What the chaos processes serve: the worked definitions that move money, and a probe whose steps are outside."""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from examples.place_order import PLACE_ORDER
from examples.transfer_funds import TRANSFER_FUNDS
from operations_api import Definition, HttpStep, Registry, Step

PARTICIPANT = os.environ["CHAOS_PARTICIPANT"]
"""Base URL of the theatre."""

TIMEOUT_SECONDS = float(os.environ["CHAOS_TIMEOUT_SECONDS"])
"""Below the lease: whoever takes an operation over need not wait for a call that was cut off."""


class ProbeInput(msgspec.Struct, frozen=True):
    """How many seats in each of how many halls, and which hall refuses what. ``reference`` is the client's own name."""

    reference: str
    steps: Annotated[int, Meta(ge=1, le=5)]
    seats: Annotated[int, Meta(ge=1)]
    refuses_reserve: str | None = None
    refuses_commit: str | None = None


class ProbeResult(msgspec.Struct, frozen=True):
    """How many halls sold their seats."""

    halls: int


def probe_steps(input: ProbeInput) -> tuple[Step, ...]:
    return tuple(_hall(f"hall-{index}", can_query=index % 2 == 0) for index in range(input.steps))


def _hall(key: str, can_query: bool) -> HttpStep:
    """Every second one cannot be asked how it stands."""
    return HttpStep(
        key,
        reserve=f"{PARTICIPANT}/reserve",
        commit=f"{PARTICIPANT}/commit",
        rollback=f"{PARTICIPANT}/rollback",
        compensate=f"{PARTICIPANT}/compensate",
        query=f"{PARTICIPANT}/query" if can_query else None,
        timeout_seconds=TIMEOUT_SECONDS,
        retry_for_seconds=3600,  # whatever is away comes back
    )


def _result(input: ProbeInput, results: dict[str, Any]) -> ProbeResult:
    return ProbeResult(len(results))


PROBE = Definition(
    name="probe",
    summary="Seats in the halls of another service.",
    input=ProbeInput,
    result=ProbeResult,
    steps=probe_steps,
    build_result=_result,
    on_first_commit_reject="rollback",
    on_commit_reject="compensate",
)

registry = Registry([PLACE_ORDER, TRANSFER_FUNDS, PROBE])
