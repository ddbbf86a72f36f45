"""A service that is right in everything but one thing: the real one, behind something that tampers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Headers = list[tuple[bytes, bytes]]
Lie = Callable[["Exchange"], None]


class Exchange:
    """A request before the service sees it (``status`` is 0), then the answer before the client does."""

    def __init__(self, scope: Any) -> None:
        self.scope = scope
        self.status = 0
        self.headers: Headers = list(scope["headers"])
        self.body = b""

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    def header(self, name: str) -> bytes | None:
        return next((value for known, value in self.headers if known == name.encode()), None)

    def drop(self, name: str) -> None:
        self.headers = [header for header in self.headers if header[0] != name.encode()]

    def replace(self, name: str, value: bytes) -> None:
        self.drop(name)
        self.headers.append((name.encode(), value))

    def change(self, how: Callable[[Any], None]) -> None:
        """Tamper with the operations in an answer."""
        if (self.header("content-type") or b"").startswith(b"application/json"):
            document = json.loads(self.body)
            for operation in document.get("operations", [document]):
                if "version" in operation and "done" in operation:
                    how(operation)
            self.body = json.dumps(document).encode()


class Liar:
    """An ASGI application around the real one, which at first tells the truth."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.tell()

    def tell(self, *, asks: Lie | None = None, answers: Lie | None = None) -> None:
        """From now on ``asks`` tampers with requests, ``answers`` with answers."""
        self._asks = asks
        self._answers = answers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Exchange(dict(scope))
        if self._asks is not None:
            self._asks(asked)
        await self._app({**asked.scope, "headers": asked.headers}, receive, self._tampering(asked.scope, send))

    def _tampering(self, scope: Any, send: Any) -> Any:
        answer = Exchange({**scope, "headers": []})

        async def tampered(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
                return
            answer.body = message.get("body", b"")
            streams = answer.header("content-type") == b"text/event-stream"
            begins = not answer.scope.pop("begun", None)
            if self._answers is not None:
                self._answers(answer)
            if not streams and answer.header("content-length") is not None:
                answer.replace("content-length", str(len(answer.body)).encode())
            if begins:
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            if message.get("more_body"):
                answer.scope["begun"] = True
            await send({**message, "body": answer.body})

        return tampered
