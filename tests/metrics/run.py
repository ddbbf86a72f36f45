"""One whole run of real processes, two of each, and everything they exposed and logged."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import msgspec

from operations_api.store.api_keys import ApiKeys
from tests.store import factory
from tests.worker.crew import PATIENCE_SECONDS, PROGRAM, Crew
from tests.worker.definitions import StepTold, Told

TENANT = "tenant-marked"
MARKERS = ("marked-input", "marked-label", "marked-key")
"""What clients send, and neither metrics nor logs may hold."""

FINE = Told((StepTold("a", trouble={"query": "marked-input"}), StepTold("b", effect="local")))
RETRIED = Told((StepTold("a", trouble={"commit": "retry 1", "query": "marked-input"}),))
FAILING = Told((StepTold("a", trouble={"commit": "fail 1", "query": "marked-input"}),))
REJECTED = Told((StepTold("a"), StepTold("b", trouble={"reserve": "reject"})))
BLOCKED = Told((StepTold("a", kind="action", trouble={"execute": "reject"}),))

BLOCKED_COUNT = "select count(*) from operations where status = 'needs_attention' and type = 'told'"


class Seen(msgspec.Struct):
    """What the run came to. ``api`` and ``workers`` are several answers each, of whichever process took the call."""

    api: list[str]
    workers: list[str]
    refused: dict[str, int]
    logs: str


async def whole_run(crew: Crew) -> Seen:
    """Start, replay, mismatch, retry, reject, block; then look."""
    api, port = await begin_api(crew), free_port()
    crew.start_worker("--processes", "2", OPERATIONS_LOG="json", HOST="127.0.0.1", OPERATIONS_METRICS_PORT=str(port))
    keys = ApiKeys(crew.store.pool)
    secret = await keys.create(TENANT, ["submit", "read", "operate"])
    await factory.operation(crew.connection, status="needs_attention", type="retired")
    reader = await keys.create(TENANT, ["submit", "read"])
    async with httpx.AsyncClient(
        base_url=api, headers={"Authorization": f"Bearer {secret}"}, trust_env=False, timeout=60
    ) as client:
        await _work(client)
        await _until_blocked(crew)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as workers:
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


async def _start(client: httpx.AsyncClient, told: Told, key: str) -> httpx.Response:
    return await client.post("/operations/told", json=_body(told), headers={"Idempotency-Key": key})


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
    crew.start_worker(command=serve, PORT=str(port), OPERATIONS_LOG="json", **environment)
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


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
