"""Whatever a handler does, its operation goes on and its worker lives."""

from __future__ import annotations

import signal
from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.worker.crew import Crew
from tests.worker.definitions import StepTold
from tests.worker.test_turning_back import error_of

KEY = StepTold("odd")


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_handler_that_misbehaves_once_is_called_again_and_its_worker_lives(crew: Crew, effect: Any) -> None:
    worker = crew.start_worker()
    troubles = ["fail 1", "retry 2", "exit 1", "abandon 1", "cancel-itself 1"]
    of_transactions = ["end-its-session 1", "break-a-deferred-constraint 1", "swallows-an-error"]
    troubles += of_transactions if effect == "local" else ["loses-its-answer"]
    for phase in ("reserve", "commit", "rollback"):
        refusing = {"reserve": "reject"} if phase == "rollback" else {}
        ids = {
            trouble: await crew.begin(
                StepTold("odd", effect=effect, trouble={phase: trouble}),
                StepTold("next", effect=effect, trouble=refusing),
            )
            for trouble in troubles
        }
        for trouble, id in ids.items():
            operation = await crew.done(id)
            assert operation.status == ("failed" if phase == "rollback" else "succeeded"), (phase, trouble)
            effects = await crew.effects(id)
            assert set(effects.values()) == {1}, (phase, trouble, effects)
            assert effects["odd:rollback" if phase == "rollback" else "odd:commit"] == 1, (phase, trouble)
    assert worker.process.poll() is None


