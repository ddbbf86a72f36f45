"""What the service really answers is what the document says: status, headers, content type and body."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn

from examples import registry
from operations_api.http.app import create_app
from operations_api.http.openapi import document
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store
from tests.openapi.answers import Declared

SPEC = document(registry)
DECLARED = Declared(SPEC)
ORDER = {"input": {"account": "alice", "sku": "kettle", "quantity": 1, "email": "alice@example.com"}}
START, TYPED, MONITOR, CANCEL, EVENTS, LIST = (
    "/operations/place-order",
    "/operations/place-order/{id}",
    "/operations/{id}",
    "/operations/{id}/cancel",
    "/operations/{id}/events",
    "/operations",
)


@pytest.fixture
async def base_url(database: str, redis_url: str) -> AsyncIterator[str]:
    settings = Settings(database_url=database, redis_url=redis_url, body_limit_bytes=4096, rate_limit=1_000_000)
    config = uvicorn.Config(create_app(settings, registry), port=0, log_config=None, server_header=False)
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server.serve())
    while not server.started:
        assert not running.done(), running.exception()
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


@pytest.fixture
async def client(base_url: str, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    key = await ApiKeys(store.pool).create("acme", ["submit", "read"], "test")
    async with httpx.AsyncClient(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


def fits(answer: httpx.Response, path: str, status: int) -> httpx.Response:
    """Check an answer against the document; ``path`` as it is written there."""
    assert answer.status_code == status, answer.text
    method = answer.request.method
    assert str(status) in SPEC["paths"][path][method.lower()]["responses"]
    sent = answer.headers.multi_items()
    assert DECLARED.undeclared(method, answer.request.url.path, status, sent, answer.content) == []
    return answer


async def start(client: httpx.AsyncClient, key: str, **kwargs: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key, **kwargs.pop("headers", {})}
    return await client.post(START, headers=headers, **({"json": ORDER} | kwargs))


async def test_starts_and_replays_are_as_documented(client: httpx.AsyncClient) -> None:
    first = fits(await start(client, "a"), START, 202)
    again = fits(await start(client, "a", headers={"Prefer": "respond-async"}), START, 202)
    assert again.json()["id"] == first.json()["id"]
    assert {"idempotent-replayed", "preference-applied"} <= set(again.headers)
    fits(await start(client, "b", headers={"Prefer": "return=minimal"}), START, 202)
    fits(await start(client, "c", params={"validate_only": "true"}), START, 204)
    labelled = ORDER | {"labels": {"channel": "web"}, "deadline": "2100-01-01T00:00:00Z", "not_before": None}
    fits(await start(client, "d", json=labelled), START, 202)


async def test_every_header_of_a_start_is_really_there(client: httpx.AsyncClient) -> None:
    await start(client, "a")
    answer = await start(client, "a", headers={"Prefer": "respond-async"})
    documented = {name.lower() for name in SPEC["paths"][START]["post"]["responses"]["202"]["headers"]}
    assert documented <= set(answer.headers)


async def test_refused_starts_are_as_documented(client: httpx.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    await start(client, "used")
    fits(await start(client, "used", json={"input": ORDER["input"] | {"quantity": 2}}), START, 422)
    fits(await client.post(START, json=ORDER), START, 400)
    fits(await start(client, "a b"), START, 400)
    fits(await start(client, "a", content=b"{", json=None, headers=json_type), START, 400)
    fits(await start(client, "a", json={"input": {}}), START, 400)
    fits(await start(client, "a", content=b"{}", json=None), START, 415)
    fits(await start(client, "a", json={"input": {"sku": "x" * 5000}}), START, 413)
    fits(await start(client, "0190a000-0000-7000-8000-000000000000"), START, 412)
    fits(await start(client, "a", headers={"Authorization": "Bearer wrong"}), START, 401)


async def test_a_key_without_the_scope_is_refused_as_documented(client: httpx.AsyncClient, store: Store) -> None:
    key = await ApiKeys(store.pool).create("acme", ["read"], "reader")
    fits(await start(client, "a", headers={"Authorization": f"Bearer {key}"}), START, 403)


async def test_polls_are_as_documented(client: httpx.AsyncClient) -> None:
    path = (await start(client, "a")).headers["content-location"]
    basic = fits(await client.get(path), MONITOR, 200)
    full = fits(await client.get(path, params={"view": "full"}), MONITOR, 200)
    assert {"input", "steps"} <= set(full.json())
    fits(await client.head(path), MONITOR, 200)
    fits(await client.get(path, headers={"If-None-Match": basic.headers["etag"]}), MONITOR, 304)
    fits(await client.get(path, params={"view": "all"}), MONITOR, 400)
    fits(await client.get("/operations/nothing"), MONITOR, 404)


async def test_what_else_is_done_to_an_operation_is_as_documented(client: httpx.AsyncClient) -> None:
    path = (await start(client, "a")).headers["content-location"]
    fits(await client.delete(path), MONITOR, 409)
    fits(await client.delete(path, headers={"If-Match": '"99"'}), MONITOR, 412)
    fits(await client.post(f"{path}/cancel", headers={"If-Match": '"99"'}), CANCEL, 412)
    fits(await client.post(f"{path}/cancel"), CANCEL, 202)
    fits(await client.post(f"{path}/cancel"), CANCEL, 200)
    fits(await client.post("/operations/nothing/cancel"), CANCEL, 404)


async def test_changes_of_labels_are_as_documented(client: httpx.AsyncClient) -> None:
    path = (await start(client, "a")).headers["content-location"]
    for match, content, status in (
        ({"If-Match": "*"}, {"labels": {"a": "b"}}, 200),
        ({"If-Match": '"1"'}, {"labels": {}}, 412),
        ({}, {"labels": {}}, 428),
        ({}, {"labels": 1}, 400),
    ):
        fits(await client.patch(path, json=content, headers=match), MONITOR, status)


async def test_events_are_as_documented(client: httpx.AsyncClient) -> None:
    path = (await start(client, "a")).headers["content-location"]
    canceled = await client.post(f"{path}/cancel")
    fits(await client.get(f"{path}/events"), EVENTS, 200)
    version = str(canceled.json()["version"])
    fits(await client.get(f"{path}/events", headers={"Last-Event-ID": version}), EVENTS, 204)
    fits(await client.get("/operations/nothing/events"), EVENTS, 404)


async def test_own_ids_are_as_documented(client: httpx.AsyncClient) -> None:
    path, other = f"{START}/{uuid4()}", "/operations/probe"
    for answer in (await client.put(path, json=ORDER), await client.put(path, json=ORDER)):
        fits(answer, TYPED, 202)
    fits(await client.put(path, json={"input": {}}), TYPED, 422)
    fits(await client.put(path.replace(START, other), json={"input": {}}), f"{other}/{{id}}", 409)
    fits(await client.put(f"{START}/x", json=ORDER), TYPED, 400)
    fits(await client.get(path), TYPED, 200)
    fits(await client.head(path), TYPED, 200)
    fits(await client.get(path.replace(START, other)), f"{other}/{{id}}", 404)


async def test_lists_are_as_documented(client: httpx.AsyncClient) -> None:
    for key in ("a", "b", "c"):
        await start(client, key)
    first = fits(await client.get(LIST, params={"page_size": 2}), LIST, 200)
    assert "link" in first.headers
    token = first.json()["next_page_token"]
    assert len(fits(await client.get(LIST, params={"page_size": 2, "page_token": token}), LIST, 200).json()) == 2
    fits(await client.get(LIST, params={"status": "asleep"}), LIST, 400)


async def test_pages_and_health_are_as_documented_and_need_no_key(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        for path in ("/health/live", "/health/ready", "/service-info", "/openapi.json", "/docs"):
            fits(await client.get(path), path, 200)
        fits(await client.get("/problems/malformed-json"), "/problems/{slug}", 200)
        fits(await client.get("/problems/nothing"), "/problems/{slug}", 404)
