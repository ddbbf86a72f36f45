"""An operation that workers died of is begun beside nothing, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from operations_api.settings import Settings
from tests.operator.definitions import registry
from tests.operator.desk import Desk, Scripted, step
from tests.operator.suspect import given_back, leased, make_suspect
from tests.processes import PATIENCE_SECONDS
from worker.process import working


async def test_a_suspect_whose_worker_does_not_become_empty_is_given_back_and_not_begun(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.dispatch.ALONE_PATIENCE_SECONDS", 0.3)
    async with beside_a_long_one(desk) as (long, suspect):
        await given_back(desk, suspect.id)
        assert suspect.calls() == [], "something else was still running"
        long.tell("a-reserve", "")
        await suspect.done()


async def test_a_suspect_does_not_keep_its_worker_idle_until_the_longest_operation_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.dispatch.ALONE_PATIENCE_SECONDS", 0.3)
    async with beside_a_long_one(desk) as (long, suspect):
        await (await desk.scripted(step("a"))).done()
        assert long.calls() == ["a:reserve"], "it has waited for nobody"
        long.tell("a-reserve", "")
        await suspect.done()


async def test_suspects_that_do_no_harm_are_executed_one_after_the_other_and_others_between_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.dispatch.ROUND_SECONDS", 10 * PATIENCE_SECONDS)  # after the first, none comes in time
    suspects = [await desk.scripted(step("a"), later=True) for _ in range(5)]
    for suspect in suspects:
        await make_suspect(desk, suspect.id)
    other = await desk.scripted(step("a"))
    async with working(Settings.from_environment(desk.environment), registry):
        await asyncio.gather(*(each.done() for each in [*suspects, other]))


@asynccontextmanager
async def beside_a_long_one(desk: Desk) -> AsyncIterator[tuple[Scripted, Scripted]]:
    """A worker that executes an operation which goes on until it is told, and holds a suspect until that has ended."""
    async with working(Settings.from_environment(desk.environment), registry):
        long = await desk.scripted(step("a"), a_reserve="wait")
        await long.called("a:reserve")
        suspect = await desk.scripted(step("a"), later=True)
        await make_suspect(desk, suspect.id)
        await leased(desk, suspect.id)
        yield long, suspect
