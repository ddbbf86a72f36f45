"""A line to Redis on which everything takes its time, in both directions."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

REDIS_PORT = 6379


class SlowLine:
    """A Unix socket that passes everything on to Redis, ``latency_seconds`` after it came."""

    def __init__(self, redis_url: str, socket: Path, latency_seconds: float) -> None:
        self._target = urlsplit(redis_url)
        self._latency_seconds = latency_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        database = self._target.query if self._target.scheme == "unix" else f"db={self._target.path[1:] or 0}"
        self.url = urlunsplit(("unix", "", str(socket), database, ""))

    @classmethod
    @asynccontextmanager
    async def to(cls, redis_url: str, latency_seconds: float) -> AsyncIterator[SlowLine]:
        with tempfile.TemporaryDirectory() as directory:
            socket = Path(directory) / "redis.sock"
            line = cls(redis_url, socket, latency_seconds)
            server = await asyncio.start_unix_server(line._pass_on, socket)
            try:
                yield line
            finally:
                server.close()
                for task in line._tasks:
                    task.cancel()
                await asyncio.gather(*line._tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        there_reader, there_writer = await self._connect()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        for open_writer in (writer, there_writer):
            open_writer.transport.abort()
        self._tasks.discard(task)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.scheme == "unix":
            return await asyncio.open_unix_connection(self._target.path)
        return await asyncio.open_connection(self._target.hostname, self._target.port or REDIS_PORT)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await asyncio.sleep(self._latency_seconds)
            writer.write(data)
            await writer.drain()
        writer.close()
