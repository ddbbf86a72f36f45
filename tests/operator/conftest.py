"""A desk for each test, on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from examples import registry as examples
from operations_api.store.api_keys import ApiKeys
from tests.http.service import EVERY_SCOPE, running
from tests.operator.definitions import registry
from tests.operator.desk import LEASE_SECONDS, TENANT, Desk


@pytest.fixture
async def desk(database: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """The API without a worker; those the test starts are gone at its end."""
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "OPERATIONS_LEASE_SECONDS": str(LEASE_SECONDS),
        "OPERATIONS_DATA_DIR": str(tmp_path),
    }
    async with running(database, redis_url, registry=examples.merged(registry)) as service:
        key = await ApiKeys(service.store.pool).create(TENANT, EVERY_SCOPE, "olga")
        async with service.client(key) as client:
            desk = Desk(service, client, key, tmp_path, environment)
            try:
                yield desk
            finally:
                desk.kill_workers()
