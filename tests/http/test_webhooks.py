"""Secrets, endpoints and deliveries over HTTP: checked, one tenant's, and as the document says."""

from __future__ import annotations

from base64 import b64decode
from uuid import UUID, uuid4

import pytest

from tests.http.service import Client, Service

URL = "https://receiver.example/hooks"


async def test_a_secret_is_shown_once_and_has_32_bytes(client: Client) -> None:
    made = await client.post("/webhook-secrets")
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert len(b64decode(made.json()["secret"].removeprefix("whsec_"))) == 32
    [listed] = (await client.get("/webhook-secrets")).json()["secrets"]
    assert listed == {name: value for name, value in made.json().items() if name != "secret"}


async def test_at_most_two_secrets_sign_at_a_time(client: Client) -> None:
    ids = [(await client.post("/webhook-secrets", json={"overlap_seconds": 60})).json()["id"] for _ in range(3)]
    listed = (await client.get("/webhook-secrets")).json()["secrets"]
    assert [each["id"] for each in listed] == [ids[2], ids[1]]
    assert [each["expires_at"] is None for each in listed] == [True, False]


async def test_a_callback_needs_a_secret_and_is_looked_at_before_anything_starts(
    client: Client, service: Service, tenant: str
) -> None:
    body = {"input": {}, "callback_url": URL}
    refused = await client.start(body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/callback_url")
    await client.post("/webhook-secrets")
    for wrong in ("ftp://a.example/", "https://", "https://a:b@c.example/", "https://a.example/#x", "/hooks",
                  "https://[::1", "https://a.example:99999/", "https://ex ample/", "https://ä.example/"):  # fmt: skip
        refused = await client.start(body | {"callback_url": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/callback_url"), wrong
    assert await service.count(tenant) == 0
    started = await client.started(body)
    put = await client.put(f"/operations/note/{uuid4()}", json=body)
    assert put.status_code == 202
    stored = await service.store.pool.fetch("select callback_url from operations where tenant = $1", tenant)
    assert [row["callback_url"] for row in stored] == [URL, URL]
    assert "callback_url" not in started, "who may read need not know who is told"


async def test_another_callback_is_another_body(client: Client) -> None:
    await client.post("/webhook-secrets")
    await client.started({"input": {}, "callback_url": URL}, key="one")
    assert (await client.start({"input": {}, "callback_url": URL}, key="one")).headers["idempotent-replayed"] == "true"
    assert (await client.start({"input": {}, "callback_url": f"{URL}/2"}, key="one")).status_code == 422


async def test_endpoints_come_and_go(client: Client) -> None:
    refused = await client.post("/webhook-endpoints", json={"url": URL})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/url")
    await client.post("/webhook-secrets")
    made = await client.post("/webhook-endpoints", json={"url": URL})
    assert made.status_code == 201
    assert (await client.get("/webhook-endpoints")).json()["endpoints"] == [made.json()]
    assert (await client.delete(f"/webhook-endpoints/{made.json()['id']}")).status_code == 204
    assert (await client.delete(f"/webhook-endpoints/{made.json()['id']}")).status_code == 404
    assert (await client.get("/webhook-endpoints")).json()["endpoints"] == []


async def test_deliveries_are_listed_page_by_page_and_replayed(client: Client, service: Service, tenant: str) -> None:
    await client.post("/webhook-secrets")
    ids = [(await client.started({"input": {}, "callback_url": URL}))["id"] for _ in range(5)]
    for id in ids:
        await client.post(f"/operations/{id}/cancel")
    seen, token = [], ""
    while token is not None:
        page = (await client.get("/webhook-deliveries", params={"page_size": 2, "page_token": token})).json()
        seen += [each["operation_id"] for each in page["deliveries"]]
        token = page["next_page_token"]
    assert sorted(seen) == sorted(ids)
    [one] = (await client.get("/webhook-deliveries", params={"operation_id": ids[0]})).json()["deliveries"]
    assert (one["type"], one["state"], one["attempts"]) == ("operation.canceled", "pending", 0)
    await service.store.pool.execute(
        "update webhooks set next_attempt_at = null, dead_at = clock_timestamp(), attempts = 10 where id = $1",
        UUID(one["id"]),
    )
    dead = (await client.get("/webhook-deliveries", params={"state": "dead"})).json()["deliveries"]
    assert [each["id"] for each in dead] == [one["id"]]
    for _ in range(2):
        again = await client.post(f"/webhook-deliveries/{one['id']}/replay")
        assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (202, "pending", 0)
    assert (await client.post(f"/webhook-deliveries/{uuid4()}/replay")).status_code == 404


@pytest.mark.parametrize("query", ["state=lost", "operation_id=x", "page_token=x", "page_size=-1"])
async def test_a_filter_that_makes_no_sense_is_refused(client: Client, query: str) -> None:
    assert (await client.get(f"/webhook-deliveries?{query}")).status_code == 400


async def test_webhooks_need_the_scope_operate(service: Service, tenant: str) -> None:
    async with service.client(await service.new_key(tenant, ["submit", "read"])) as client:
        for method, path in (
            ("POST", "/webhook-secrets"),
            ("GET", "/webhook-endpoints"),
            ("GET", "/webhook-deliveries"),
        ):
            assert (await client.request(method, path)).status_code == 403
