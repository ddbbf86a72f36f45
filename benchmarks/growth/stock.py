"""Operations of the last month, loaded by COPY: many tenants of very different size, types, ends, keys and steps.

A fixed seed: the same count gives the same rows, but for the time, which is now.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg

from operations_api.database import with_pool
from operations_api.store.api_keys import ApiKeys
from operations_api.store.connection import Pool
from operations_api.store.migrate import migrate

TENANTS = 1000
DAY = 86_400
RETENTION_SECONDS = 30 * DAY
CHUNK = 20_000

TYPES = ("external", "local", "place-order", "transfer-funds")
SHARES = (50, 20, 20, 10)
# of a thousand; what is not done waits for a person, or for its time
ENDS = (("succeeded", 925), ("failed", 30), ("canceled", 15), ("tombstone", 20), ("needs_attention", 1), ("later", 9))
OWN_IDS = 0.05
"""The share that was started under the client's own id, without a key."""

PINS = '[{"key":"first","kind":"step","effect":"external"},{"key":"second","kind":"step","effect":"external"}]'
ERROR = '{"type":"/problems/operation-failed","title":"The operation failed","status":422,"reason":"SOLD_OUT"}'

OPERATIONS = (
    "tenant", "id", "type", "definition_version", "steps", "status", "phase", "decision", "version", "idempotency_key",
    "request_fingerprint", "input", "labels", "not_before", "retention_seconds", "result", "error", "created_at",
    "updated_at", "started_at", "finished_at", "expires_at", "deleted_at", "ready", "fair_order", "next_wake_at",
    "lease_epoch", "tombstone_until",
)  # fmt: skip
KEYS = ("tenant", "type", "key", "fingerprint", "operation_id", "bound_at")
STEPS = (
    "tenant", "operation_id", "position", "key", "kind", "effect", "state", "handler", "attempts", "result",
    "updated_at",
)  # fmt: skip
WEBHOOKS = (
    "tenant", "id", "operation_id", "version", "type", "url", "created_at", "attempts", "next_attempt_at",
    "delivered_at", "dead_at",
)  # fmt: skip
TABLES = {"operations": OPERATIONS, "idempotency_keys": KEYS, "operation_steps": STEPS, "webhooks": WEBHOOKS}
TOLD = 0.05
"""The share of those that are done of which somebody wanted to hear; a few of them are not reached."""

NULL = r"\N"


class Lines(NamedTuple):
    """What goes into each table, in COPY's text format."""

    operations: list[str]
    idempotency_keys: list[str]
    operation_steps: list[str]
    webhooks: list[str]


async def fill(database_url: str, count: int, *, expired: bool = False, seed: int = 1) -> None:
    """Load so many; `expired`: all are done, and their retention is over."""
    await migrate(database_url)
    sessions = [await asyncpg.connect(database_url) for _ in TABLES]
    try:
        for session in sessions:
            await session.execute("set synchronous_commit = off")
        for lines in _chunks(count, random.Random(seed), expired):  # noqa: S311 -- not secret
            await asyncio.gather(
                *(
                    session.copy_to_table(table, source=_source(rows), columns=TABLES[table], format="text")
                    for session, (table, rows) in zip(sessions, lines._asdict().items(), strict=True)
                )
            )
        await sessions[0].execute("vacuum (analyze)")
        await sessions[0].execute("checkpoint")
    finally:
        for session in sessions:
            await session.close()


async def secrets_of(database_url: str, tenants: int) -> list[str]:
    """New API keys of the largest tenants."""

    async def create(pool: Pool) -> list[str]:
        return [await ApiKeys(pool).create(tenant(n), ["submit", "read"]) for n in range(tenants)]

    return await with_pool(database_url, create)


def tenant(number: int) -> str:
    return f"tenant-{number:04d}"


async def _source(rows: list[str]) -> AsyncIterator[bytes]:
    yield "".join(rows).encode()


def _chunks(count: int, dice: random.Random, expired: bool) -> Iterator[Lines]:
    """From the oldest to the newest."""
    now = time.time()
    begin, span = (now - 70 * DAY, 30 * DAY) if expired else (now - 29.9 * DAY, 29.8 * DAY)
    lines = Lines([], [], [], [])
    for number in range(count):
        _add(lines, begin + span * number / count, dice, expired)
        if len(lines.operations) == CHUNK:
            yield lines
            lines = Lines([], [], [], [])
    if lines.operations:
        yield lines


