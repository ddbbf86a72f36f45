"""One service for all tests that do not break it, and a tenant of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from operations_api.embedded.servers import ServerUrls
from tests.conftest import database_named, run_sql
from tests.http.service import Client, Service, new_tenant, running


@pytest.fixture(scope="session")
async def service(servers: ServerUrls, template: str) -> AsyncIterator[Service]:
    name = f"http_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    async with running(database_named(servers.database_url, name), servers.redis_url) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
def tenant() -> str:
    return new_tenant()


@pytest.fixture
async def client(service: Service, tenant: str) -> AsyncIterator[Client]:
    async with service.client(await service.new_key(tenant)) as client:
        yield client
