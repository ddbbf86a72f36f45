"""Local handlers share a transaction, and each of them is undone by itself."""

from __future__ import annotations

import pytest

from tests.worker.crew import Crew
from tests.worker.definitions import StepTold


@pytest.mark.parametrize("phase", ["reserve", "commit", "rollback"])
async def test_what_a_local_handler_wrote_before_it_failed_is_undone_and_its_neighbours_work_is_kept(
    crew: Crew, phase: str
) -> None:
    crew.start_worker()
    refusing = {"reserve": "reject"} if phase == "rollback" else {}
    id = await crew.begin(
        StepTold("first", effect="local"),
        StepTold("odd", effect="local", trouble={phase: "loses-its-answer"}),
        StepTold("other", trouble=refusing),
    )
    assert (await crew.done(id)).status == ("failed" if phase == "rollback" else "succeeded")
    assert set((await crew.effects(id)).values()) == {1}
    assert crew.calls(id).count(f"odd:{phase}") == 2
