"""Counts what code does, whatever the machine does beside it."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from operations_api.store import connection as module
from operations_api.store.queries import load
from tests.processes import ROOT

OURS = tuple(str(ROOT / package) + "/" for package in ("operations_api", "worker"))
NAMES = {
    statement: name
    for path in sorted((ROOT / "operations_api" / "store" / "sql").glob("*.sql"))
    for name, statement in load(path.stem).items()
}


class Calls:
    """Calls of functions of ours in this thread, while it is entered; a coroutine that goes on is called again."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Calls:
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            self.count += 1


async def calls_each(action: Callable[[], Awaitable[object]], times: int = 20, repeats: int = 5) -> float:
    """Calls for each time; of several rounds the cheapest, in which nothing else happened."""
    counts = []
    for _ in range(repeats):
        await asyncio.sleep(0)
        with Calls() as calls:
            for _ in range(times):
                await action()
        counts.append(calls.count / times)
    return min(counts)


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Statements that pools which are opened from now on send, by name; those of no file by themselves."""
    sent: Counter[str] = Counter()
    prepare = module._prepare

    async def prepare_counted(connection: Any) -> None:
        await prepare(connection)
        connection.add_query_logger(lambda record: sent.update([NAMES.get(record.query, record.query)]))

    with monkeypatch.context() as patch:
        patch.setattr(module, "_prepare", prepare_counted)
        yield sent
