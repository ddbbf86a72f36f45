from __future__ import annotations

import msgspec
import pytest

from examples.ledger.barrier import LateReserve, NothingHeld
from examples.probe import PROBE, ProbeInput
from operations_api import Reject, Retry
from tests.examples.operation import Begin


async def test_a_probe_echoes_what_it_was_told_and_how_many_steps_it_took(begin: Begin):
    result = await begin(PROBE, ProbeInput(steps=3, echo={"any": ["json"]})).finish()
    assert msgspec.to_builtins(result) == {"steps": 3, "echo": {"any": ["json"]}}


@pytest.mark.parametrize("steps", [1, 2, 20])
@pytest.mark.parametrize("effect", ["external", "local"])
def test_the_steps_depend_on_the_input(steps, effect):
    made = PROBE.steps_for(ProbeInput(steps=steps, effect=effect))
    assert [step.key for step in made] == [f"step-{index}" for index in range(steps)]
    assert {step.effect for step in made} == {effect}


def test_a_slow_probe_is_given_the_time_it_needs():
    [slow] = PROBE.steps_for(ProbeInput(steps=1, commit_ms=600_000))
    assert slow.timeout_seconds > 600


@pytest.mark.parametrize(
    ("told", "handler", "reason"),
    [
        ({"reject_reserve": 1}, "reserve", "PROBE_RESERVE_REJECTED"),
        ({"reject_commit": 1}, "commit", "PROBE_COMMIT_REJECTED"),
        ({"stuck_rollback": 1}, "rollback", "PROBE_ROLLBACK_REJECTED"),
    ],
)
@pytest.mark.parametrize("effect", ["external", "local"])
async def test_exactly_the_named_step_refuses(begin: Begin, told, handler, reason, effect):
    probe = begin(PROBE, ProbeInput(steps=3, effect=effect, **told))
    for key in ("step-0", "step-1", "step-2"):
        if handler != "reserve":
            await probe.reserve(key)
        if key == "step-1":
            with pytest.raises(Reject) as rejected:
                await getattr(probe, handler)(key)
            assert rejected.value.reason == reason
        else:
            await getattr(probe, handler)(key)


async def test_each_handler_of_a_flaky_probe_asks_for_that_many_retries(begin: Begin):
    probe = begin(PROBE, ProbeInput(steps=1, flaky=2))
    for handler, args in (("reserve", [probe.input]), ("commit", [None]), ("rollback", [None])):
        for attempt in (1, 2):
            with pytest.raises(Retry):
                await probe.call("step-0", handler, *args, attempt=attempt)
        await probe.call("step-0", handler, *args, attempt=3)


async def test_a_local_probe_leaves_its_mark_once_and_refuses_a_late_reserve(begin: Begin, ledger):
    probe = begin(PROBE, ProbeInput(steps=3, effect="local"))
    for _ in range(2):
        await probe.reserve("step-0")
        await probe.reserve("step-1")
    for _ in range(2):
        await probe.commit("step-0")
        await probe.rollback("step-1")
        await probe.rollback("step-2")
    marks = await ledger.fetch("select step, state from examples.probe_holds order by step")
    assert [tuple(mark) for mark in marks] == [("step-0", "kept"), ("step-1", "released"), ("step-2", "released")]
    with pytest.raises(LateReserve):
        await probe.reserve("step-2")
    with pytest.raises(NothingHeld):
        await probe.call("step-1", "commit", None)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b'{"steps": 0}', "Expected `int` >= 1"),
        (b'{"steps": 21}', "Expected `int` <= 20"),
        (b'{"effect": "both"}', "Invalid enum value 'both'"),
        (b'{"reserve_ms": -1}', "Expected `int` >= 0"),
        (b'{"reject_reserve": 2}', "there are 2 steps, counted from 0, so reject_reserve cannot be 2"),
        (b'{"effect": "local", "commit_ms": 5001}', "a local step takes at most 5000 ms"),
    ],
)
def test_a_probe_that_cannot_be_is_refused_with_the_reason(body, complaint):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(body, type=ProbeInput)
    assert complaint in str(refused.value)


def test_a_probe_without_patience_soon_gives_up():
    [impatient] = PROBE.steps_for(ProbeInput(steps=1, flaky=1, patience_ms=1))
    assert impatient.retry_for_seconds == 0.001


def test_every_member_is_optional():
    assert msgspec.json.decode(b"{}", type=ProbeInput) == ProbeInput()
