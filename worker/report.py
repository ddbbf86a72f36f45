"""What handlers report while they run: progress for whoever polls, checkpoints for whoever takes over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from operations_api.domain.errors import OperationsError

REPORT_SECONDS: Final = 0.25
"""Polls are seconds apart: writing progress more often would only cost."""


class Progress(msgspec.Struct, frozen=True):
    """How far a call is."""

    completed: int
    total: int | None
    unit: str


class Report:
    """The reporter of one call: keeps the newest progress, and writes it now and then while the call runs."""

    def __init__(
        self,
        write_progress: Callable[[bytes, str | None], Awaitable[None]],
        write_checkpoint: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._write_progress = write_progress
        self._write_checkpoint = write_checkpoint
        self._newest: tuple[bytes, str | None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def progress(self, completed: int, total: int | None, unit: str, message: str | None) -> None:
        """Remember it; it is written soon, unless something newer comes first. May be called from a thread."""
        self._newest = (msgspec.json.encode(Progress(completed, total, unit)), message)
        self._loop.call_soon_threadsafe(self._start_writer)

    async def checkpoint(self, value: Any) -> None:
        """Store the cursor before going on."""
        await self._write_checkpoint(msgspec.json.encode(value))

    def close(self) -> None:
        """The call is over: what it reported last is overtaken by its outcome."""
        self._newest = None
        if self._writer is not None:
            self._writer.cancel()

    def _start_writer(self) -> None:
        if self._newest is not None and (self._writer is None or self._writer.done()):
            self._writer = self._loop.create_task(self._write())

    async def _write(self) -> None:
        while self._newest is not None:
            newest, self._newest = self._newest, None
            with contextlib.suppress(OperationsError):  # the outcome tells more, and is stored with more care
                await self._write_progress(*newest)
            await asyncio.sleep(REPORT_SECONDS)
