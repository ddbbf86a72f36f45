"""What is counted, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from benchmarks.definitions import MARKS
from tests.guard.counting import statements
from tests.guard.face import Face, face_on


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """The statements of every pool that the test opens."""
    with statements(monkeypatch) as sent:
        yield sent


@pytest.fixture
async def face(
    sent: Counter[str], connection: asyncpg.Connection, database: str, redis_url: str
) -> AsyncIterator[Face]:
    """The HTTP face; its caller is known, and every statement is prepared."""
    async with face_on(database, redis_url) as face:
        for _ in range(8):
            await face.poll(await face.start())
        yield face


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A session that is not counted, and the table that local steps write to."""
    opened = await asyncpg.connect(database)
    await opened.execute(MARKS)
    yield opened
    await opened.close()