async def test_a_local_step_that_breaks_its_session_again_and_again_is_given_up_in_the_end(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(
        StepTold("held", effect="external"),
        StepTold("odd", effect="local", trouble={"reserve": "end-its-session"}, retry_for_seconds=1),
    )
    operation = await crew.done(id)
    assert error_of(operation) == ("RETRIES_EXHAUSTED", "none", True)
    assert (await crew.effects(id)) == Counter(["held:reserve", "held:rollback"])
    assert len(await crew.seen(id, "call", "odd", "reserve")) < 20, "each attempt waits longer"


async def test_a_reserve_that_keeps_failing_is_given_up_and_may_be_tried_again(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("held"), StepTold("odd", trouble={"reserve": "retry"}, retry_for_seconds=0.5))
    operation = await crew.done(id)
    assert error_of(operation) == ("RETRIES_EXHAUSTED", "none", True)
    calls = await crew.seen(id, "call", "odd", "reserve")
    assert [line.attempt for line in calls] == list(range(1, len(calls) + 1))
    assert calls[-1].at - calls[0].at >= 0.25, "the last call may begin before the time is over and fail after it"
    assert all(after.at - before.at >= 0.05 for before, after in pairwise(calls)), "as it asked"


async def test_an_answer_of_the_wrong_kind_is_no_answer(crew: Crew) -> None:
    crew.start_worker()
    wrong = await crew.begin(StepTold("odd", trouble={"reserve": "wrong-type"}, retry_for_seconds=0.3))
    unencodable = await crew.begin(StepTold("odd", trouble={"reserve": "unencodable"}))
    operation = await crew.done(wrong)
    assert error_of(operation)[0] == "RETRIES_EXHAUSTED"
    assert b"reserve returned str, not Hold" in bytes(operation.error or b"")
    assert (await crew.done(unencodable)).status == "succeeded"
    assert crew.calls(unencodable) == ["odd:reserve", "odd:reserve", "odd:commit"]


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_refusal_in_words_that_cannot_be_stored_is_a_refusal_all_the_same(crew: Crew, effect: Any) -> None:
    crew.start_worker()
    odd = await crew.begin(StepTold("odd", effect=effect, trouble={"reserve": "reject-oddly"}))
    assert error_of(await crew.done(odd)) == ("ODD", "none", False)
    canceled = await crew.begin(StepTold("odd", effect=effect, trouble={"reserve": "reject-oddly-when-canceled"}))
    await crew.seen(canceled, "call", "odd", "reserve")
    await crew.store.cancel("dev", canceled)
    crew.open_gate(canceled, "odd", "reserve")
    assert (await crew.done(canceled)).status == "canceled"
    assert crew.calls(odd) == crew.calls(canceled) == ["odd:reserve"]


@pytest.mark.parametrize(("type", "result_bytes"), [("told", 2_000), ("told", -1), ("odd-result", 2)])
async def test_an_operation_whose_result_cannot_be_kept_has_succeeded_all_the_same(
    crew: Crew, type: str, result_bytes: int
) -> None:
    crew.start_worker(OPERATIONS_RESULT_LIMIT_BYTES="1024")
    operation = await crew.done(await crew.begin(KEY, type=type, result_bytes=result_bytes))
    assert operation.status == "succeeded"
    assert operation.result == msgspec.Raw(b"{}")
    assert operation.message is not None
    assert operation.message.startswith("The operation succeeded, but its result ")


async def test_plain_functions_run_in_threads_and_report_progress(crew: Crew) -> None:
    crew.start_worker()
    waiting = await crew.begin(StepTold("plain", trouble={"reserve": "wait"}), type="plain")
    await crew.seen(waiting, "call", "plain", "reserve")
    other = await crew.begin(KEY)
    assert (await crew.done(other)).status == "succeeded", "the loop is free"
    crew.open_gate(waiting, "plain", "reserve")
    assert (await crew.done(waiting)).status == "succeeded"
    assert await crew.effects(waiting) == Counter(["plain:reserve", "plain:commit"])


async def test_a_plain_function_that_exits_does_not_take_its_worker_along(crew: Crew) -> None:
    worker = crew.start_worker()
    id = await crew.begin(StepTold("plain", trouble={"reserve": "exit"}), type="plain")
    await crew.seen(id, "call", "plain", "reserve", times=2)
    assert worker.process.poll() is None


async def test_a_call_that_takes_too_long_is_called_again_with_the_same_token(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait 1"}, timeout_seconds=0.3), StepTold("next"))
    first, second = await crew.seen(id, "call", "slow", "reserve", times=2)
    assert first.token == second.token
    assert second.at - first.at >= 0.2, "nearly all of it: what storing the intent took is part of it"
    assert (await crew.done(id)).status == "succeeded"
    assert set((await crew.effects(id)).values()) == {1}


@pytest.mark.parametrize("type", ["import", "remote-import"])
async def test_a_killed_import_goes_on_from_its_checkpoint_and_shows_how_far_it_is(crew: Crew, type: str) -> None:
    worker = crew.start_worker()
    id = await crew.begin(StepTold("rows"), type=type)
    seen = await crew.until(id, lambda operation: b'"completed":5,"total":10' in bytes(operation.progress or b""))
    assert seen.message == "row 5"
    worker.kill()
    crew.open_gate(id, "rows", "reserve")
    crew.start_worker()
    assert (await crew.done(id)).status == "succeeded"
    assert await rows_of(crew, id) == Counter(f"row {number}" for number in range(10))
    assert len(await crew.seen(id, "call", "rows", "reserve")) == 2


async def test_a_checkpoint_survives_a_worker_that_is_told_to_stop(crew: Crew) -> None:

    worker = crew.start_worker(OPERATIONS_DRAIN_SECONDS="0.1")
    id = await crew.begin(StepTold("rows"), type="remote-import")
    await crew.journaled(id, lambda row: bool(row["journal"]) and row["journal"][0]["checkpoint"] == "5")
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0
    crew.open_gate(id, "rows", "reserve")
    crew.start_worker()
    assert (await crew.done(id)).status == "succeeded"
    assert await rows_of(crew, id) == Counter(f"row {number}" for number in range(10))


async def rows_of(crew: Crew, id: UUID) -> Counter[str]:
    there = [row["phase"] for row in await crew.connection.fetch("select phase from effects where operation = $1", id)]
    return Counter([*there, *(line.event for line in crew.ledger(id) if line.event.startswith("row"))])
