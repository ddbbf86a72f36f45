"""Workers as real processes, the operations they are given, and the ledger of what was done."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from operations_api.domain.operation import Operation, StepPin
from operations_api.domain.starting import StartRequest
from operations_api.queue import Queue
from operations_api.store.store import Store
from tests.processes import ROOT
from tests.worker.definitions import StepTold, Told, registry
from tests.worker.ledger import Line, gate_path

POLL_SECONDS = 0.01
# far beyond what anything here takes; only a test that fails ever waits so long
PATIENCE_SECONDS = 30.0
DAY_SECONDS = 86_400
LEASE_SECONDS = 1.5
PROGRAM = Path(sys.executable).with_name("operations-api")


class Worker:
    """One ``operations-api worker``, or whatever command runs one, in a session of its own."""

    def __init__(self, command: Sequence[str | Path], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=file, stderr=file, start_new_session=True
            )
        self.pid = self.process.pid

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """The whole session, at once."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    async def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        try:
            return await asyncio.to_thread(self.process.wait, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGABRT)  # its log shows where it hangs
            self.process.wait()
            raise

    def said(self) -> str:
        return self._log.read_text()

    def cpu_seconds(self) -> float:
        """Processor time it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakes(self) -> int:
        """How often its main thread has gone to sleep and been woken so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


class Crew:
    """Starts operations and workers, and knows what came of them."""

    def __init__(self, store: Store, connection: asyncpg.Connection, place: Path, environment: dict[str, str]) -> None:
        self.store = store
        self.connection = connection
        self.place = place
        self._workers: list[Worker] = []
        self._environment = {
            **os.environ,
            **environment,
            "OPERATIONS_REGISTRY": "tests.worker.definitions:registry",
            "OPERATIONS_LEASE_SECONDS": str(LEASE_SECONDS),
            "OPERATIONS_DRAIN_SECONDS": "20",
            "OPERATIONS_POOL_SIZE": "20",
            "OPERATIONS_DATA_DIR": str(place),
            "OPERATIONS_LOG": "console",
            "PYTHONFAULTHANDLER": "1",
            "TEST_PLACE": str(place),
        }

    # -- workers -----------------------------------------------------------------------------------------------------

    def start_worker(self, *arguments: str, command: Sequence[str | Path] | None = None, **environment: str) -> Worker:
        """Start one; ``environment`` overrides."""
        log = self.place / f"worker-{len(self._workers)}.log"
        worker = Worker(command or [PROGRAM, "worker", *arguments], {**self._environment, **environment}, log)
        self._workers.append(worker)
        return worker

    def kill(self) -> None:
        for worker in self._workers:
            worker.kill()

    def said(self) -> str:
        return "\n".join(f"-- worker {worker.pid}\n{worker.said()}" for worker in self._workers)

    # -- operations --------------------------------------------------------------------------------------------------

    async def begin(self, *steps: StepTold, type: str = "told", result_bytes: int = 2, **asked: Any) -> UUID:
        """Start an operation, as the API does; nobody is woken."""
        definition = registry.current[type]
        told = Told(steps, result_bytes)
        request = {
            "tenant": "dev",
            "type": type,
            "key": uuid4().hex,
            "fingerprint": bytes(32),
            "id": uuid4(),
            "definition_version": definition.version,
            "steps": tuple(StepPin(step.key, step.kind, step.effect) for step in definition.steps_for(told)),
            "input": msgspec.json.encode(told),
            "labels": {},
            "deadline": None,
            "not_before": None,
            "traceparent": None,
            "retention_seconds": DAY_SECONDS,
            "fair_order": 1,
        }
        return (await self.store.start(StartRequest(**{**request, **asked}))).operation.id

    async def get(self, id: UUID) -> Operation:
        operation = await self.store.get("dev", id)
        assert operation is not None
        return operation

    async def until(self, id: UUID, is_met: Callable[[Operation], bool]) -> Operation:
        """The operation once this holds. Fails when it is finished and it does not."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_met(operation := await self.get(id)):
                assert not operation.done, operation
                await asyncio.sleep(POLL_SECONDS)
        return operation

    async def done(self, id: UUID) -> Operation:
        return await self.until(id, lambda operation: operation.done)

    async def row(self, id: UUID) -> dict[str, Any]:
        """Everything the database has of it, journal included."""
        [operation] = await self.connection.fetch("select * from operations where id = $1", id)
        steps = await self.connection.fetch(
            "select * from operation_steps where operation_id = $1 order by position", id
        )
        return {**operation, "journal": [dict(step) for step in steps]}

    async def journaled(self, id: UUID, is_met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The rows once this holds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            row = await self.row(id)
            while not is_met(row):
                await asyncio.sleep(POLL_SECONDS)
                row = await self.row(id)
        return row

    # -- the ledger --------------------------------------------------------------------------------------------------

    def open_gate(self, id: UUID, step: str, phase: str) -> None:
        gate_path(self.place, str(id), step, phase).touch()

    def lines(self) -> list[Line]:
        """All that happened, in order."""
        *lines, _ = (self.place / "ledger").read_bytes().split(b"\n")  # the last one may be on its way
        return list(map(_line, lines))

    def ledger(self, id: UUID) -> list[Line]:
        return [line for line in self.lines() if line.operation == str(id)]

    async def seen(self, id: UUID, event: str, step: str, phase: str, times: int = 1) -> list[Line]:
        """Its lines of this event, once there are so many."""
        wanted = event, step, phase
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = [line for line in self.ledger(id) if (line.event, line.step, line.phase) == wanted]
                if len(found) >= times:
                    return found
                assert any(worker.process.poll() is None for worker in self._workers), "no worker is left"
                await asyncio.sleep(POLL_SECONDS)

    def calls(self, id: UUID) -> list[str]:
        """``step:phase`` of every call, in order."""
        return [f"{line.step}:{line.phase}" for line in self.ledger(id) if line.event == "call"]

    async def effects(self, id: UUID) -> Counter[str]:
        """How often ``step:phase`` had its effect, out in the world and in the database."""
        outside = Counter(f"{line.step}:{line.phase}" for line in self.ledger(id) if line.event == "effect")
        rows = await self.connection.fetch("select step, phase from effects where operation = $1", id)
        return outside + Counter(f"{row['step']}:{row['phase']}" for row in rows)


async def ring(redis_url: str) -> None:
    """Wake a worker, as the API does after a start."""
    queue = await Queue.open(redis_url)
    queue.wake()
    await asyncio.sleep(POLL_SECONDS)
    await queue.close()


def _line(text: bytes) -> Line:
    return msgspec.json.decode(text, type=Line)
