"""Plain functions cannot be stopped: what a call of one may mean when its time is up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from operations_api import Retry
from worker.threads import Threads

SECONDS = 0.05


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a function waits for; open at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


async def test_what_waits_for_a_thread_for_too_long_was_not_called_and_says_so(gate: threading.Event) -> None:
    threads = Threads(1)
    busy = asyncio.create_task(threads.run(gate.wait, seconds=60))
    await asyncio.sleep(0)
    called: list[str] = []
    with pytest.raises(Retry, match="no thread was free"):
        await threads.run(called.append, "called", seconds=SECONDS)
    gate.set()
    assert await busy
    await threads.run(called.append, "again", seconds=60)
    assert called == ["again"]


async def test_a_function_that_is_late_has_as_long_again_before_its_outcome_is_unknown(gate: threading.Event) -> None:
    threads = Threads(1)
    begun_at = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await threads.run(gate.wait, seconds=SECONDS)
    assert asyncio.get_running_loop().time() - begun_at >= 2 * SECONDS


async def test_the_answer_of_a_function_that_is_late_counts(gate: threading.Event) -> None:
    asyncio.get_running_loop().call_later(1.1, gate.set)
    assert await Threads(1).run(gate.wait, seconds=1)
