"""The gate of a Pivot is kept by Postgres, whatever its worker has heard."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.worker.crew import Crew
from tests.worker.definitions import StepTold


@pytest.mark.parametrize("effect", ["external", "local"])
@pytest.mark.parametrize("asked", ["cancel", "deadline"])
async def test_a_pivot_has_no_effect_after_a_request_that_its_worker_has_not_heard_of(
    crew: Crew, effect: Any, asked: str
) -> None:
    crew.start_worker(OPERATIONS_LEASE_SECONDS="600")  # no heartbeat tells it
    id = await crew.begin(
        StepTold("slow", trouble={"reserve": "wait"}), StepTold("charge", kind="pivot", effect=effect)
    )
    await crew.seen(id, "call", "slow", "reserve")
    if asked == "cancel":
        assert (await crew.store.cancel("dev", id)).outcome == "accepted"
    else:
        await crew.connection.execute("update operations set deadline = clock_timestamp() where id = $1", id)
    crew.open_gate(id, "slow", "reserve")
    assert (await crew.done(id)).status == ("canceled" if asked == "cancel" else "failed")
    # a local Pivot was called, in a transaction that was undone
    assert await crew.effects(id) == Counter(["slow:reserve", "slow:rollback"])
