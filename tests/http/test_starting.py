"""POST /operations/{type}: what a 202 says, and what may be asked of it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from tests.http.service import Client, Service, new_key, running

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


async def test_a_start_answers_202_with_the_operation_and_where_to_find_it(service: Service, client: Client):
    response = await client.start({"input": {"text": "hi"}, "labels": {"channel": "web"}}, key="order-4711")
    operation = response.json()
    path = f"/operations/{operation['id']}"
    assert response.status_code == 202
    assert response.headers["location"] == response.headers["operation-location"] == service.base_url + path
    assert response.headers["content-location"] == path
    assert response.headers["etag"] == '"1"'
    assert response.headers["idempotency-key"] == '"order-4711"'
    assert response.headers["cache-control"] == "private, no-cache"
    assert response.headers["vary"] == "Prefer"
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["retry-after"]) >= 1
    assert int(response.headers["retry-after-ms"]) <= int(response.headers["retry-after"]) * 1000
    assert "idempotent-replayed" not in response.headers
    UUID(response.headers["x-request-id"])


async def test_the_representation_has_every_member_and_neither_result_nor_error(client: Client):
    operation = await client.started({"input": {"text": "hi"}, "labels": {"channel": "web"}}, key="order-4711")
    path = f"/operations/{operation['id']}"
    assert UUID(operation["id"]).version == 7
    assert TIME.fullmatch(operation["created_at"])
    assert operation["created_at"] <= operation["updated_at"]
    for varying in ("id", "created_at", "updated_at"):
        del operation[varying]
    assert operation == {
        "type": "note",
        "status": "pending",
        "done": False,
        "phase": "queued",
        "version": 1,
        "idempotency_key": "order-4711",
        "labels": {"channel": "web"},
        "group": None,
        "priority": "normal",
        "progress": None,
        "message": None,
        "cancel_requested": False,
        "started_at": None,
        "finished_at": None,
        "deadline": None,
        "not_before": None,
        "expires_at": None,
        "retry_of": None,
        "links": {"self": path, "cancel": f"{path}/cancel", "events": f"{path}/events"},
    }


async def test_times_always_have_microseconds(client: Client):
    deadline = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    not_before = deadline - timedelta(minutes=30)
    operation = await client.started(
        {"input": {}, "deadline": deadline.isoformat(), "not_before": not_before.isoformat().replace("+00:00", "Z")}
    )
    assert operation["deadline"] == deadline.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert operation["not_before"] == not_before.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


async def test_what_is_not_due_in_anybodys_lifetime_is_accepted_and_waits(client: Client) -> None:
    for time in ("2300-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        answer = await client.start({"input": {}, "not_before": time})
        assert (answer.status_code, answer.json()["status"]) == (202, "pending"), answer.text


async def test_the_operation_can_be_read_the_instant_the_202_arrives(client: Client):
    for _ in range(20):
        operation = await client.started()
        response = await client.get(operation["links"]["self"])
        assert response.status_code == 200
        assert response.json() == operation


async def test_a_minimal_answer_is_empty_and_has_the_same_headers(client: Client):
    key = new_key()
    full = await client.start(key=key)
    minimal = await client.start(key=key, headers={"Prefer": "return=minimal"})
    assert minimal.status_code == 202
    assert minimal.content == b""
    assert minimal.headers["content-length"] == "0"
    assert "content-type" not in minimal.headers
    assert minimal.headers["preference-applied"] == "return=minimal"
    for name in ("location", "operation-location", "content-location", "etag", "idempotency-key", "retry-after"):
        assert minimal.headers[name] == full.headers[name]


async def test_respond_async_is_echoed_and_unknown_preferences_are_ignored(client: Client):
    response = await client.start(headers={"Prefer": "respond-async, shiny=1, =;,,"})
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "respond-async"
    response = await client.start(headers={"Prefer": "wait=soon"})
    assert "preference-applied" not in response.headers


async def test_waiting_holds_the_answer_until_the_operation_is_done(service: Service, client: Client):
    key = new_key()
    operation = await client.started(key=key)
    waiting = asyncio.create_task(client.start(key=key, headers={"Prefer": "wait=20"}))
    await asyncio.sleep(0)
    await service.succeed(operation["id"])
    response = await waiting
    assert response.status_code == 202
    assert response.json()["result"] == {"text": "done"}
    assert response.headers["preference-applied"] == "wait=20"
    assert response.headers["idempotent-replayed"] == "true"
    assert "retry-after" not in response.headers


async def test_a_wait_that_runs_out_is_no_error(client: Client):
    response = await client.start(headers={"Prefer": "wait=1"})
    assert response.status_code == 202
    assert response.json()["done"] is False
    assert response.headers["preference-applied"] == "wait=1"


async def test_a_long_wait_is_capped(service: Service, client: Client):
    key = new_key()
    operation = await client.started(key=key)
    await service.succeed(operation["id"])
    response = await client.start(key=key, headers={"Prefer": "wait=100000"})
    assert response.headers["preference-applied"] == "wait=30"


async def test_validate_only_checks_everything_and_stores_nothing(service: Service, client: Client, tenant: str):
    key = new_key()
    good = await client.start({"input": {"text": "hi"}}, key=key, params={"validate_only": "true"})
    assert (good.status_code, good.content) == (204, b"")
    bad = await client.start({"input": {"text": 1}}, key=key, params={"validate_only": "true"})
    assert bad.status_code == 400
    assert await service.count(tenant) == 0
    await client.started({"input": {"text": "other"}}, key=key)
    reused = await client.start({"input": {"text": "hi"}}, key=key, params={"validate_only": "true"})
    assert reused.status_code == 422
    same = await client.start({"input": {"text": "other"}}, key=key, params={"validate_only": "true"})
    assert same.status_code == 204
    assert await service.count(tenant) == 1


async def test_an_unknown_value_of_validate_only_is_refused(service: Service, client: Client, tenant: str):
    response = await client.start(params={"validate_only": "perhaps"})
    assert response.status_code == 400
    assert await service.count(tenant) == 0


async def test_what_is_stored_is_the_canonical_input(client: Client):
    body = b'{"input": {"text": "\\u00e9", "count": 3.0, "anything": {"b": 1e2, "a": "4111111111111111"}}}'
    operation = await client.started(body)
    full = await client.get(operation["links"]["self"], params={"view": "full"})
    assert '"input":{"anything":{"a":"4111111111111111","b":100},"count":3,"text":"é"}' in full.text


async def test_a_traceparent_is_stored_and_a_malformed_one_ignored(service: Service, client: Client):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for sent, stored in ((trace, trace), ("nonsense", None)):
        operation = await client.started(headers={"traceparent": sent})
        row = await service.store.get(await service.tenant_of(operation["id"]), UUID(operation["id"]))
        assert row is not None
        assert row.traceparent == stored


async def test_the_steps_are_pinned_and_shown(client: Client):
    operation = await client.started()
    full = (await client.get(operation["links"]["self"], params={"view": "full"})).json()
    assert [(step["key"], step["kind"], step["state"]) for step in full["steps"]] == [("write", "action", "pending")]


async def test_every_content_type_parameter_is_allowed(client: Client):
    response = await client.start(headers={"Content-Type": 'Application/JSON; charset="utf-8"'})
    assert response.status_code == 202


async def test_a_public_url_replaces_the_host(database: str, redis_url: str):
    async with (
        running(database, redis_url, public_url="https://ops.example.com/api") as service,
        service.client(await service.new_key()) as client,
    ):
        response = await client.start()
        assert response.headers["location"].startswith("https://ops.example.com/api/operations/")
        refused = await client.start(b"{")
        assert refused.json()["type"] == "https://ops.example.com/api/problems/malformed-json"


async def test_without_one_urls_follow_the_host_the_client_used(client: Client):
    response = await client.start(headers={"Host": "ops.internal:8080"})
    assert response.headers["location"].startswith("http://ops.internal:8080/operations/")
    odd = await client.start(headers={"Host": 'x"/><script>'})
    assert odd.status_code == 400
    assert "script" not in odd.text


async def test_labels_come_back_as_they_were_sent(client: Client):
    labels = {"channel": "web", "ключ": "значение", "empty": ""}
    operation = await client.started({"input": {}, "labels": labels})
    assert operation["labels"] == labels
    assert msgspec.json.decode((await client.get(operation["links"]["self"])).content)["labels"] == labels
