"""A client, and a proxy that loses answers, before one service for all tests here."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from operations_api.client import Client
from tests.client.faulty_proxy import FaultyProxy, faulty_proxy
from tests.http.conftest import service, tenant
from tests.http.service import Service

__all__ = ["service", "tenant"]


@pytest.fixture
async def proxy(service: Service) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(service.port) as proxy:
        yield proxy


@pytest.fixture
async def key(service: Service, tenant: str) -> str:
    return await service.new_key(tenant)


@pytest.fixture
async def client(proxy: FaultyProxy, key: str) -> AsyncIterator[Client]:
    async with Client(proxy.url, key, patience_seconds=20) as client:
        yield client
