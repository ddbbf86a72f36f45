"""A running API, as the commands ask it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from operations_api.client import ApiUnavailable, Client, Snapshot
from operations_api.domain.errors import OperationsError
from operations_api.serving import local_url
from operations_api.settings import Settings

T = TypeVar("T")

NO_PATIENCE_SECONDS = 0.0
"""Who typed a command sees that it failed, and repeats it."""


class ApiNotFound(OperationsError):
    """The API cannot be reached, or there is no key for it; the message says what to set."""


class Remote:
    """The API at ``OPERATIONS_URL``, with the key of ``OPERATIONS_API_KEY``."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key

    @classmethod
    def from_environment(cls) -> Remote:
        """By default what `operations-api dev` started here. Raises ``ApiNotFound`` when there is no key."""
        settings = Settings.from_environment(os.environ)
        return cls(url_of(settings), key_of(settings))

    def operations(self, *, limit: int | None = None, **filters: str) -> list[Snapshot]:
        """The operations these filters let through, newest first, ``limit`` of them at most."""

        async def collect(client: Client) -> list[Snapshot]:
            found: list[Snapshot] = []
            async for snapshot in client.operations(**filters):
                found.append(snapshot)
                if len(found) == limit:
                    break
            return found

        return self.run(collect)

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer's JSON. Raises ``RequestRefused`` with the refusal's detail."""
        return self.run(lambda client: client.request(method, path, body))

    def run(self, use: Callable[[Client], Awaitable[T]], patience_seconds: float = NO_PATIENCE_SECONDS) -> T:
        """What a client makes of it. Raises what clients raise, and ``ApiNotFound``."""
        try:
            return asyncio.run(self._with_client(use, patience_seconds))
        except ApiUnavailable as error:
            if error.status is not None:
                raise
            raise ApiNotFound(
                f"OPERATIONS_URL: {error} Start the API, or say where it is with OPERATIONS_URL, or with the PORT "
                "that it was started with."
            ) from None

    async def _with_client(self, use: Callable[[Client], Awaitable[T]], patience_seconds: float) -> T:
        async with Client(self._url, self._key, patience_seconds=patience_seconds) as client:
            return await use(client)


def url_of(settings: Settings) -> str:
    """Where the API is: what is set, else on `HOST` and `PORT`."""
    return settings.url or local_url(settings.host, settings.port)


def key_of(settings: Settings) -> str:
    """The API key that is set, else the one that `dev` keeps. Raises ``ApiNotFound`` when there is none."""
    kept = settings.data_dir / "dev-key"
    if key := settings.api_key or settings.dev_key:
        return key
    if kept.is_file():
        return kept.read_text().strip()
    raise ApiNotFound(
        f"OPERATIONS_API_KEY is not set and `operations-api dev` has left no key in {settings.data_dir}: make one with "
        "`operations-api keys create --tenant ... --scopes submit,read,operate`."
    )
