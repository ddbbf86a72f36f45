"""The way to the ledger process, and what its books and the database say of an operation together."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from tests.processes import line_of, running

POLL_SECONDS = 0.01
PATIENCE_SECONDS = 60.0
LEDGER = Path(__file__).with_name("ledger.py")
ANSWER_LIMIT_BYTES = 1 << 28

EFFECTS_TABLE = "create table effects (operation uuid, step text, phase text)"
"""Where local steps have their effects: without any constraint, so that a second one would be seen."""


async def ask(socket: str, **question: Any) -> Any:
    """One question to the ledger and its answer. Raises ``OSError``."""
    reader, writer = await asyncio.open_unix_connection(socket, limit=ANSWER_LIMIT_BYTES)
    try:
        writer.write(json.dumps(question).encode() + b"\n")
        return json.loads(await reader.readline())
    finally:
        writer.close()


class Books:
    """What was called and what came of it, outside and in the database."""

    def __init__(self, socket: str, database_url: str) -> None:
        self.socket = socket
        self._database_url = database_url

    @classmethod
    @contextmanager
    def kept_in(cls, directory: Path, database_url: str) -> Iterator[Books]:
        """A ledger process for as long as the block lasts."""
        socket = str(directory / "ledger.sock")
        with running([sys.executable, "-I", str(LEDGER), socket]) as process:
            assert line_of(process) == "ready"
            yield cls(socket, database_url)

    async def order(self, step: str, phase: str, answer: str) -> None:
        """From now on this is answered to every such call, until it is withdrawn."""
        await ask(self.socket, do="order", step=step, phase=phase, answer=answer)

    async def withdraw(self, step: str, phase: str) -> None:
        await ask(self.socket, do="withdraw", step=step, phase=phase)

    async def read(self) -> Page:
        """Everything so far."""
        told = await ask(self.socket, do="tell")
        connection = await asyncpg.connect(self._database_url)
        rows = await connection.fetch("select operation::text, step, phase from effects")
        await connection.close()
        return Page(told["calls"], [*told["effects"], *map(dict, rows)], told["violations"], told["abandoned"])

    async def reached(self, id: UUID, calls: int) -> None:
        """Return when the operation has had so many calls."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await ask(self.socket, do="await", operation=str(id), calls=calls)

    async def called(self, step: str, phase: str, times: int = 1) -> None:
        """Return when a step of this key was called so often in this phase."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                calls = (await ask(self.socket, do="tell"))["calls"]
                if sum((call["step"], call["phase"]) == (step, phase) for call in calls) >= times:
                    break
                await asyncio.sleep(POLL_SECONDS)


class Page:
    """The books at one moment."""

    def __init__(
        self,
        calls: list[dict[str, Any]],
        effects: list[dict[str, Any]],
        violations: list[str],
        abandoned: list[dict[str, Any]],
    ) -> None:
        self.violations = violations
        self.total = len(calls)
        self.abandoned = Counter((call["step"], call["phase"]) for call in abandoned)
        self._calls = Counter((call["operation"], call["step"], call["phase"]) for call in calls)
        self._effects: dict[str, Counter[tuple[str, str]]] = {}
        for effect in effects:
            self._effects.setdefault(effect["operation"], Counter())[effect["step"], effect["phase"]] += 1

    def calls(self, id: UUID, step: str, phase: str) -> int:
        return self._calls[str(id), step, phase]

    def effects(self, id: UUID) -> Counter[tuple[str, str]]:
        return self._effects.get(str(id), Counter())

    def broken(self, id: UUID, status: str, kinds: dict[str, str]) -> str | None:
        """What of the promise to clients is not kept for this operation, its steps being of these kinds."""
        if mine := [violation for violation in self.violations if str(id) in violation]:
            return f"{status}, but {mine}"
        effects = self.effects(id)
        for key, kind in kinds.items():
            had = Counter({phase: times for (step, phase), times in effects.items() if step == key})
            if had not in ENDS[status == "succeeded", kind == "step"]:
                return f'{status}, but step "{key}" had {dict(had)}'
        return None


ENDS = {
    (True, True): [Counter(reserve=1, commit=1)],
    (True, False): [Counter(execute=1)],
    (False, True): [Counter(), Counter(reserve=1, rollback=1), Counter(reserve=1, commit=1, compensate=1)],
    (False, False): [Counter()],
}
"""The effects a step may have had when its operation has (not) succeeded, and it is (not) a two-phase step."""
