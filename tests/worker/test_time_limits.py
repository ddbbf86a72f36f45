"""Every call has its own limit, and all of them share one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from worker.time_limits import TimeLimits

SOON = 0.01
LATER = 0.03
NEVER = 3600.0
PATIENCE_SECONDS = 10.0


async def hang() -> None:
    """Until it is cancelled."""
    await asyncio.get_running_loop().create_future()


async def begun(limits: TimeLimits, call: Any, seconds: float) -> asyncio.Task[Any]:
    """A call that runs."""
    task = asyncio.get_running_loop().create_task(limits.keep(call, seconds))
    await asyncio.sleep(0)
    return task


async def error_of(task: asyncio.Task[Any]) -> BaseException | None:
    """What the call ends with; one that goes on for longer than any limit here has lost its own."""
    ended, _ = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
    assert ended, "it is not ended"
    return task.exception()


@pytest.fixture
async def timers(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.TimerHandle]:
    """What the loop is asked to ring for."""
    asked: list[asyncio.TimerHandle] = []
    loop = asyncio.get_running_loop()
    call_at = loop.call_at

    def remember(when: float, callback: Callable[..., Any], *arguments: Any, **more: Any) -> asyncio.TimerHandle:
        asked.append(call_at(when, callback, *arguments, **more))
        return asked[-1]

    monkeypatch.setattr(loop, "call_at", remember)
    return asked


async def test_a_call_that_takes_too_long_is_cancelled_and_has_timed_out() -> None:
    assert isinstance(await error_of(await begun(TimeLimits(), hang(), SOON)), TimeoutError)


async def test_what_a_call_returns_or_raises_in_time_is_its_own() -> None:
    async def refuse() -> None:
        raise KeyError("no seats")

    limits = TimeLimits()
    assert await limits.keep(asyncio.sleep(0, "held"), NEVER) == "held"
    with pytest.raises(KeyError, match="no seats"):
        await limits.keep(refuse(), NEVER)


async def test_a_short_limit_ends_its_call_alone_whatever_began_before_and_after() -> None:
    limits = TimeLimits()
    before, short, after = [await begun(limits, hang(), seconds) for seconds in (NEVER, SOON, NEVER)]
    assert isinstance(await error_of(short), TimeoutError)
    assert not before.done()
    assert not after.done()
    before.cancel()
    after.cancel()


async def test_a_limit_is_kept_after_an_earlier_one_has_rung() -> None:
    limits = TimeLimits()
    later, sooner = [await begun(limits, hang(), seconds) for seconds in (LATER, SOON)]
    for task in (sooner, later):
        assert isinstance(await error_of(task), TimeoutError)


async def test_a_limit_is_kept_where_the_timer_was_set_for_a_call_that_ended_in_time() -> None:
    limits = TimeLimits()
    await limits.keep(asyncio.sleep(0), SOON)
    assert isinstance(await error_of(await begun(limits, hang(), LATER)), TimeoutError)


async def test_calls_with_the_same_end_all_end() -> None:
    limits = TimeLimits()
    calls = [await begun(limits, hang(), SOON) for _ in range(5)]
    assert [type(await error_of(call)) for call in calls] == [TimeoutError] * 5


async def test_whoever_is_cancelled_has_not_timed_out() -> None:
    limits = TimeLimits()
    task = await begun(limits, hang(), NEVER)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # and has left nothing behind that would be in the way of others
    assert isinstance(await error_of(await begun(limits, hang(), SOON)), TimeoutError)


async def test_a_thousand_calls_ask_the_loop_for_one_timer(timers: list[asyncio.TimerHandle]) -> None:
    limits = TimeLimits()
    for _ in range(1000):
        await limits.keep(asyncio.sleep(0), NEVER)
    assert len(timers) == 1


async def test_a_timer_is_cancelled_when_an_earlier_end_overtakes_it(timers: list[asyncio.TimerHandle]) -> None:
    limits = TimeLimits()
    calls = [await begun(limits, hang(), NEVER - number) for number in range(100)]
    assert [timer.cancelled() for timer in timers] == [True] * 99 + [False]
    for call in calls:
        call.cancel()
