"""What was decided cannot be had after all: it is undone where the definition says so, and nothing stays held."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from tests.proof.bench import Bench
from tests.proof.definitions import TURNS_BACK, Part
from worker.entry import ATTENTION_AFTER_ATTEMPTS


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_first_commit_that_is_refused_is_rolled_back_where_the_definition_says_so_else_a_person_decides(
    bench: Bench, effect: Any
) -> None:
    bench.start_worker(PROOF_TYPES=f"proof,{TURNS_BACK}")
    parts = Part("stock", effect=effect, rejects="commit"), Part("funds", effect=effect)
    parked = await bench.start(*parts)
    blocked = await bench.until(parked, lambda operation: operation.status == "needs_attention")
    assert blocked.decision == "commit"
    assert msgspec.json.decode(blocked.blocked or b"")[0]["reason"] == "REFUSED"
    bench.kinds.clear()  # it waits for a person
    id = await bench.start(*parts, type=TURNS_BACK)
    assert await bench.check() == {id: "failed"}
    error = msgspec.json.decode((await bench.get(id)).error or b"")
    assert (error["reason"], error["step"], error["effect"]) == ("REFUSED", "stock", "none")
    everything = [(key, phase) for key in ("stock", "funds") for phase in ("reserve", "rollback")]
    assert (await bench.books.read()).effects(id) == Counter(everything)


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_commit_that_is_refused_after_another_one_is_recorded_and_everything_is_undone(
    bench: Bench, effect: Any
) -> None:
    bench.start_worker()
    id = await bench.start(
        Part("stock", effect=effect), Part("funds", effect=effect, rejects="commit"), Part("courier", effect=effect)
    )
    assert await bench.check() == {id: "failed"}
    operation = await bench.get(id)
    error = msgspec.json.decode(operation.error or b"")
    assert (error["reason"], error["step"], error["effect"]) == ("COMMIT_REJECTED", "funds", "none")
    assert operation.decision == "compensate"
    undone = [("stock", "compensate"), ("funds", "rollback"), ("courier", "rollback")]
    reserved = [(key, "reserve") for key, _ in undone]
    assert (await bench.books.read()).effects(id) == Counter([*reserved, ("stock", "commit"), *undone])


async def test_while_a_rollback_keeps_failing_the_others_are_released_and_nothing_is_called_failed(
    bench: Bench,
) -> None:
    bench.start_worker()
    await bench.books.order("funds", "rollback", "busy")
    id = await bench.start(Part("stock"), Part("funds"), Part("courier"), Part("refuses", rejects="reserve"))
    blocked = await bench.until(id, lambda operation: operation.status == "needs_attention")
    page = await bench.books.read()
    assert page.calls(id, "funds", "rollback") >= ATTENTION_AFTER_ATTEMPTS
    [reason] = msgspec.json.decode(blocked.blocked or b"[]")
    assert (reason["step"], reason["phase"]) == ("funds", "rolling_back")
    released = {key for (key, phase), times in page.effects(id).items() if phase == "rollback" and times == 1}
    assert released == {"stock", "courier"}
    await bench.books.withdraw("funds", "rollback")
    assert await bench.check() == {id: "failed"}
