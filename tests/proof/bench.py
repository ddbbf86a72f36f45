"""The bench the proofs are done on: workers as processes, operations for them, and the books beside both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from operations_api.domain.operation import pins_of
from operations_api.domain.starting import StartRequest
from operations_api.store.store import Store
from tests.proof.books import EFFECTS_TABLE, Books
from tests.proof.definitions import Part, Whole, steps_of
from tests.worker.crew import DAY_SECONDS, Crew, Worker

LEASE_SECONDS = 1.0


class Bench(Crew):
    """A crew whose operations are kept in the books."""

    def __init__(
        self, store: Store, connection: asyncpg.Connection, place: Path, environment: dict[str, str], books: Books
    ) -> None:
        super().__init__(store, connection, place, environment)
        self.books = books
        self.kinds: dict[UUID, dict[str, str]] = {}

    def start_worker(self, *arguments: str, **environment: Any) -> Worker:
        return super().start_worker(
            *arguments,
            **{
                "OPERATIONS_REGISTRY": "tests.proof.definitions:registry",
                "OPERATIONS_LEASE_SECONDS": str(LEASE_SECONDS),
                "PROOF_LEDGER": self.books.socket,
                **environment,
            },
        )

    async def start(self, *parts: Part, type: str = "proof") -> UUID:
        """Start an operation, as the API does; nobody is woken."""
        whole = Whole(parts)
        request = StartRequest(
            tenant="dev", type=type, key=uuid4().hex, fingerprint=bytes(32), id=uuid4(), definition_version=1,
            steps=pins_of(steps_of(whole)), input=msgspec.json.encode(whole), labels={}, deadline=None,
            not_before=None, traceparent=None, retention_seconds=DAY_SECONDS, fair_order=1,
        )  # fmt: skip
        id = (await self.store.start(request)).operation.id
        self.remember(id, parts)
        return id

    def remember(self, id: UUID, parts: tuple[Part, ...]) -> None:
        """Keep an eye on it: ``check`` looks at what is remembered."""
        self.kinds[id] = {part.key: part.kind for part in parts}

    async def check(self) -> dict[UUID, str]:
        """Wait for the end of every operation and see that its promise is kept. Gives their statuses."""
        statuses: dict[UUID, str] = {id: (await self.done(id)).status for id in self.kinds}
        page = await self.books.read()
        broken = {id: page.broken(id, status, self.kinds[id]) for id, status in statuses.items()}
        assert not any(broken.values()), {id: what for id, what in broken.items() if what}
        return statuses


@asynccontextmanager
async def bench_on(database: str, redis_url: str, place: Path) -> AsyncIterator[Bench]:
    """A bench on this database; its workers are gone at the end, and what they said is shown when a test fails."""
    connection = await asyncpg.connect(database)
    store = await Store.open(database, pool_size=8)
    try:
        await connection.execute(EFFECTS_TABLE)
        with Books.kept_in(place, database) as books:
            bench = Bench(store, connection, place, {"DATABASE_URL": database, "REDIS_URL": redis_url}, books)
            try:
                yield bench
            finally:
                bench.kill()
                print(bench.said())
    finally:
        await store.close()
        await connection.close()
