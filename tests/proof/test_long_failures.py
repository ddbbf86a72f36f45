"""A commit that fails for long: people are told, it keeps being tried, and it heals without them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.proof.bench import Bench
from tests.proof.definitions import Part
from worker.entry import ATTENTION_AFTER_ATTEMPTS

STILL_TRYING = 5


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_commit_that_fails_for_long_needs_attention_keeps_trying_and_heals_by_itself(
    bench: Bench, effect: Any
) -> None:
    bench.start_worker()
    await bench.books.order("funds", "commit", "busy")
    id = await bench.start(Part("stock", effect=effect), Part("funds", effect=effect), Part("mail", "action"))
    blocked = await bench.until(id, lambda operation: operation.status == "needs_attention")
    calls = (await bench.books.read()).calls(id, "funds", "commit")
    assert calls >= ATTENTION_AFTER_ATTEMPTS, "not before"
    [reason] = msgspec.json.decode(blocked.blocked or b"[]")
    assert (reason["step"], reason["phase"], reason["reason"]) == ("funds", "committing", "RETRY")
    await bench.books.called("funds", "commit", times=calls + STILL_TRYING)
    assert (await bench.get(id)).status == "needs_attention"
    assert (await bench.get(id)).version > blocked.version
    await bench.books.withdraw("funds", "commit")
    assert await bench.check() == {id: "succeeded"}
    assert (await bench.get(id)).blocked is None
