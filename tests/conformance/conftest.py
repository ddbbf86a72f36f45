"""One platform for all tests that ask and do not break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from operations_api.embedded.servers import ServerUrls
from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store
from tests.conformance.platform import Keys, Platform, running_platform
from tests.conftest import database_named, run_sql


@pytest.fixture(scope="session")
async def contract_database(servers: ServerUrls, template: str) -> AsyncIterator[str]:
    name = f"conformance_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    yield database_named(servers.database_url, name)
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
async def keys(contract_database: str) -> Keys:
    store = await Store.open(contract_database, pool_size=2)
    try:
        api_keys = ApiKeys(store.pool)
        return Keys(
            full=await api_keys.create("acme", ["submit", "read", "operate"]),
            other=await api_keys.create("globex", ["submit", "read"]),
            read=await api_keys.create("acme", ["read"]),
        )
    finally:
        await store.close()


@pytest.fixture(scope="session")
def platform(
    servers: ServerUrls, contract_database: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    environment = {
        "DATABASE_URL": contract_database,
        "REDIS_URL": servers.redis_url,
        "HOST": "127.0.0.1",
        "OPERATIONS_REGISTRY": "examples:registry",
        "OPERATIONS_PUBLIC_URL": "",
        "OPERATIONS_LOG": "json",
    }
    with running_platform(environment, keys, tmp_path_factory.mktemp("logs")) as running:
        yield running
