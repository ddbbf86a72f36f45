"""How tasks that run for ever are ended."""

from __future__ import annotations

import asyncio
from typing import Any, Final

CANCEL_AGAIN_SECONDS: Final = 1.0
"""Longer than a task needs to say good-bye to what it talks to."""


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended. Never raises what they raise.

    Once is not enough: redis-py loses a cancellation that comes while it gives a connection back, and a loop around it
    would then go on for ever, with whoever waits for its end.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
