"""A running API, as the commands for operators ask it."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from operations_api.domain.errors import OperationsError
from operations_api.serving import local_url
from operations_api.settings import Settings

ANSWER_SECONDS = 30.0


class RequestRefused(OperationsError):
    """The API refused the request, or cannot be reached; the message says what to do."""


class Remote:
    """The API at ``OPERATIONS_URL``, with the key of ``OPERATIONS_API_KEY``."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key

    @classmethod
    def from_environment(cls) -> Remote:
        """By default what `operations-api dev` started here. Raises ``RequestRefused`` when there is no key."""
        settings = Settings.from_environment(os.environ)
        return cls(url_of(settings), key_of(settings))

    def operations(self, **filters: str) -> Iterator[dict[str, Any]]:
        """Every operation these filters let through, newest first."""
        token: str | None = ""
        while token is not None:
            query = urlencode(filters | ({"page_token": token} if token else {}))
            page = self.ask("GET", f"/operations?{query}")
            yield from page["operations"]
            token = page["next_page_token"]

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer's JSON. Raises ``RequestRefused`` with the refusal's detail."""
        status, headers, content = self._exchange(method, path, b"" if body is None else msgspec.json.encode(body))
        if status == 204:
            return {}
        try:
            answer: dict[str, Any] = msgspec.json.decode(content, type=dict)
        except msgspec.MsgspecError:
            raise RequestRefused(f"OPERATIONS_URL: {self._url} is not this API (it answered {status}).") from None
        if status >= 400:
            again = headers.get("Retry-After")
            when = f" (Retry-After: {again} s)" if again else ""
            raise RequestRefused(f"{answer.get('detail', answer.get('title', status))}{when}")
        return answer

    def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        # asked directly: what a proxy of the environment is for is not known here
        connection = self._connection()
        headers = {"Authorization": f"Bearer {self._key}"} | ({"Content-Type": "application/json"} if body else {})
        try:
            connection.request(method, f"{urlsplit(self._url).path}{path}", body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise RequestRefused(
                f"OPERATIONS_URL: {self._url} cannot be reached ({error}): start the API, or say where it is with "
                "OPERATIONS_URL, or with the PORT that it was started with."
            ) from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)


def url_of(settings: Settings) -> str:
    """Where the API is: what is set, else on `HOST` and `PORT`."""
    return settings.url or local_url(settings.host, settings.port)


def key_of(settings: Settings) -> str:
    """The API key that is set, else the one that `dev` keeps. Raises ``RequestRefused`` when there is none."""
    kept = settings.data_dir / "dev-key"
    if key := settings.api_key or settings.dev_key:
        return key
    if kept.is_file():
        return kept.read_text().strip()
    raise RequestRefused(
        f"OPERATIONS_API_KEY is not set and `operations-api dev` has left no key in {settings.data_dir}: make one with "
        "`operations-api keys create --tenant ... --scopes read,operate`."
    )
