"""Starts under clients' own ids, where the answer of a COMMIT is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from operations_api.store.connection import open_pool
from operations_api.store.own_ids import OwnIds
from tests.http.test_outages import Wire

from .factory import request


class WireThatLosesOneAnswer(Wire):
    """Once ``swallowing`` is set it swallows the next answer of Postgres, and none after it."""

    _armed = False

    @property
    def swallowing(self) -> bool:
        armed, self._armed = self._armed, False
        return armed

    @swallowing.setter
    def swallowing(self, value: bool) -> None:
        self._armed = value


@pytest.fixture
async def wire(database: str) -> AsyncIterator[Wire]:
    wire = WireThatLosesOneAnswer(database)
    await wire.mend()
    yield wire
    await wire.cut()


@pytest.fixture
async def own_ids(wire: Wire) -> AsyncIterator[OwnIds]:
    """Its statements are prepared: the next answer is that of a COMMIT."""
    pool = await open_pool(wire.url, size=1)
    own_ids = OwnIds(pool)
    await own_ids.start(request(key=None, id=uuid4()))
    yield own_ids
    await pool.close()


async def test_who_has_to_ask_again_for_its_own_start_is_not_told_of_a_replay(wire, own_ids, connection):
    asked = request(key=None, id=uuid4(), fair_order=2)
    wire.swallowing = True
    started = await own_ids.start(asked)
    assert (started.replayed, started.operation.id) == (False, asked.id)
    assert await connection.fetchval("select count(*) from operations where id = $1", asked.id) == 1


async def test_who_was_not_the_one_that_started_is_told_of_a_replay_also_when_it_has_to_ask_again(wire, own_ids):
    first = request(key=None, id=uuid4(), fair_order=2)
    await own_ids.start(first)
    wire.swallowing = True
    assert (await own_ids.start(request(key=None, id=first.id, fair_order=3))).replayed


async def test_of_many_that_start_under_one_id_at_once_one_is_told_that_it_did(own_ids):
    id = uuid4()
    asked = [own_ids.start(request(key=None, id=id, fair_order=place)) for place in range(2, 52)]
    assert [started.replayed for started in await asyncio.gather(*asked)].count(False) == 1
