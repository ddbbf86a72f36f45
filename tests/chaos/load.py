"""Clients as they should be written: one key per piece of work, the same request again until there is an answer."""

from __future__ import annotations

import asyncio
import random
import time
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.chaos.fleet import Fleet

PAUSE_SECONDS = 0.2
REQUEST_SECONDS = 40.0
FOLLOW_SECONDS = 5.0


class Accepted(msgspec.Struct):
    """A piece of work a client got a 202 for, what it was told last, and when the operation ended by the database.

    Times are of the host's clock, which Postgres shares.
    """

    key: str
    type: str
    id: UUID
    accepted_at: float
    told: str | None = None
    finished_at: float | None = None


class Load:
    """Clients that start operations one after the other and wait a while for each."""

    def __init__(self, fleet: Fleet, clients: int) -> None:
        self._fleet = fleet
        self._clients = clients
        self._stopping = asyncio.Event()
        self.accepted: list[Accepted] = []
        self.unexpected: list[str] = []

    async def run(self) -> None:
        """Until ``stop`` is called; then each client finishes what it began."""
        limits = httpx.Limits(max_connections=self._clients * 2)
        headers = {"Authorization": f"Bearer {self._fleet.key}"}
        async with httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=limits, headers=headers) as http:
            await asyncio.gather(*(self._client(http, number) for number in range(self._clients)))

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    async def _client(self, http: httpx.AsyncClient, number: int) -> None:
        chance = random.Random(number)
        while not self._stopping.is_set():
            work = await self._start(http, *_order(chance))
            if work is not None:
                await self._follow(http, work)

    async def _start(self, http: httpx.AsyncClient, type: str, input: dict[str, object]) -> Accepted | None:
        key = uuid4().hex
        while True:
            answer = await self._ask(http, "POST", f"/operations/{type}", json={"input": input},
                                     headers={"Idempotency-Key": key})  # fmt: skip
            if answer.status_code == 202:
                work = Accepted(key, type, UUID(answer.json()["id"]), time.time())
                self.accepted.append(work)
                return work
            if answer.status_code not in (409, 429, 503):
                self.unexpected.append(f"POST {type}: {answer.status_code} {answer.text[:200]}")
                return None
            await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self, http: httpx.AsyncClient, work: Accepted) -> None:
        """Poll until it is done. Who waits for long does something else meanwhile: the books are checked at the end."""
        until = time.time() + FOLLOW_SECONDS
        while time.time() < until:
            answer = await self._ask(http, "GET", f"/operations/{work.id}", headers={"Prefer": "wait=2"})
            if answer.status_code == 503:
                await asyncio.sleep(PAUSE_SECONDS)
            elif answer.status_code != 200:
                self.unexpected.append(f"GET {work.id}: {answer.status_code} {answer.text[:200]}")
                return
            elif answer.json()["done"]:
                work.told = answer.json()["status"]
                return

    async def _ask(self, http: httpx.AsyncClient, method: str, path: str, **more: object) -> httpx.Response:
        """The answer of whichever API process gives one."""
        turn = random.randrange(len(self._fleet.apis))
        while True:
            turn += 1
            try:
                return await http.request(method, self._fleet.apis[turn % len(self._fleet.apis)] + path, **more)  # type: ignore[arg-type]
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)


def _order(chance: random.Random) -> tuple[str, dict[str, object]]:
    kind = chance.randrange(10)
    if kind < 4:
        return "place-order", {
            "account": "bob" if kind == 0 else "alice",  # bob is too poor: that one is rolled back
            "sku": "kettle",
            "quantity": 1,
            "email": "somebody@example.com",
        }
    if kind < 7:
        return "transfer-funds", {
            "from_account": "alice",
            "to_account": "bob",
            "amount_minor": 1,
        } if chance.random() < 0.9 else {"from_account": "bob", "to_account": "alice", "amount_minor": 10_000_000}
    return "probe", {
        "steps": 3,
        "reserve_ms": chance.randrange(20),
        "commit_ms": chance.randrange(20),
        "reject_reserve": 2 if kind == 9 else None,
    }
