"""A theatre that sells seats to operations: a process of its own that shares no line with the engine.

``python -I participant.py PORT BOOKS SEED SLOW_SECONDS``, with the standard library alone. It keeps the rules of a
participant (one effect per token; what was released stays closed) and nothing more, so it hides no mistake of its
callers: two tokens for one phase of a step have two effects, and a call that a correct engine never makes is written
down as a violation. Whatever it answers is in its SQLite file before: it can be killed, too.

Of a thousand calls some are treated badly, whatever they ask for: see ``TROUBLES``.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import time
from contextlib import suppress
from typing import Any

SCHEMA = """
create table if not exists calls (
    at real, operation text, step text, phase text, token text, reference text, trouble text, status integer
);
create table if not exists effects (
    at real, operation text, step text, phase text, token text, reference text, seats integer
);
create index if not exists effects_by_step on effects (operation, step);
create table if not exists violations (at real, operation text, step text, sentence text);
"""

TROUBLES = {
    "busy": 10,  # 503 with Retry-After; nothing was done
    "broken": 5,  # 500; nothing was done
    "cut": 5,  # the connection is closed; nothing was done
    "lost": 10,  # it is done, and the connection is closed instead of an answer
    "slow": 5,  # it is done, and answered when the caller has given up
}
"""How a call is treated, and how many of a thousand are."""

FOLLOWS = {"reserve": ("none",), "commit": ("held",), "rollback": ("held", "none"), "compensate": ("sold",)}
"""How a step may stand when a phase comes to it."""

STANDINGS = {"compensate": "refunded", "commit": "sold", "rollback": "released", "reserve": "held"}
"""What the latest phase of a step has made of it; the first one here that it had counts."""

QUERIED = {"none": "absent", "held": "held", "sold": "committed", "released": "released", "refunded": "released"}

PHRASES = {200: "OK", 410: "Gone", 422: "Unprocessable Content", 500: "Internal Server Error", 503: "Busy"}

Document = dict[str, Any]


class Theatre:
    """Answers calls, and writes down each of them and what it did: one transaction a call."""

    def __init__(self, books: str, seed: str) -> None:
        self._books = sqlite3.connect(books, isolation_level=None)
        # what is committed survives the death of this process; no more is asked of it here
        self._books.execute("pragma journal_mode = wal")
        self._books.execute("pragma synchronous = off")
        self._books.executescript(SCHEMA)
        (before,) = self._books.execute("select count(*) from calls").fetchone()
        self._chance = random.Random(f"{seed} {before}")

    def call(self, phase: str, token: str, told: Document) -> tuple[str, int, Document]:
        """The trouble this call is in for, and its answer."""
        calm = 1000 - sum(TROUBLES.values())
        [trouble] = self._chance.choices([*TROUBLES, "none"], [*TROUBLES.values(), calm])
        self._books.execute("begin immediate")
        if trouble in ("busy", "broken", "cut"):
            status, document = (503 if trouble == "busy" else 500), {"title": trouble}
        else:
            status, document = self._act(phase, token, told)
        row = (time.time(), *_who(told), phase, token, told["input"]["reference"], trouble, status)
        self._books.execute("insert into calls values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._books.execute("commit")
        return trouble, status, document

    def _act(self, phase: str, token: str, told: Document) -> tuple[int, Document]:
        had = self._effects_of(told)
        standing = next((state for done, state in STANDINGS.items() if done in had.values()), "none")
        if phase == "query":
            return 200, {"state": QUERIED[standing], "result": {"step": told["step"], "phase": "commit"}}
        if phase == "reserve" and standing == "released":
            return 410, {"title": "This reserve came after its rollback"}
        if token not in had:
            if told["input"].get(f"refuses_{phase}") == told["step"]:
                return 422, {"title": "No", "reason": f"{phase.upper()}_REFUSED"}
            if standing not in FOLLOWS[phase] and phase not in had.values():
                self._violated(told, f"{phase} of what is {standing}")
                return 500, {"title": "A correct caller never asks for that"}
            is_tombstone = phase == "rollback" and standing == "none"
            self._take_effect(phase, token, told, 0 if is_tombstone else told["input"]["seats"])
        return 200, {"step": told["step"], "phase": phase}

    def _effects_of(self, told: Document) -> dict[str, str]:
        """The phase of each token that had its effect."""
        rows = self._books.execute("select token, phase from effects where operation = ? and step = ?", _who(told))
        return dict(rows.fetchall())

    def _take_effect(self, phase: str, token: str, told: Document, seats: int) -> None:
        row = (time.time(), *_who(told), phase, token, told["input"]["reference"], seats)
        self._books.execute("insert into effects values (?, ?, ?, ?, ?, ?, ?)", row)

    def _violated(self, told: Document, sentence: str) -> None:
        self._books.execute("insert into violations values (?, ?, ?, ?)", (time.time(), *_who(told), sentence))


def _who(told: Document) -> tuple[str, str]:
    return told["operation_id"], told["step"]


async def serve(port: int, theatre: Theatre, slow_seconds: float) -> None:
    """Answer until killed."""

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # the caller has gone; it will ask again
            while True:
                phase, token, told = await _read(reader)
                trouble, status, document = theatre.call(phase, token, told)
                if trouble in ("cut", "lost"):
                    break
                if trouble == "slow":
                    await asyncio.sleep(slow_seconds)
                writer.write(_written(status, document))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", port, backlog=1000)
    print("ready", flush=True)
    await server.serve_forever()


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, Document]:
    """Phase, token and body of the next request."""
    request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return request.split()[1].removeprefix("/"), headers["idempotency-key"], json.loads(body)


def _written(status: int, document: Document) -> bytes:
    content = json.dumps(document).encode()
    media_type = "application/json" if status == 200 else "application/problem+json"
    retry = "Retry-After: 0\r\n" if status == 503 else ""
    head = f"HTTP/1.1 {status} {PHRASES[status]}\r\nContent-Type: {media_type}\r\n{retry}"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Theatre(sys.argv[2], sys.argv[3]), float(sys.argv[4])))
