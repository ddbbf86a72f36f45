"""A worker that was paused or cut off past its lease: whatever it does when it comes back, nothing of it is kept."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.worker.crew import Crew
from tests.worker.definitions import StepTold
from tests.worker.wire import Wire


@pytest.mark.parametrize("effect", ["external", "local"])
@pytest.mark.parametrize("phase", ["reserve", "commit", "rollback"])
async def test_a_worker_that_wakes_after_its_lease_writes_nothing(crew: Crew, effect: str, phase: str) -> None:
    refusing = {"reserve": "reject"} if phase == "rollback" else {}
    zombie = crew.start_worker()
    id = await crew.begin(
        StepTold("slow", effect=effect, trouble={phase: "wait"}, timeout_seconds=3),
        StepTold("next", effect=effect, trouble=refusing),
    )
    await crew.seen(id, "call", "slow", phase)
    zombie.send(signal.SIGSTOP)
    crew.open_gate(id, "slow", phase)
    other = crew.start_worker()
    finished = await crew.done(id)
    before = await crew.row(id)
    zombie.send(signal.SIGCONT)
    await _comes_back(crew, zombie)
    assert await crew.row(id) == before
    assert before["lease_epoch"] > 1
    assert finished.status == ("failed" if phase == "rollback" else "succeeded")
    assert set((await crew.effects(id)).values()) == {1}
    assert other.process.poll() is None


async def test_a_worker_cut_off_from_postgres_drops_its_calls_before_another_one_begins(
    crew: Crew, database: str
) -> None:
    async with Wire.to(database) as wire:
        crew.start_worker(DATABASE_URL=wire.url)
        id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}), StepTold("next"))
        await crew.seen(id, "call", "slow", "reserve")
        wire.freeze()
        other = crew.start_worker()
        [dropped] = await crew.seen(id, "cancelled", "slow", "reserve")
        _, second = await crew.seen(id, "call", "slow", "reserve", times=2)
        assert dropped.at < second.at
        assert second.pid == other.pid
        crew.open_gate(id, "slow", "reserve")
        assert (await crew.done(id)).status == "succeeded"


async def test_a_worker_whose_connections_are_dead_makes_new_ones(crew: Crew, database: str) -> None:
    async with Wire.to(database) as wire:
        crew.start_worker(DATABASE_URL=wire.url)
        assert (await crew.done(await crew.begin(StepTold("warm")))).status == "succeeded"
        wire.freeze()  # for ever: those that are there now stay silent
        wire.accept_again()
        assert (await crew.done(await crew.begin(StepTold("one")))).status == "succeeded"


async def test_a_worker_whose_loop_is_blocked_ends_itself_and_is_replaced(crew: Crew) -> None:
    blocked = crew.start_worker()
    id = await crew.begin(StepTold("rude", trouble={"reserve": "block-the-loop 1"}), StepTold("next"))
    await crew.seen(id, "call", "rude", "reserve")
    crew.start_worker()
    assert await blocked.ended() == 70
    # the next worker sees a second attempt, which is told to behave
    assert (await crew.done(id)).status == "succeeded"
    assert await crew.effects(id) == Counter(["rude:reserve", "next:reserve", "rude:commit", "next:commit"])


async def _comes_back(crew: Crew, zombie) -> None:
    """It has noticed: it works again, or it has ended because its loop was silent for too long."""
    id = await crew.begin(StepTold("sign-of-life"))
    await crew.done(id)
    if zombie.process.poll() is None:
        zombie.send(signal.SIGTERM)
    assert await zombie.ended() in (0, 70)
