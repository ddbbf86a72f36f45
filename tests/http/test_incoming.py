"""Webhooks of other systems start operations, once for each event, if the sender has signed them."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import stripe
from standardwebhooks.webhooks import Webhook

from operations_api import Registry, Starts, WebhookSource
from operations_api.client import keys
from operations_api.domain.errors import DefinitionError, SettingsError
from operations_api.domain.incoming import key_of
from operations_api.embedded.servers import ServerUrls
from operations_api.webhook_sources import accounts_in
from tests.conftest import database_named, run_sql
from tests.http.service import Service, new_tenant, note, running

STANDARD = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c29tZW9sZHNlY3JldHNvbWVvbGRzZWNyZXQ=")
STRIPE, GITHUB = "whsec_stripes-own-secret", "a secret of a repository"
TENANT = new_tenant()


def to_note(payload: dict[str, Any]) -> Any:
    return {"text": payload["data"]["text"]}


def to_pull(payload: dict[str, Any]) -> Any:
    return {"text": payload["pull_request"]["title"]}


SOURCES = (
    WebhookSource(name="billing", scheme="stripe", events={"invoice.paid": Starts("note", to_note)}),
    WebhookSource(name="shop", scheme="standard", events={"order.made": Starts("note", to_note)}),
    WebhookSource(name="code", scheme="github", events={"pull_request.closed": Starts("note", to_pull)}),
)
REGISTRY = Registry([note()], webhooks=SOURCES)
ACCOUNTS = {
    "billing": {"tenant": TENANT, "secrets": [STRIPE]},
    "shop": {"tenant": TENANT, "secrets": STANDARD},
    "code": {"tenant": TENANT, "secrets": [GITHUB]},
}


@pytest.fixture(scope="module")
async def desk(servers: ServerUrls, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    file = tmp_path_factory.mktemp("settings") / "sources.json"
    file.write_bytes(msgspec.json.encode(ACCOUNTS))
    name = f"incoming_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    async with running(url, servers.redis_url, registry=REGISTRY, webhook_sources=file) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")


class Sender:
    """Other systems, who sign what they send with their own packages."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def send(self, source: str, body: str | bytes, headers: Mapping[str, str]) -> httpx.Response:
        async with self._service.client(None) as client:
            return await client.post(f"/webhooks/{source}", content=body, headers={
                "Content-Type": "application/json", **headers})  # fmt: skip

    async def shop(
        self, id: str, payload: Any, at: datetime | None = None, secret: str = STANDARD[0]
    ) -> httpx.Response:
        body = payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
        at = at or datetime.now(UTC)
        headers = {
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(id, at, body),
        }
        return await self.send("shop", body, headers)

    async def billing(self, payload: Any, at: int | None = None) -> httpx.Response:
        body, at = msgspec.json.encode(payload).decode(), at or int(time.time())
        signed = stripe.WebhookSignature._compute_signature(f"{at}.{body}", STRIPE)
        header = f"t={at},v1={'0' * 64},v1={signed},v0=abc"
        stripe.Webhook.construct_event(body, header, STRIPE, tolerance=10**9)  # type: ignore[no-untyped-call]
        return await self.send("billing", body, {"Stripe-Signature": header})

    async def code(self, id: str, event: str, payload: Any, secret: str = GITHUB) -> httpx.Response:
        body = msgspec.json.encode(payload)
        signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-GitHub-Delivery": id, "X-GitHub-Event": event, "X-Hub-Signature-256": f"sha256={signed}"}
        return await self.send("code", body, headers)


@pytest.fixture
def sender(desk: Service) -> Sender:
    return Sender(desk)


async def stored(desk: Service, event_id: str) -> list[Any]:
    rows: list[Any] = await desk.store.pool.fetch("select * from webhook_events where event_id = $1", event_id)
    return rows


async def operation_of(desk: Service, answer: httpx.Response) -> Any:
    assert answer.status_code == 202, answer.text
    id = answer.headers["location"].rpartition("/")[2]
    return await desk.store.pool.fetchrow("select * from operations where id = $1::text::uuid", id)


async def test_a_signed_event_starts_what_the_registry_says(desk: Service, sender: Sender) -> None:
    id = f"evt_{uuid4().hex}"
    standard = await operation_of(desk, await sender.shop(id, {"type": "order.made", "data": {"text": "a"}}))
    stripes = await operation_of(
        desk, await sender.billing({"id": id, "object": "event", "type": "invoice.paid", "data": {"text": "b"}})
    )
    github = await operation_of(
        desk, await sender.code(id, "pull_request", {"action": "closed", "pull_request": {"title": "c"}})
    )
    for row, source, text in ((standard, "shop", "a"), (stripes, "billing", "b"), (github, "code", "c")):
        assert (row["tenant"], row["type"]) == (TENANT, "note")
        assert row["idempotency_key"] == f"external:{source}:{id}" == keys.for_external_event(source, id)
        assert msgspec.json.decode(row["input"])["text"] == text


async def test_a_redelivery_is_a_replay_even_where_its_sender_counts_in_it(desk: Service, sender: Sender) -> None:
    id = f"evt_{uuid4().hex}"
    first = await sender.shop(id, {"type": "order.made", "data": {"text": "a"}, "try": 1})
    for body in (
        {"type": "order.made", "data": {"text": "a"}, "try": 2},
        {"type": "order.made", "data": {"text": "b"}},
    ):
        again = await sender.shop(id, body)
        assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
        assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers


