"""An operation that workers died of is begun beside nothing, or not at all."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from operations_api.settings import Settings
from tests.operator.definitions import registry
from tests.operator.desk import PATIENCE_SECONDS, POLL_SECONDS, Desk, step
from tests.operator.test_poison import leased, make_suspect
from worker.process import working


async def test_a_suspect_whose_worker_does_not_become_empty_is_given_back_and_not_begun(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.dispatch.ALONE_PATIENCE_SECONDS", 0.3)
    async with working(Settings.from_environment(desk.environment), registry):
        long = await desk.scripted(step("a"), a_reserve="wait")
        await long.called("a:reserve")
        suspect = await desk.scripted(step("a"))
        await make_suspect(desk, suspect.id)
        await leased(desk, suspect.id)
        await given_back(desk, suspect.id)
        assert suspect.calls() == [], "something else was still running"
        long.tell("a-reserve", "")
        await suspect.done()


async def test_suspects_that_do_no_harm_are_executed_one_after_the_other_and_others_between_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.dispatch.ROUND_SECONDS", 10 * PATIENCE_SECONDS)  # after the first, none comes in time
    suspects = [await desk.scripted(step("a")) for _ in range(5)]
    for suspect in suspects:
        await make_suspect(desk, suspect.id)
    other = await desk.scripted(step("a"))
    async with working(Settings.from_environment(desk.environment), registry):
        await asyncio.gather(*(each.done() for each in [*suspects, other]))


async def given_back(desk: Desk, id: str) -> None:
    """Nobody holds it any more, whatever came of it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await desk.pool.fetchval("select lease_owner from operations where id = $1", UUID(id)) is not None:  # noqa: ASYNC110 -- Postgres has no event for it
            await asyncio.sleep(POLL_SECONDS)