def _add(lines: Lines, created: float, dice: random.Random, expired: bool) -> None:
    """One operation with its key and its steps."""
    whose = tenant(int(TENANTS * dice.random() ** 3))  # the largest has a tenth of all, half of them hardly any
    id = f"{int(created * 1000) << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62):032x}"
    [type] = dice.choices(TYPES, SHARES)
    [end] = ("succeeded",) if expired else dice.choices([end for end, _ in ENDS], [share for _, share in ENDS])
    kind = "waiting" if end == "later" else type
    key = None if end == "tombstone" or dice.random() < OWN_IDS else f"{type}-{dice.getrandbits(64):016x}"
    print_ = rf"\\x{hashlib.sha256(id.encode()).hexdigest()}"
    text = f"{dice.getrandbits(1200):0300x}"
    input = f'{{"reference":"{key or id}","text":"{text}"}}'
    columns = _columns(end, created, input, dice)
    fixed = {
        "tenant": whose, "id": id, "type": kind, "definition_version": "1", "steps": PINS, "version": "7",
        "idempotency_key": key, "request_fingerprint": None if key or end == "tombstone" else print_,
        "labels": f'{{"channel":"{dice.choice(("web", "app", "shop"))}"}}',
        "retention_seconds": str(RETENTION_SECONDS), "created_at": _at(created),
        "fair_order": str(int(created * 1e6)), "ready": "f", "lease_epoch": "1",
    }  # fmt: skip
    row = {**fixed, **columns}
    lines.operations.append(_line(row.get(name) for name in OPERATIONS))
    if key:
        lines.idempotency_keys.append(_line((whose, kind, key, print_, id, _at(created))))
    if end in ("succeeded", "failed", "canceled"):
        state = "committed" if end == "succeeded" else "released"
        for position, step in enumerate(("first", "second")):
            at = _at(created + 1)
            lines.operation_steps.append(
                _line((whose, id, str(position), step, "step", "external", state, "commit", "1", "{}", at))
            )

        if dice.random() < TOLD:
            lines.webhooks.append(_line(_webhook(whose, id, end, created + 1, dice)))


def _webhook(whose: str, id: str, end: str, done: float, dice: random.Random) -> tuple[str | None, ...]:
    later, taken, dead = None, None, None
    match dice.random():
        case luck if luck < 0.01:
            later = _at(time.time() + 30 * DAY)
        case luck if luck < 0.05:
            dead = _at(done + DAY)
        case _:
            taken = _at(done)
    own = f"{dice.getrandbits(48) << 80 | 7 << 76 | 2 << 62 | dice.getrandbits(62):032x}"
    told = (f"operation.{end}", "https://example.com/hooks", _at(done), "1")
    return (whose, own, id, "7", *told, later, taken, dead)


def _columns(end: str, created: float, input: str, dice: random.Random) -> dict[str, str | None]:
    """What its end has made of an operation."""
    begun = created + 0.01
    done = begun + dice.expovariate(1)
    moved = {"status": end, "started_at": _at(begun), "updated_at": _at(done), "input": input}
    finished = {**moved, "phase": "finished", "finished_at": _at(done), "expires_at": _at(done + RETENTION_SECONDS)}
    match end:
        case "later":
            due = _at(time.time() + 30 * DAY * (1 + dice.random()))
            waiting = {"status": "pending", "phase": "queued", "lease_epoch": "0", "not_before": due}
            return {**waiting, "next_wake_at": due, "updated_at": _at(created), "input": input}
        case "needs_attention":
            return {**moved, "phase": "committing", "decision": "commit"}
        case "succeeded":
            return {**finished, "decision": "commit", "result": '{"reference":"what came of it"}'}
        case "tombstone":
            gone = {"input": None, "labels": "{}", "deleted_at": _at(done + 2), "expires_at": _at(done + 1)}
            until = _at(time.time() + 30 * DAY * dice.random())
            return {**finished, **gone, "status": "succeeded", "decision": "commit", "tombstone_until": until}
        case _:
            return {**finished, "decision": "rollback", "error": ERROR}


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _line(values: Iterable[str | None]) -> str:
    return "\t".join(NULL if value is None else value for value in values) + "\n"
