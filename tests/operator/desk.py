"""An operator's desk: the API on a real socket, real workers, and operations that do as they are told."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.http.service import Client, Service
from tests.operator.definitions import POLL_SECONDS
from tests.processes import PATIENCE_SECONDS, ROOT, module

LEASE_SECONDS = 2
TENANT = "dev"
BOTH = "examples:registry,tests.operator.definitions:registry"
Json = dict[str, Any]


class Desk:
    """What a test of operators needs."""

    def __init__(self, service: Service, client: Client, key: str, place: Path, environment: dict[str, str]) -> None:
        self.service = service
        self.client = client
        self.key = key
        self.pool = service.store.pool
        self.database_url = environment["DATABASE_URL"]
        self._place = place
        self.environment = environment
        self._workers: list[subprocess.Popen[bytes]] = []

    # -- workers -----------------------------------------------------------------------------------------------------

    def start_worker(self, registry: str = BOTH) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.environment, "OPERATIONS_REGISTRY": registry}
        with (self._place / "workers.log").open("ab") as log:
            worker = subprocess.Popen(module("operations_api", "worker"), env=environment, cwd=ROOT, stderr=log)
        self._workers.append(worker)
        return worker

    async def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """Nothing of it is left; what it held is free at once."""
        worker.send_signal(signal.SIGTERM)
        await asyncio.to_thread(worker.wait)

    async def death_of(self, worker: subprocess.Popen[bytes]) -> int:
        return await asyncio.to_thread(worker.wait, PATIENCE_SECONDS)

    def kill_workers(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
        print((self._place / "workers.log").read_text() if self._workers else "")

    # -- operations --------------------------------------------------------------------------------------------------

    async def scripted(self, *steps: Json, later: bool = False, **files: str) -> Scripted:
        """Start an operation whose files (``a_commit="reject"``) are there from the beginning.

        ``later``: no worker takes it by itself.
        """
        place = self._place / uuid4().hex
        place.mkdir()
        script = Scripted(self, place)
        for name, text in files.items():
            script.tell(name.replace("_", "-"), text)
        input = {"place": str(place), "steps": list(steps)}
        body = {"input": input, **({"not_before": "2999-01-01T00:00:00Z"} if later else {})}
        script.id = (await self.client.started(body, type="scripted"))["id"]
        return script

    async def probe(self, **told: Any) -> str:
        """A probe that waits for a person."""
        id = (await self.client.started({"input": told}, type="probe"))["id"]
        await self.until(id, needs_attention)
        return str(id)

    async def read(self, id: str, *, full: bool = False) -> Json:
        answer = await self.client.get(f"/operations/{id}", params={"view": "full"} if full else {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, id: str, is_met: Callable[[Json], bool]) -> Json:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_met(operation := await self.read(id)):
                assert not operation["done"], operation
                await asyncio.sleep(POLL_SECONDS)
        return operation

    async def done(self, id: str) -> Json:
        return await self.until(id, lambda operation: operation["done"])

    async def act(self, id: str, verb: str, body: Json | None = None, **more: Any) -> Any:
        """The answer to a verb."""
        return await self.client.post(f"/operations/{id}/{verb}", json=body, **more)

    async def acted(self, id: str, verb: str, body: Json | None = None) -> Json:
        """The same, accepted. A call that was cut off is over by then: time is moved, not waited for."""
        await self.past_calls(id)
        answer = await self.act(id, verb, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def past_calls(self, id: str) -> None:
        await self.pool.execute(
            "update operation_steps set call_ends_at = clock_timestamp() - interval '1 second' "
            "where operation_id = $1 and call_ends_at is not null",
            UUID(id),
        )

    async def row(self, id: str) -> Any:
        return await self.pool.fetchrow("select * from operations where id = $1", UUID(id))

    async def actions(self, id: str) -> list[Json]:
        return list((await self.read(id, full=True))["operator_actions"])

    async def states(self, id: str) -> dict[str, str]:
        return {step["key"]: step["state"] for step in (await self.read(id, full=True))["steps"]}

    # -- commands ----------------------------------------------------------------------------------------------------

    async def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """``operations-api ...`` as an operator runs it."""
        given = {"OPERATIONS_URL": self.service.base_url, "OPERATIONS_API_KEY": self.key, **environment}
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "operations_api", *arguments],
            env={**os.environ, **self.environment, **given},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )


class Scripted:
    """One scripted operation, and what was called for it."""

    id: str

    def __init__(self, desk: Desk, place: Path) -> None:
        self._desk = desk
        self._place = place

    def tell(self, name: str, text: str) -> None:
        """``a-commit``: what to do from now on; empty: work."""
        unfinished = self._place / f".{name}"
        unfinished.write_text(text)
        unfinished.replace(self._place / name)

    def calls(self) -> list[str]:
        """``step:phase`` of every call, in order."""
        return [line.split()[0] for line in self._lines()]

    def pids(self) -> list[int]:
        """Which process made each call."""
        return [int(line.split()[1]) for line in self._lines()]

    async def called(self, call: str) -> None:
        """Wait until it was called."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while call not in self.calls():  # noqa: ASYNC110 -- files have no events
                await asyncio.sleep(POLL_SECONDS)

    async def blocked(self) -> Json:
        return await self._desk.until(self.id, needs_attention)

    async def done(self) -> Json:
        return await self._desk.done(self.id)

    def _lines(self) -> list[str]:
        file = self._place / "calls"
        return file.read_text().splitlines() if file.exists() else []


def needs_attention(operation: Json) -> bool:
    return bool(operation["status"] == "needs_attention")


def step(key: str, kind: str = "step", effect: str = "external") -> Json:
    return {"key": key, "kind": kind, "effect": effect}
