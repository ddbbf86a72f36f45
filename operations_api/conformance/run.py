"""A run: every case asked of a service, many at once, then those about all that was seen; at last the clearing away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from operations_api.conformance.client import Client
from operations_api.conformance.findings import Broken, NotApplicable
from operations_api.conformance.section import Case
from operations_api.conformance.service import Service
from operations_api.conformance.wire import Answer, NoAnswer
from operations_api.conformance.witness import Witness

AT_ONCE: Final = 24
"""Most cases wait for something most of the time; more of them would only make the service's answers late."""

Result = Literal["passed", "failed", "not applicable"]


class Outcome(msgspec.Struct, frozen=True):
    """What became of a case. ``answer``, with its request, is what shows a failure."""

    case: Case
    result: Result
    sentence: str = ""
    answer: Answer | None = None
    request: bytes = b""


async def run(service: Service, cases: Sequence[Case], witness: Witness | None = None) -> list[Outcome]:
    """The outcome of every case, in their order. Operations that it began and that are not done are canceled.

    ``witness`` remembers what was seen, for whoever wants to look at it, too.
    """
    witness = witness or Witness()
    turns = asyncio.Semaphore(AT_ONCE)

    async def asked(case: Case) -> Outcome:
        async with turns:
            return await _asked(case, service, witness)

    first = [case for case in cases if not case.of_whole_run]
    try:
        outcomes = dict(zip(map(id, first), await asyncio.gather(*map(asked, first)), strict=True))
    finally:
        await _clear_away(service, witness)
    last = {id(case): _judged(case, witness) for case in cases if case.of_whole_run}
    return [(outcomes | last)[id(case)] for case in cases]


async def _asked(case: Case, service: Service, witness: Witness) -> Outcome:
    lacking = [need for need in case.needs if need in service.lacks]
    if lacking:
        return Outcome(case, "not applicable", f"needs {lacking[0]}")
    client = Client(service, witness)
    try:
        await case.check(client)
    except NotApplicable as error:
        return Outcome(case, "not applicable", str(error))
    except Broken as error:
        shown = error.answer or (client.exchanges[-1] if client.exchanges else None)
        return Outcome(case, "failed", str(error), shown, shown.request if shown else b"")
    except NoAnswer as error:
        return Outcome(case, "failed", str(error), None, error.request)
    except Exception as error:  # an answer without what the contract says is in it: a finding, not the end of the run
        shown = client.exchanges[-1] if client.exchanges else None
        return Outcome(case, "failed", f"{type(error).__name__}: {error}", shown, shown.request if shown else b"")
    return Outcome(case, "passed")


def _judged(case: Case, witness: Witness) -> Outcome:
    try:
        case.check(witness)
    except NotApplicable as error:
        return Outcome(case, "not applicable", str(error))
    except Broken as error:
        return Outcome(case, "failed", str(error), error.answer, error.answer.request if error.answer else b"")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return Outcome(case, "failed", f"{type(error).__name__}: {error}")
    return Outcome(case, "passed")


async def _clear_away(service: Service, witness: Witness) -> None:
    done = {sighting.operation["id"] for seen in witness.in_order() for sighting in seen if sighting.operation["done"]}
    turns = asyncio.Semaphore(AT_ONCE)

    async def cancel(id: str, key: str) -> None:
        async with turns:
            try:
                await Client(service, witness, key).cancel(id)
            except NoAnswer:
                return  # whoever does not answer any more has been found out already

    await asyncio.gather(*(cancel(id, key) for id, key in witness.started.items() if id not in done))
