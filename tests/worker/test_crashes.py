"""Workers are killed in the middle of every phase: somebody else finishes, and everything is done exactly once."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from tests.worker.crew import Crew
from tests.worker.definitions import StepTold

EFFECTS = ("external", "local")
IN_DOUBT_SECONDS = 5.0
"""How long the calls last that nobody may undo or ask about before they must have ended."""

STORING_SECONDS = 1.0
"""That time begins before the intent is stored, and the call after it: so much is left to a busy disk."""


def case(phase: str, effect: str, moment: str) -> list[StepTold]:
    """Three steps, the middle one in trouble in this phase, so that something is held before and after it."""
    refusing = {"reserve": "reject"} if phase == "rollback" else {}
    if phase in ("reserve", "commit", "rollback"):
        return [
            StepTold("first", effect=effect),
            StepTold("middle", effect=effect, trouble={phase: moment}, timeout_seconds=IN_DOUBT_SECONDS),
            StepTold("last", effect=effect, trouble=refusing),
        ]
    kind = "pivot" if phase == "pivot" else "action"
    return [
        StepTold("first", effect=effect),
        StepTold("middle", kind=kind, effect=effect, trouble={"execute": moment}, timeout_seconds=IN_DOUBT_SECONDS),
        StepTold("last", effect=effect),
    ]


CASES = [(phase, effect) for phase in ("reserve", "commit", "rollback", "pivot", "action") for effect in EFFECTS]


def expected_effects(phase: str) -> Counter[str]:
    if phase == "rollback":
        return Counter(["first:reserve", "middle:reserve", "middle:rollback", "first:rollback"])
    if phase in ("pivot", "action"):
        return Counter(["first:reserve", "last:reserve", "middle:execute", "first:commit", "last:commit"])
    return Counter(f"{key}:{done}" for key in ("first", "middle", "last") for done in ("reserve", "commit"))


@pytest.mark.parametrize("moment", ["wait", "wait-after"])
async def test_a_worker_killed_in_the_middle_of_any_phase_is_replaced_and_everything_is_done_once(
    crew: Crew, moment: str
) -> None:
    worker = crew.start_worker()
    ids: dict[tuple[str, str], UUID] = {it: await crew.begin(*case(*it, moment)) for it in CASES}
    for (phase, _), id in ids.items():
        await crew.seen(id, "call", "middle", _handler(phase))
    worker.kill()
    for (phase, _), id in ids.items():
        crew.open_gate(id, "middle", _handler(phase))
    crew.start_worker()
    for (phase, effect), id in ids.items():
        operation = await crew.done(id)
        assert operation.status == ("failed" if phase == "rollback" else "succeeded"), (phase, effect)
        assert await crew.effects(id) == expected_effects(phase), (phase, effect)
        assert _repeated(crew, id) <= {f"middle:{_handler(phase)}"} | _neighbours(phase, effect)


async def test_an_operation_that_fails_after_a_crash_holds_nothing(crew: Crew) -> None:
    worker = crew.start_worker()
    ids = [
        await crew.begin(
            StepTold("held", effect=effect),
            StepTold("in-doubt", effect=effect, trouble={"reserve": "wait-after"}, timeout_seconds=IN_DOUBT_SECONDS),
            StepTold("refused", effect=effect, trouble={"reserve": "reject"}),
        )
        for effect in EFFECTS
    ]
    for id in ids:
        await crew.seen(id, "call", "in-doubt", "reserve")
    worker.kill()
    for id in ids:
        await crew.store.cancel("dev", id)
    crew.start_worker()
    external, local = ids
    assert (await crew.done(external)).status == (await crew.done(local)).status == "canceled"
    assert await crew.effects(external) == Counter(
        ["held:reserve", "in-doubt:reserve", "in-doubt:rollback", "held:rollback"]
    )
    assert await crew.effects(local) == Counter()  # neighbours share a transaction: none of it ever happened
    [reserve] = await crew.seen(external, "call", "in-doubt", "reserve")
    [rollback] = await crew.seen(external, "call", "in-doubt", "rollback")
    assert rollback.at - reserve.at >= IN_DOUBT_SECONDS - STORING_SECONDS, (
        "a release waits until the call it undoes can no longer be in flight"
    )


def _handler(phase: str) -> str:
    return "execute" if phase in ("pivot", "action") else phase


def _repeated(crew: Crew, id: UUID) -> set[str]:
    return {call for call, count in Counter(crew.calls(id)).items() if count > 1}


def _neighbours(phase: str, effect: str) -> set[str]:
    """Local handlers of one phase share a transaction, so those before the one that was hit are called again."""
    if effect == "external" or phase in ("pivot", "action"):
        return set()
    return {"last:rollback"} if phase == "rollback" else {f"first:{phase}"}
