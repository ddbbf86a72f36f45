"""A bench on a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proof.bench import Bench, bench_on


@pytest.fixture
async def bench(database: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_on(database, redis_url, tmp_path) as bench:
        yield bench
