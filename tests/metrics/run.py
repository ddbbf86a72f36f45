"""One whole run of real processes, two of each, and everything they exposed and logged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from standardwebhooks.webhooks import Webhook

from operations_api.store.api_keys import ApiKeys
from tests.metrics.definitions import BRIEF
from tests.ports import free_port
from tests.store import factory
from tests.webhooks.inbox import Inbox
from tests.worker.crew import PATIENCE_SECONDS, PROGRAM, Crew
from tests.worker.definitions import StepTold, Told

TENANT = "tenant-marked"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MARKERS = ("marked-input", "marked-label", "marked-key")
"""What clients send, and neither metrics nor logs may hold."""

FINE = Told((StepTold("a", trouble={"query": "marked-input"}), StepTold("b", effect="local")))
RETRIED = Told((StepTold("a", trouble={"commit": "retry 1", "query": "marked-input"}),))
FAILING = Told((StepTold("a", trouble={"commit": "fail 1", "query": "marked-input"}),))
REJECTED = Told((StepTold("a"), StepTold("b", trouble={"reserve": "reject"})))
BLOCKED = Told((StepTold("a", kind="action", trouble={"execute": "reject"}),))

AGAIN = """
update webhooks set next_attempt_at = now() where answer_status = 503 and attempts = 1 and next_attempt_at is not null
"""
"""Not while the second attempt is under way: somebody else would make a third one."""

BLOCKED_COUNT = "select count(*) from operations where status = 'needs_attention' and type = 'told'"


class Seen(msgspec.Struct):
    """What the run came to. ``api`` and ``workers`` are several answers each, of whichever process took the call."""

    api: list[str]
    workers: list[str]
    refused: dict[str, int]
    logs: str


async def whole_run(crew: Crew) -> Seen:
    """Start, replay, mismatch, retry, reject, block; then look."""
    sources = crew.place / "sources.json"
    sources.write_bytes(msgspec.json.encode({"shop": {"tenant": TENANT, "secrets": [SECRET]}}))
    environment = {"OPERATIONS_REGISTRY": "tests.metrics.definitions:registry", "OPERATIONS_LOG": "json"}
    api, port = await begin_api(crew, **environment, OPERATIONS_WEBHOOK_SOURCES=str(sources)), free_port()
    environment |= {"OPERATIONS_WEBHOOK_NETWORKS": "127.0.0.0/8", "OPERATIONS_METRICS_PORT": str(port)}
    crew.start_worker("--processes", "2", HOST="127.0.0.1", **environment)
    keys = ApiKeys(crew.store.pool)
    secret = await keys.create(TENANT, ["submit", "read", "operate"])
    await factory.operation(crew.connection, status="needs_attention", type="retired")
    reader = await keys.create(TENANT, ["submit", "read"])
    async with httpx.AsyncClient(
        base_url=api, headers={"Authorization": f"Bearer {secret}"}, trust_env=False, timeout=60
    ) as client:
        await _work(client)
        await _around(client)
        await _until_blocked(crew)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as workers:
            with receiving(crew.place / "inbox", "503 Retry-After: 0", "200", "410") as inbox:
                await _tell(crew, client, workers, inbox)
            return Seen(
                api=[await _text(client) for _ in range(6)],
                workers=[await _text(workers) for _ in range(6)],
                refused={
                    "no key": (await client.get("/metrics", headers={"Authorization": ""})).status_code,
                    "no scope": (
                        await client.get("/metrics", headers={"Authorization": f"Bearer {reader}"})
                    ).status_code,
                    "worker, elsewhere": (await workers.get("/")).status_code,
                },
                logs=crew.said(),
            )


async def _work(client: httpx.AsyncClient) -> None:
    first = await _start(client, FINE, "marked-key-1")
    assert (await _start(client, FINE, "marked-key-1")).headers["Idempotent-Replayed"] == "true"
    assert (await _start(client, REJECTED, "marked-key-1")).status_code == 422
    assert (await client.post("/operations/nothing", json={})).status_code == 404
    assert (
        await client.post("/operations/told", json={}, headers={"Idempotency-Key": "marked-key-2"})
    ).status_code == 400
    assert (await client.put(f"/operations/told/{_own_id()}", json=_body(FINE))).status_code == 202
    others = [await _start(client, told, f"marked-key-3{n}") for n, told in enumerate((RETRIED, FAILING, REJECTED))]
    for started in (first, *others):
        await _done(client, started.json()["id"])
    await _start(client, BLOCKED, "marked-key-4")


async def _around(client: httpx.AsyncClient) -> None:
    """What starts by a token, within a window, and by others' webhooks."""
    body = {"input": msgspec.to_builtins(BRIEF)}
    token = (await client.post("/operation-tokens", json={"type": "told-once"})).json()["token"]
    for key in (token, "marked-key-5"):  # the second one finds the first one's body
        answer = await client.post("/operations/told-once", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 202, answer.text
    for type, id, secret, status in (
        ("order.made", "a", SECRET, 202),
        ("order.made", "a", SECRET, 202),
        ("order.lost", "b", SECRET, 202),
        ("order.made", "c", "whsec_" + "b3RoZXI" * 6 + "b3Ro", 403),
    ):
        event, at = msgspec.json.encode({"type": type}).decode(), datetime.now(UTC)
        signed = {"webhook-signature": Webhook(secret).sign(id, at, event), "webhook-id": id}
        headers = signed | {"webhook-timestamp": str(int(at.timestamp())), "Authorization": ""}
        answer = await client.post("/webhooks/shop", content=event, headers=headers)
        assert answer.status_code == status, answer.text


async def _tell(crew: Crew, client: httpx.AsyncClient, workers: httpx.AsyncClient, inbox: Inbox) -> None:
    """One that is refused, then taken; one whose receiver is gone; and one that is due and waits for an earlier one."""
    await client.post("/webhook-secrets")
    for count, name in (
        (2, "operations_webhook_delivery_seconds_count 1.0"),
        (3, "operations_webhooks_died_total 1.0"),
    ):
        started = await _start(client, FINE, f"marked-key-6{count}", callback_url=await inbox.url())
        await _done(client, started.json()["id"])
        await inbox.taken(count - 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while name not in await _text(workers):
                await crew.connection.execute(AGAIN)
    waits = await factory.webhook(crew.connection, version=1, next_attempt_at=datetime.now(UTC) + timedelta(days=1))
    await factory.webhook(
        crew.connection, operation_id=waits["operation_id"], version=2,
        next_attempt_at=datetime.now(UTC) - timedelta(hours=1),
    )  # fmt: skip


async def _start(client: httpx.AsyncClient, told: Told, key: str, **more: str) -> httpx.Response:
    return await client.post("/operations/told", json=_body(told) | more, headers={"Idempotency-Key": key})


def _body(told: Told) -> Any:
    return {"input": msgspec.to_builtins(told), "labels": {"who": "marked-label"}}


def _own_id() -> str:
    return "0b9c4c56-3d6b-4c8e-9d57-8f2f1c6f2c11"


async def _done(client: httpx.AsyncClient, id: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await client.get(f"/operations/{id}", headers={"Prefer": "wait=10"})).json()["done"]:
            pass


async def _until_blocked(crew: Crew) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await crew.connection.fetchval(BLOCKED_COUNT):  # noqa: ASYNC110 -- Postgres has no event for it
            await asyncio.sleep(0.01)


async def _text(client: httpx.AsyncClient) -> str:
    answer = await client.get("/metrics", headers={"Connection": "close"})  # so that any process may take the next one
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return answer.text


async def begin_api(crew: Crew, **environment: str) -> str:
    """Two processes of the API; their URL, once they answer."""
    port = free_port()
    serve = [Path(PROGRAM), "serve", "--processes", "2"]
    crew.start_worker(command=serve, PORT=str(port), **{"OPERATIONS_LOG": "json", **environment})
    url = f"http://127.0.0.1:{port}"
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client,
    ):
        while True:
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    return url
            except httpx.TransportError:
                await asyncio.sleep(0.05)


@contextmanager
def receiving(place: Path, *answers: str) -> Iterator[Inbox]:
    """A receiver that answers so, one after the other."""
    inbox = Inbox(place, *answers)
    try:
        yield inbox
    finally:
        inbox.kill()
