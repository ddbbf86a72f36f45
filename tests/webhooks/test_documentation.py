"""The pages on webhooks: the receiver takes what a worker sends, the registry starts what the page says."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from operations_api.embedded.servers import ServerUrls
from operations_api.store.api_keys import ApiKeys
from tests.conftest import redis_database
from tests.docs.blocks import blocks_of
from tests.http.service import running
from tests.ports import free_port
from tests.processes import ROOT
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.inbox import PATIENCE_SECONDS, POLL_SECONDS
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold, registry

OUT, IN = (blocks_of(ROOT / "docs" / name) for name in ("webhooks.md", "webhooks-in.md"))
[RECEIVER] = [block.text for block in OUT if block.title == "receiver.py"]
[TAKING] = [block.text for block in IN if block.title == "shop.py"]
[SOURCES] = [block.text for block in IN if block.title == "sources.json"]


async def test_the_receiver_on_the_page_takes_what_the_commands_on_it_set_up(
    crew: Crew, database: str, servers: ServerUrls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port = free_port()
    async with running(database, redis_database(servers), registry=registry) as service:
        monkeypatch.setenv("OPERATIONS_URL", service.base_url)
        monkeypatch.setenv("OPERATIONS_API_KEY", await ApiKeys(service.store.pool).create("dev", ["operate"]))
        secret = (await _run("secret")).strip()
        program = RECEIVER.replace("9000", str(port))
        environment = {"WEBHOOK_SECRET": secret}
        pipe = asyncio.subprocess.PIPE
        receiver = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment, stdout=pipe)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _wait_for(port)
            endpoint = (await _run("add", f"http://127.0.0.1:{port}/")).strip()
            assert endpoint in await _run("endpoints")
            crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK)
            id = await crew.begin(StepTold("funds"), callback_url="http://127.0.0.1:9/")
            await crew.done(id)
            assert receiver.stdout
            assert (await receiver.stdout.readline()).decode() == f"operation.succeeded {id}\n"
            listed = msgspec.json.decode(await _run("deliveries", "--json", "--operation", str(id)))
            assert {each["url"] for each in listed} == {f"http://127.0.0.1:{port}/", "http://127.0.0.1:9/"}
            assert "ATTEMPTS" in await _run("deliveries", "--state", "pending")
            assert "is pending" in await _run("replay", listed[0]["id"])
            await _run("remove", endpoint)
            assert endpoint not in await _run("endpoints")
        finally:
            receiver.kill()
            await receiver.wait()


async def test_the_registry_on_the_page_starts_what_the_page_says(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "sources.json"
    file.write_text(SOURCES)
    names: dict[str, Any] = {}
    exec(TAKING, names)  # noqa: S102 -- the page's own lines
    secret = msgspec.json.decode(SOURCES)["shop"]["secrets"][0]
    body = '{"type": "order.made", "data": {"customer": "alice", "sku": "kettle"}}'
    now = datetime.now(UTC)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp()))}
    headers |= {"webhook-signature": Webhook(secret).sign("evt_1", now, body), "Content-Type": "application/json"}
    async with running(database, redis_url, registry=names["registry"], webhook_sources=file) as service:
        async with service.client(None) as client:
            answer = await client.post("/webhooks/shop", content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        id = UUID(answer.headers["location"].rpartition("/")[2])
        operation = await service.store.get("acme", id)
    assert operation is not None
    assert (operation.type, operation.idempotency_key) == ("pack-order", "external:shop:evt_1")


async def _wait_for(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(POLL_SECONDS)
            continue
        writer.close()
        return


async def _run(*arguments: str) -> str:
    program = Path(sys.executable).with_name("operations-api")
    done = await asyncio.create_subprocess_exec(program, "webhooks", *arguments, stdout=asyncio.subprocess.PIPE)
    said, _ = await done.communicate()
    assert done.returncode == 0, said
    return said.decode()
