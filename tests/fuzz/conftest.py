"""One service under attack for all tests here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from operations_api.embedded.servers import ServerUrls
from tests.conftest import database_named, run_sql
from tests.fuzz.target import Target, attacked


@pytest.fixture(scope="package")
async def target(servers: ServerUrls, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    name = f"fuzz_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    async with attacked(url, servers.redis_url, tmp_path_factory.mktemp("fuzz")) as target:
        yield target
    await run_sql(servers.database_url, f"drop database {name} with (force)")
