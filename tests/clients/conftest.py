"""One service for the tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from operations_api.embedded.servers import ServerUrls
from tests.clients.service import LiveService, live_service
from tests.conftest import database_named, redis_database, run_sql


@pytest.fixture(scope="module")
async def service(
    servers: ServerUrls, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveService]:
    name = f"clients_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    place = tmp_path_factory.mktemp("service")
    async with live_service(database_named(servers.database_url, name), redis_database(servers), place) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")
