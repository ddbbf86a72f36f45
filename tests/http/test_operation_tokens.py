"""POST /operation-tokens: a key for one start of one type by one tenant before its time."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from operations_api.domain.operation_token import new_token
from tests.http.service import Client, Service


async def token_for(client: Client, type: str = "note", **more: Any) -> str:
    response = await client.post("/operation-tokens", json={"type": type, **more})
    assert response.status_code == 201, response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["type"] == type
    token: str = response.json()["token"]
    return token


async def test_a_token_starts_one_operation_and_is_a_replay_afterwards(client: Client):
    token = await token_for(client)
    first = await client.start({"input": {"text": "hi"}}, key=token)
    again = await client.start({"input": {"text": "hi"}}, key=f'"{token}"')
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["idempotency_key"] == token
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_used_token_is_refused_with_another_body(client: Client):
    token = await token_for(client)
    operation = await client.started({"input": {"text": "hi"}}, key=token)
    response = await client.start({"input": {"text": "bye"}}, key=token)
    assert response.status_code == 422
    assert response.json()["operation_id"] == operation["id"]


async def test_of_many_uses_at_once_one_starts(service: Service, client: Client, tenant: str):
    token = await token_for(client)
    answers = await asyncio.gather(*(client.start({"input": {"count": n % 2}}, key=token) for n in range(40)))
    assert {answer.status_code for answer in answers} == {202, 422}
    assert sum("idempotent-replayed" not in answer.headers for answer in answers if answer.status_code == 202) == 1
    assert await service.count(tenant) == 1


async def test_two_tokens_are_two_operations(client: Client):
    tokens = [await token_for(client), await token_for(client)]
    assert len({(await client.started(key=token))["id"] for token in tokens}) == 2


async def test_an_expired_token_is_a_412_and_nothing_runs_unless_it_was_used_in_time(
    service: Service, client: Client, tenant: str
):
    used, unused = [await token_for(client, expires_in_seconds=3) for _ in range(2)]
    operation = await client.started(key=used)
    expiry = int(unused.split("_")[1])
    await asyncio.sleep(max(0.0, expiry - time.time()) + 0.05)  # its expiry is by the clock of the API's host
    response = await client.start(key=unused)
    assert response.status_code == 412
    assert response.json()["type"].endswith("/problems/idempotency-key-expired")
    assert (await client.started(key=used))["id"] == operation["id"], "a replay has no time"
    assert await service.count(tenant) == 1


def test_a_token_lives_no_shorter_than_it_was_to():
    until = datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert new_token("acme", "note", until).expires_at >= until


@pytest.mark.parametrize("forged", ["optoken_", "optoken_9999999999_" + "x" * 32, "optoken_x_y"])
async def test_a_forged_token_is_a_400_and_nothing_runs(service: Service, client: Client, tenant: str, forged: str):
    response = await client.start(key=forged)
    assert response.status_code == 400
    assert response.json()["type"].endswith("/problems/idempotency-key-invalid")
    assert "/operation-tokens" in response.json()["detail"]
    assert await service.count(tenant) == 0


async def test_another_tenants_token_is_as_good_as_forged(service: Service, client: Client):
    async with service.client(await service.new_key()) as stranger:
        token = await token_for(stranger)
        assert (await client.start(key=token)).status_code == 400
        assert (await stranger.start(key=token)).status_code == 202


async def test_another_types_token_is_refused_and_stays_good_for_its_own(client: Client):
    token = await token_for(client, "memo")
    response = await client.start(key=token)
    assert response.status_code == 400
    assert "memo" in response.json()["detail"]
    assert (await client.start(key=token, type="memo")).status_code == 202


async def test_a_refused_start_and_a_dry_run_leave_the_token_good(client: Client):
    token = await token_for(client)
    assert (await client.start({"input": {"count": "many"}}, key=token)).status_code == 400
    assert (await client.start(key=token, params={"validate_only": "true"})).status_code == 204
    assert "idempotent-replayed" not in (await client.start(key=token)).headers


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "nothing"}, "/type"),
        ({}, "/type"),
        ({"type": "note", "expires_in_seconds": 0}, "/expires_in_seconds"),
        ({"type": "note", "expires_in_seconds": 86_401}, "/expires_in_seconds"),
        ({"type": "note", "tenant": "other"}, "/tenant"),
    ],
)
async def test_a_token_for_what_there_is_not_is_refused(client: Client, body: dict[str, Any], pointer: str):
    response = await client.post("/operation-tokens", json=body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer


async def test_making_a_token_needs_the_scope_submit(service: Service):
    async with service.client(await service.new_key(scopes=["read"])) as reader:
        assert (await reader.post("/operation-tokens", json={"type": "note"})).status_code == 403
