"""The wire between a worker and Postgres, which a test can cut without anybody being told."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

PORT = 5432
# Postgres says nothing about a statement whose sender has gone; one takes a thousandth of this
ARRIVAL_SECONDS = 1.0


class Wire:
    """A Unix socket that passes everything on to Postgres until it is frozen."""

    def __init__(self, url: str, directory: Path) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self._host = query["host"][0] if "host" in query else None
        self._address = (parts.hostname or "localhost", parts.port or PORT)
        login = parts.netloc.rpartition("@")[0]
        query["host"] = [str(directory)]
        self.url = urlunsplit(
            parts._replace(netloc=f"{login}@" if login else "", query=urlencode(query, doseq=True, safe="/"))
        )
        self._flows = asyncio.Event()
        self._flows.set()
        self._accepts = asyncio.Event()
        self._accepts.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Wire]:
        directory = Path(tempfile.mkdtemp())
        wire = cls(url, directory)
        server = await asyncio.start_unix_server(wire._pass_on, directory / f".s.PGSQL.{PORT}")
        try:
            yield wire
        finally:
            server.close()
            for task in wire._tasks:
                task.cancel()
            await asyncio.gather(*wire._tasks, return_exceptions=True)
            shutil.rmtree(directory)

    def freeze(self) -> None:
        """Nothing passes any more, in either direction; nobody is told."""
        self._flows.clear()
        self._accepts.clear()

    async def thaw(self) -> None:
        """What was on the wire arrives now; returns when Postgres has had time for it."""
        self._flows.set()
        self._accepts.set()
        await asyncio.sleep(ARRIVAL_SECONDS)

    def accept_again(self) -> None:
        """New connections work; the old ones stay silent."""
        self._flows = asyncio.Event()
        self._flows.set()
        self._accepts.set()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [writer]
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await self._accepts.wait()
            there_reader, there_writer = await self._connect()
            writers.append(there_writer)
            flows = self._flows
            await asyncio.gather(_pump(flows, reader, there_writer), _pump(flows, there_reader, writer))
        for open_writer in writers:
            open_writer.close()
        await asyncio.gather(*(open_writer.wait_closed() for open_writer in writers), return_exceptions=True)
        self._tasks.discard(task)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host is not None and self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{PORT}")
        return await asyncio.open_connection(self._host or self._address[0], self._address[1])


async def _pump(flows: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        await flows.wait()
        writer.write(data)
        await writer.drain()
    writer.close()
