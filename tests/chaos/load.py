"""Clients as they should be written: one key per piece of work, the same request again until there is an answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.chaos.shop import CUSTOMERS, GOODS, TOO_MANY

PAUSE_SECONDS = 0.2
REQUEST_SECONDS = 40.0
FOLLOW_SECONDS = 5.0
LATEST_CANCEL_SECONDS = 0.05
"""About as long as an operation takes: some wishes to cancel come in time and some too late."""

CANCELED_SHARE = 0.1
REFUSED_SHARE = 0.15


class Accepted(msgspec.Struct):
    """A piece of work a client got a 202 for, and what it was told last; then what became of it by the database.

    ``canceled`` is the answer to the wish to cancel it, None without one. Times are of the host's clock, which Postgres
    shares.
    """

    key: str
    type: str
    input: dict[str, Any]
    id: UUID
    told: str | None = None
    canceled: int | None = None
    became: Fate | None = None


class Fate(msgspec.Struct, frozen=True):
    """What the database says of an operation at the end."""

    status: str
    is_blocked: bool
    created_at: float
    started_at: float | None
    finished_at: float | None


class Load:
    """Clients that start operations one after the other and wait a while for each."""

    def __init__(self, apis: Sequence[str], key: str, clients: int) -> None:
        self._apis = apis
        self._api_key = key
        self._clients = clients
        self._stopping = asyncio.Event()
        self.accepted: list[Accepted] = []
        self.refused_at: list[float] = []
        self.unexpected: list[str] = []

    async def run(self) -> None:
        """Until ``stop`` is called; then each client finishes what it began."""
        limits = httpx.Limits(max_connections=self._clients * 2)
        headers = {"Authorization": f"Bearer {self._api_key}"}
        async with httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=limits, headers=headers) as http:
            await asyncio.gather(*(self._client(http, number) for number in range(self._clients)))

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    async def _client(self, http: httpx.AsyncClient, number: int) -> None:
        chance = random.Random(number)
        while not self._stopping.is_set():
            work = await self._start(http, *_order(chance))
            if work is None:
                continue
            if chance.random() < CANCELED_SHARE:
                await asyncio.sleep(chance.uniform(0, LATEST_CANCEL_SECONDS))
                await self._cancel(http, work)
            await self._follow(http, work)

    async def _start(self, http: httpx.AsyncClient, type: str, input: dict[str, Any]) -> Accepted | None:
        key = uuid4().hex
        if type == "probe":
            input = {**input, "reference": key}
        while True:
            answer = await self._ask(http, "POST", f"/operations/{type}", json={"input": input},
                                     headers={"Idempotency-Key": key})  # fmt: skip
            if answer.status_code == 202:
                work = Accepted(key, type, input, UUID(answer.json()["id"]))
                self.accepted.append(work)
                return work
            if answer.status_code not in (409, 429, 503):
                self.unexpected.append(f"POST {type}: {answer.status_code} {answer.text[:200]}")
                return None
            self.refused_at.append(time.time())
            await asyncio.sleep(PAUSE_SECONDS)

    async def _cancel(self, http: httpx.AsyncClient, work: Accepted) -> None:
        """Ask until there is an answer: it will be canceled, or it is too late."""
        while True:
            answer = await self._ask(http, "POST", f"/operations/{work.id}/cancel")
            if answer.status_code in (200, 202, 409):
                work.canceled = answer.status_code
                return
            if answer.status_code not in (429, 503):
                self.unexpected.append(f"cancel {work.id}: {answer.status_code} {answer.text[:200]}")
                return
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
        turn = random.randrange(len(self._apis))
        while True:
            turn += 1
            try:
                return await http.request(method, self._apis[turn % len(self._apis)] + path, **more)  # type: ignore[arg-type]
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)


def _order(chance: random.Random) -> tuple[str, dict[str, Any]]:
    kind = chance.randrange(10)
    is_refused = chance.random() < REFUSED_SHARE
    buyer, other = chance.sample(CUSTOMERS, 2)
    if kind < 3:
        # bob cannot pay for so many: the goods that were set aside are given back
        account, quantity = ("bob", TOO_MANY) if is_refused else (buyer, 1)
        return "place-order", {
            "account": account, "sku": chance.choice(GOODS), "quantity": quantity, "email": "somebody@example.com",
        }  # fmt: skip
    if kind < 6:
        payer, amount_minor = ("bob", 10**9) if is_refused else (buyer, chance.randint(1, 1000))
        return "transfer-funds", {"from_account": payer, "to_account": other, "amount_minor": amount_minor}
    return "probe", _probe(chance)


def _probe(chance: random.Random) -> dict[str, Any]:
    """One to three halls; now and then one refuses to set seats aside, or, which is worse, to sell them."""
    steps = chance.randint(1, 3)
    refuses = chance.random()
    halls = [f"hall-{index}" for index in range(steps)]
    return {
        "steps": steps,
        "seats": chance.randint(1, 4),
        "refuses_reserve": chance.choice(halls) if refuses < REFUSED_SHARE else None,
        # of those that can be asked how they stand: else a refusal after a cut-off call is for a person to settle
        "refuses_commit": chance.choice(halls[::2]) if refuses > 1 - REFUSED_SHARE else None,
    }
