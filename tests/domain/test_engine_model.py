"""Random definitions, outcomes, crashes, pauses, cursors and operators against the laws: both promises to clients hold.

What drives the pure engine is the worker's own loop; Postgres, participants and time are models (`world.py`). A failing
example is printed with a `reproduce_failure` line that repeats it, and with the history that led there.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import worker.execute
from operations_api.domain.errors import LeaseLost
from operations_api.domain.execution import CommitRejectPolicy, StepRecord, StepTraits
from operations_api.domain.operator import Refused, compensated, in_flight_until, resolved, retried
from operations_api.domain.plan import Finish
from operations_api.meter import Meter
from operations_api.store.leases import Held
from worker.lease import Lease

from .world import Killed, Scenario, World

LEASE = timedelta(seconds=15)
MANY_LEASES = 400
"""Far more than the fates of a scenario can use up: an engine that needs them all does not come to rest."""

CALLS = [
    "done",
    "lost",
    "unknown",
    "rejected",
    "not now",
    "not now, but did it",
    "killed before",
    "killed after",
    "killed, arrives late",
    "drained before",
    "drained after",
    "paused before",
    "paused after",
]
SHORT = ["done", "lost", "not now, but did it", "rejected", "killed after"]
WRITES = ["done", "done", "done", "killed before", "killed after", "lost before", "lost after", "paused"]
ACTS = ["retry", "committed", "released", "compensate", "force-close"]
"""What an operator does: retry, resolve a step in doubt as one of these, compensate, or close."""


@st.composite
def kinds(draw):
    two_phase = draw(st.integers(0, 4))
    chosen = ["step"] * two_phase + draw(st.lists(st.sampled_from(["action"]), max_size=2))
    if not chosen or draw(st.booleans()):
        chosen.append("pivot")
    return draw(st.permutations(chosen))


def traits_of(step):
    return st.builds(
        StepTraits,
        timeout_seconds=st.sampled_from([5, 40]),
        retry_for_seconds=st.sampled_from([1, 300]),
        can_query=st.just(False) if step.kind == "action" else st.booleans(),
        can_compensate=st.booleans(),
    )


@st.composite
def scenarios(draw):
    steps = [
        StepRecord(
            position=position, key=f"s{position}", kind=kind, effect=draw(st.sampled_from(["external", "local"]))
        )
        for position, kind in enumerate(draw(kinds()))
    ]
    return Scenario(
        steps=steps,
        traits=[draw(traits_of(step)) for step in steps],
        policy=CommitRejectPolicy(
            draw(st.sampled_from(["park", "rollback"])), draw(st.sampled_from(["park", "compensate"]))
        ),
        calls=draw(st.lists(st.sampled_from(CALLS), max_size=14)),
        writes=draw(st.lists(st.sampled_from(WRITES), max_size=14)),
        deadline_seconds=draw(st.sampled_from([None, None, 0.005, 0.05, 20, 70])),
        cancel_at=draw(st.none() | st.integers(1, 20)),
        heartbeat_tells=draw(st.booleans()),
        units=draw(st.lists(st.sampled_from([0, 0, 1, 2]), max_size=8)),
        acts=draw(st.lists(st.sampled_from(ACTS), max_size=4)),
        claim_begins=draw(st.booleans()),
    )


@pytest.fixture(scope="module", autouse=True)
def _no_waiting():
    """The model's database is back at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.execute, "STORE_RETRY_SECONDS", 0)
        yield


@given(scenarios())
@settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_the_promises_hold(scenario):
    world = World(scenario)
    try:
        asyncio.run(live(world))
    finally:
        note(f"{scenario}\n" + "\n".join(world.row.history))
    check(world)


@pytest.mark.parametrize("can_query", [False, True])
@pytest.mark.parametrize("policy", [CommitRejectPolicy(), CommitRejectPolicy("rollback", "compensate")], ids=str)
@pytest.mark.parametrize(
    ("kinds", "calls"), [(["step"], 5), (["pivot"], 4), (["step", "pivot"], 4), (["step", "step"], 4)], ids=str
)
async def test_every_short_history_of_a_small_operation_keeps_the_promises(kinds, calls, policy, can_query):
    """All of them: what chance may miss is an effect whose answer is lost just before a refusal."""
    steps = [StepRecord(position=n, key=f"s{n}", kind=kind, effect="external") for n, kind in enumerate(kinds)]
    traits = [StepTraits(timeout_seconds=5, retry_for_seconds=300, can_query=can_query, can_compensate=True)] * 2
    for fates in product(SHORT, repeat=calls):
        for claim_begins in (False, True):
            world = World(Scenario(steps, traits, policy, fates, [], None, None, True, claim_begins=claim_begins))
            await live(world)
            check(world)


