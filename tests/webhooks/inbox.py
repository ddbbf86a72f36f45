"""What a receiver process was sent."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.01


class Inbox:
    """One receiver: what it answers, and what it has been sent so far."""

    def __init__(self, place: Path, *answers: str) -> None:
        place.mkdir()
        self._place = place
        self.answer(*(answers or ("200",)))
        self.process = subprocess.Popen([sys.executable, Path(__file__).with_name("receiver.py"), place])

    def answer(self, *answers: str) -> None:
        (self._place / "answers").write_text("\n".join(answers))

    async def url(self, path: str = "/hooks?a=b", host: str = "127.0.0.1") -> str:
        port = await _once(lambda: (self._place / "port").exists() and (self._place / "port").read_text())
        return f"http://{host}:{port}{path}"

    async def taken(self, count: int) -> list[dict[str, Any]]:
        """What it was sent, once there are so many."""
        return await _once(lambda: len(self.so_far()) >= count and self.so_far())

    def so_far(self) -> list[dict[str, Any]]:
        text = (self._place / "taken").read_text() if (self._place / "taken").exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


async def _once(look: Callable[[], Any]) -> Any:
    """What is seen once there is something to see: another process will write it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if found := look():
                return found
            await asyncio.sleep(POLL_SECONDS)


def verified(request: dict[str, Any], secret: str) -> dict[str, Any]:
    """The payload, if its signature is good by the public package. Raises its ``WebhookVerificationError``."""
    found: dict[str, Any] = Webhook(secret).verify(request["body"], request["headers"])
    return found
