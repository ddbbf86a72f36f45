"""How charge-card talks to the payment provider: blocking, small, and never guessing about an outcome."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import msgspec

from operations_api import Reject, Retry

REQUEST_TIMEOUT_SECONDS: Final = 5
"""Below the step's own time-out, so that the thread ends before the engine stops waiting for it."""

Known = Literal["absent", "committed", "released", "unknown"]
STATES: Final[dict[str, Known]] = {"charged": "committed", "declined": "released", "processing": "unknown"}


class Provider(msgspec.Struct, frozen=True):
    """The provider's API at ``url``: ``http://host:port`` or ``unix:/path``."""

    url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Provider:
        """EXAMPLES_PROVIDER_URL. Rejects with PROVIDER_NOT_CONFIGURED when it is not set."""
        url = environ.get("EXAMPLES_PROVIDER_URL")
        if not url:
            raise Reject(
                "PROVIDER_NOT_CONFIGURED",
                "Set EXAMPLES_PROVIDER_URL for the workers; `python -m examples.provider` serves it.",
            )
        return cls(url)

    def charge(self, key: str, card: str, amount_minor: int, simulate: dict[str, Any]) -> str:
        """Charge a card, once per ``key``, and give the charge's id.

        Rejects with CARD_DECLINED. Raises ``Retry`` when it is not settled yet. Anything else it raises (a time-out, a
        broken connection) means that the outcome is unknown.
        """
        status, answer = self._request(
            "POST", "/charges", key, {"card": card, "amount_minor": amount_minor, "simulate": simulate}
        )
        if status == 201:
            return str(answer["charge_id"])
        if status == 402:
            raise Reject("CARD_DECLINED", "The card was declined.")
        if status in (409, 503):
            raise Retry(detail="the provider is busy")
        raise RuntimeError(f"the provider answered {status}")

    def outcome(self, key: str) -> tuple[Known, str | None]:
        """What became of a charge, and its id once the card is charged."""
        status, answer = self._request("GET", f"/charges/{quote(key, safe='')}", key)
        if status == 404:
            return "absent", None
        known = STATES.get(str(answer.get("state")), "unknown")
        return known, str(answer["charge_id"]) if known == "committed" else None

    def _request(self, method: str, path: str, key: str, body: object = None) -> tuple[int, dict[str, Any]]:
        connection = _connection(self.url)
        try:
            connection.request(
                method,
                path,
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json", "Idempotency-Key": key},
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


class UnixHTTPConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=REQUEST_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(REQUEST_TIMEOUT_SECONDS)
        self.sock.connect(self._path)


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return UnixHTTPConnection(parts.path)
    return HTTPConnection(parts.hostname or "localhost", parts.port, timeout=REQUEST_TIMEOUT_SECONDS)
