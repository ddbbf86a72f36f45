"""The books of the proofs: a process of its own that shares no line with the engine, and trusts nobody.

``python ledger.py SOCKET`` answers one JSON document per connection. It is the participant of every external step: it
has each effect once per token, knows what is held, and writes down every call, every effect, and every call that a
correct engine never makes. Local steps tell it of their calls; their effects are rows in the database.

A call may say in which phase its step is to be refused. Orders say how a step of this key is answered in a phase, again
and again until they are withdrawn: ``busy`` (not now), ``reject`` (never), or not at all (``wait``).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from typing import Any

TURNS = {
    "reserve": {"none": "held"},
    "commit": {"held": "committed"},
    "rollback": {"held": "released"},
    "compensate": {"committed": "undone"},
    "execute": {"none": "executed"},
}
"""What each phase turns a step's standing into; whatever else it meets is a repetition or a violation."""

QUERIED = {"none": "absent", "held": "held", "committed": "committed", "executed": "committed", "released": "released"}


class Ledger:
    """Standing of every step, and the history of how it came about."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.effects: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self.abandoned: list[dict[str, Any]] = []
        self._of_operation: Counter[str] = Counter()
        self._standing: dict[tuple[str, str], str] = {}
        self._tokens: dict[tuple[str, str, str], str] = {}
        self._orders: dict[tuple[str, str], str] = {}
        self._changed = asyncio.Condition()

    async def answer(self, asked: dict[str, Any]) -> Any:
        """What the one who asks is told."""
        match asked.pop("do"):
            case "call":
                return await self._called(asked)
            case "order":
                self._orders[asked["step"], asked["phase"]] = asked["answer"]
            case "withdraw":
                async with self._changed:
                    self._orders.pop((asked["step"], asked["phase"]), None)
                    self._changed.notify_all()
            case "await":
                async with self._changed:
                    await self._changed.wait_for(lambda: self._of_operation[asked["operation"]] >= asked["calls"])
            case "tell":
                return {
                    "calls": self.calls,
                    "effects": self.effects,
                    "violations": self.violations,
                    "abandoned": self.abandoned,
                }
        return None

    async def _called(self, call: dict[str, Any]) -> str:
        self.calls.append(call)
        self._of_operation[call["operation"]] += 1
        place = call["step"], call["phase"]
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._orders.get(place) != "wait")
        if place in self._orders:
            return self._orders[place]
        if call["rejects"] == call["phase"]:
            return "reject"
        if call["phase"] == "query":
            return QUERIED[self._standing.get((call["operation"], call["step"]), "none")]
        return "done" if call["effect"] == "local" else self._applied(call)

    def _applied(self, call: dict[str, Any]) -> str:
        step, phase = (call["operation"], call["step"]), call["phase"]
        if self._tokens.setdefault((*step, phase), call["token"]) != call["token"]:
            self.violations.append(f"{step} {phase}: called with two tokens")
        before = self._standing.get(step, "none")
        if before in TURNS[phase]:
            self._standing[step] = TURNS[phase][before]
            self.effects.append(call)
        elif phase == "rollback" and before == "none":
            self._standing[step] = "released"  # nothing was held; what comes late is refused
        elif before == "released" and phase == "reserve":
            return "refused"
        elif before not in TURNS[phase].values():
            self.violations.append(f"{step}: {phase} of what is {before}")
            return "refused"
        return "done"


async def serve(path: str) -> None:
    """Answer until the process that started us is gone."""
    ledger = Ledger()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            answering = asyncio.create_task(ledger.answer(dict(asked)))
            hanging_up = asyncio.create_task(reader.read())
            await asyncio.wait([answering, hanging_up], return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                ledger.abandoned.append(asked)  # what was asked for is done all the same
            answer = await answering
            hanging_up.cancel()
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass  # whoever asked has been killed
        finally:
            writer.close()

    server = await asyncio.start_unix_server(attend, path, backlog=1000)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()
    os._exit(0)  # calls that wait for an order wait no more


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