def check(world: World) -> None:
    try:
        if world.row.phase == "finished":
            check_end(world)
        else:
            check_parked(world)
    except AssertionError as error:
        raise AssertionError("\n".join([str(error), *world.row.history])) from None


async def live(world: World) -> None:
    """To the end, or until nobody has anything left to try: an operator acts whenever one is needed."""
    world.others_work = lambda: others_work(world)
    await work_until_rest(world)
    for act in world._scenario.acts:
        if world.row.phase == "finished":
            return
        world.sleep_until(in_flight_until(world.execution(), None, world.now()) or world.now())
        if operate(world, act):
            await work_until_rest(world)


async def others_work(world: World) -> None:
    """While a worker stands still its lease runs out, and others do what they can."""
    world.sleep_until(world.now() + LEASE)
    if world.row.phase != "finished":
        await work_until_rest(world)


def operate(world: World, act: str) -> bool:
    """What an operator does, who knows what is true and makes true what is said. Whether it was accepted."""
    if act == "force-close":
        world.row.force_close()
        return False
    execution = world.execution()
    step = next(step for step in execution.steps if step.blocked_at is not None)
    try:
        if act == "retry":
            after = retried(execution)
        elif act == "compensate":
            after = compensated(execution, execution.traits)
        else:
            after = resolved(execution, step.key, act)
            world.participants.settle_by_hand(step.position, act)
    except Refused:
        return False
    world.row.hand_over(after, world.now())
    return True


async def work_until_rest(world: World) -> None:
    """Claim, work, crash and claim again, until the operation is finished or waits for a person."""
    for _ in range(MANY_LEASES):
        plan = await work_one_lease(world)
        if plan is None:
            if world.row.phase == "finished":
                return
            world.sleep_until(world.now() + LEASE)
        elif isinstance(plan.move, Finish):
            assert world.row.phase == "finished"
            return
        elif world.row.wake_at is None:
            return
        else:
            world.sleep_until(world.row.wake_at)
    raise AssertionError("it never comes to rest")


async def work_one_lease(world: World):
    leased = world.claim()
    lease = HeldLease(world)
    services = SimpleNamespace(journal=world, clock=world, meter=Meter())
    try:
        return await worker.execute.Run(leased, lease, world, services, world).to_rest()
    except (Killed, LeaseLost, asyncio.CancelledError):
        return None


class HeldLease(Lease):
    """A lease that ends with its worker alone; its heartbeat tells of a cancel request at once, or never."""

    def __init__(self, world: World) -> None:
        self._world = world
        super().__init__(Held("t", UUID(int=1), world.row.epoch), 0, lambda: None)

    @property
    def cancel_requested(self) -> bool:
        return self._world.is_cancel_heard()

    @cancel_requested.setter
    def cancel_requested(self, value: bool) -> None:
        assert not value


def check_end(world: World) -> None:
    row, participants = world.row, world.participants
    world.sleep_until(world.now() + 10 * LEASE)
    if row.effect == "unknown":  # somebody closed it as it was
        return
    assert not participants.those("held"), "something is held"
    if row.status == "succeeded":
        assert participants.those("committed") == set(row.steps), "not everything is committed"
        assert not row.cancel_requested
    elif row.effect == "none":
        assert not participants.those("committed"), "something is committed"
        ends = {step.state for step in row.steps.values() if step.kind == "step"}
        assert ends <= {"rejected", "released", "compensated"}, "a step was left without its end"
    else:
        assert any(step.resolved_as for step in row.steps.values()), "applied in part, and nobody has said so"
    turned_back = row.cancel_requested and row.decision == "rollback"
    assert (row.status == "canceled") == (turned_back and row.effect == "none")


def check_parked(world: World) -> None:
    blocked = [step for step in world.row.steps.values() if step.blocked_at is not None]
    assert world.row.status == "needs_attention"
    assert blocked, "it waits for a person, and nobody knows why"
    for step in blocked:
        in_doubt = step.kind == "pivot" and not world._scenario.traits[step.position].can_query
        assert in_doubt or step.position in world.refused, "it waits although it was never refused"
    if world.row.decision in ("rollback", "compensate"):
        stuck = {step.position for step in blocked}
        assert world.participants.those("held") <= stuck, "a stuck rollback kept another from being released"