async def test_each_of_several_secrets_is_good(desk: Service, sender: Sender) -> None:
    for secret in STANDARD:
        answer = await sender.shop(uuid4().hex, {"type": "order.made", "data": {"text": ""}}, secret=secret)
        assert answer.status_code == 202


async def test_what_is_not_signed_or_not_now_starts_and_keeps_nothing(desk: Service, sender: Sender) -> None:
    event, id = {"type": "order.made", "data": {"text": "a"}}, uuid4().hex
    body = msgspec.json.encode(event).decode()
    now, other = datetime.now(UTC), "whsec_" + "b3RoZXI" * 6 + "b3Ro"
    signature = Webhook(STANDARD[0]).sign(id, now, body)
    good = {"webhook-id": id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    answers = [
        await sender.shop(id, event, secret=other),
        await sender.shop(id, event, at=now - timedelta(seconds=400)),
        await sender.shop(id, event, at=now + timedelta(seconds=400)),
        await sender.send("shop", body, {}),
        await sender.send("shop", body + " ", good),
        await sender.send("shop", body, good | {"webhook-id": "another"}),
        await sender.send("shop", body, good | {"webhook-signature": "v1,"}),
        await sender.send("shop", body, good | {"webhook-timestamp": "9" * 400}),
        await sender.billing({"id": id, "type": "invoice.paid", "data": {"text": "b"}}, at=int(time.time()) - 400),
        await sender.send("billing", body, {"Stripe-Signature": "t=,v1"}),
        await sender.code(id, "pull_request", {"action": "closed"}, secret=STRIPE),
        await sender.send("code", body, {"X-GitHub-Delivery": id, "X-GitHub-Event": "ping"}),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert await stored(desk, id) == []
    key = f"external:shop:{id}"
    assert await desk.store.pool.fetchval("select count(*) from operations where idempotency_key = $1", key) == 0


async def test_what_starts_nothing_is_kept_once_and_answered_as_taken(desk: Service, sender: Sender) -> None:
    odd = {
        "nothing is said": {"type": "order.lost", "data": {"text": "a"}},
        "no input can be made of it: KeyError": {"type": "order.made", "data": {}},
        "the input is refused": {"type": "order.made", "data": {"text": 7}},
    }
    for reason, event in odd.items():
        id = uuid4().hex
        for _ in range(2):
            answer = await sender.shop(id, event)
            assert (answer.status_code, answer.content) == (202, b"")
        [row] = await stored(desk, id)
        assert (row["tenant"], row["source"]) == (TENANT, "shop")
        assert reason in row["reason"]
        assert msgspec.json.decode(row["body"]) == event


@pytest.mark.parametrize("body", ["[]", "{", '"a"', '{"a": 1, "a": 2}', '{"type": "\\u0000"}', "{}", '{"type": 7}'])
async def test_a_signed_body_that_is_no_event_is_refused(sender: Sender, body: str) -> None:
    assert (await sender.shop(uuid4().hex, body)).status_code in (400, 403)


async def test_a_source_that_is_not_there_is_a_404(sender: Sender) -> None:
    assert (await sender.send("nobody", b"{}", {})).status_code == 404


async def test_what_starts_nothing_is_a_204_by_setting(servers: ServerUrls, database: str, tmp_path: Path) -> None:
    file = tmp_path / "sources.json"
    file.write_bytes(msgspec.json.encode(ACCOUNTS))
    settings: dict[str, Any] = {"webhook_sources": file, "webhook_unknown": 204}
    async with running(database, servers.redis_url, registry=REGISTRY, **settings) as service:
        assert (await Sender(service).shop("a", {"type": "order.lost"})).status_code == 204


@pytest.mark.parametrize("id", ["a:b", "a b", 'a"b', "é", "a,b", "\\", "x" * 190])
def test_an_id_that_no_key_may_hold_is_hashed(id: str) -> None:
    assert key_of("shop", id) == key_of("shop", id) != key_of("shop", id + "x")
    if len(id) < 100:
        assert id not in key_of("shop", id)[len("external:shop:") :]


def test_a_source_that_starts_what_is_not_there_is_refused_when_the_registry_is_built() -> None:
    for sources in (
        [WebhookSource(name="a", scheme="github", events={"push": Starts("nothing", to_note)})],
        [WebhookSource(name="a", scheme="github", events={})] * 2,
        [WebhookSource(name="a/b", scheme="github", events={})],
    ):
        with pytest.raises(DefinitionError):
            Registry([note()], webhooks=sources)


@pytest.mark.parametrize("text", ["", "{", '{"a": {}}', '{"a": {"tenant": "t", "secrets": []}}'])
def test_a_file_of_sources_that_is_wrong_is_said_so_without_its_secrets(tmp_path: Path, text: str) -> None:
    (tmp_path / "sources").write_text(text)
    with pytest.raises(SettingsError, match="OPERATIONS_WEBHOOK_SOURCES"):
        accounts_in(tmp_path / "sources")
    with pytest.raises(SettingsError, match="cannot be read"):
        accounts_in(tmp_path / "nowhere")
