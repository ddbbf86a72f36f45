"""The client: where operations are started, found again and listed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack, overload
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
import msgspec

from operations_api.client import keys
from operations_api.client.api import Api, Request
from operations_api.client.operation import AnyOperation, Operation
from operations_api.client.snapshot import Snapshot
from operations_api.domain.idempotency_key import PATTERN

R = TypeVar("R")

PATIENCE_SECONDS: Final = 60.0
"""An API that is deployed anew, or a database that fails over, is back by then."""

_KEY: Final = re.compile(PATTERN)


class StartOptions(TypedDict, total=False):
    """What a start may say besides type and input. All but the first two are members of its body."""

    idempotency_key: str | None
    retry_failed: bool
    labels: Mapping[str, str] | None
    deadline: datetime | None
    not_before: datetime | None
    group: str | None
    priority: Literal["high", "normal", "low"] | None
    callback_url: str | None


class Client:
    """An API at ``url``, as whom ``key`` says. For one event loop; ``async with`` closes its connections.

    Requests that found no answer, or a passing refusal (an idempotency key in flight, 429, 502, 503, 504), are repeated
    with growing jittered pauses, never sooner than ``Retry-After`` says, and for ``patience_seconds`` at most; then
    ``ApiUnavailable`` is raised. A start keeps its idempotency key meanwhile. ``transport`` is an
    ``httpx.AsyncHTTPTransport`` of your own, for a proxy or certificates. Raises ``ValueError`` for what is no URL.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._api = Api(url, key, patience_seconds, transport)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. No operation is affected."""
        await self._api.close()

    @overload
    async def start(self, type: str, input: Any, **options: Unpack[StartOptions]) -> AnyOperation: ...

    @overload
    async def start(
        self, type: str, input: Any, *, result_type: type[R], **options: Unpack[StartOptions]
    ) -> Operation[R]: ...

    async def start(
        self,
        type: str,
        input: Any,
        *,
        result_type: Any = dict[str, Any],
        idempotency_key: str | None = None,
        retry_failed: bool = False,
        **members: Any,
    ) -> Operation[Any]:
        """Start an operation, or find the one this key has started before.

        ``input`` is a dict or a Struct; ``members`` are the body's others as the contract lists them. Without a key a
        random one protects this call alone: see ``keys``. ``retry_failed`` starts once more, under the same key, what
        has failed with ``retryable`` and no effect; what has not is found as without it.

        Raises ``RequestRefused`` (``idempotency-key-reused`` when the key was used with another body) and
        ``ApiUnavailable``, which says under which key to repeat.
        """
        key = keys.random() if idempotency_key is None else idempotency_key
        if not _KEY.fullmatch(key):
            raise ValueError(f'{key!r} is no idempotency key: 1 to 255 visible ASCII characters without , " and \\.')
        given = {name: value for name, value in members.items() if value is not None}
        request = Request(
            method="POST",
            path=f"/operations/{quote(type, safe='')}",
            headers={"Idempotency-Key": key} | ({"Idempotency-Retry": "?1"} if retry_failed else {}),
            body=msgspec.json.encode({"input": input, **given}),
            key=key,
        )
        now, response = await self._api.operation(request)
        return Operation(self._api, now, result_type, replayed="Idempotent-Replayed" in response.headers)

    @overload
    async def operation(self, url: str) -> AnyOperation: ...

    @overload
    async def operation(self, url: str, *, result_type: type[R]) -> Operation[R]: ...

    async def operation(self, url: str, *, result_type: Any = dict[str, Any]) -> Operation[Any]:
        """The operation at this URL, started by whomever; its id will do, too.

        Raises ``ValueError`` when the URL is not of this API, ``RequestRefused`` when there is no such operation (404)
        or it is forgotten (410), and ``ApiUnavailable``.
        """
        now, _ = await self._api.operation(Request(method="GET", path=f"/operations/{self._id_in(url)}"))
        return Operation(self._api, now, result_type)

    async def operations(self, **filters: str) -> AsyncIterator[Snapshot]:
        """What the filters of ``GET /operations`` let through (``type``, ``status``, ``label``, ...), newest first."""
        token: str | None = ""
        while token is not None:
            query = urlencode(filters | ({"page_token": token} if token else {}))
            page = await self.request("GET", f"/operations?{query}")
            for document in page["operations"]:
                yield self._api.shown(msgspec.json.encode(document))
            token = page["next_page_token"]

    async def request(
        self, method: str, path: str, body: Any = None, *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """The JSON that answers any other request; ``{}`` where there is none.

        Whatever changes something without a key is repeated only after a refusal that says that nothing was done.
        """
        content = b"" if body is None else msgspec.json.encode(body)
        safe = method in ("GET", "HEAD", "PUT", "DELETE") or idempotency_key is not None
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        answer = await self._api.ask(
            Request(method=method, path=path, headers=headers, body=content, repeatable=safe, key=idempotency_key)
        )
        return self._api.json(answer)

    def _id_in(self, url: str) -> UUID:
        name = url.removeprefix(self._api.url).strip("/").rpartition("/")
        if name[0] in ("", "operations"):
            try:
                return UUID(name[2])
            except ValueError:
                pass
        raise ValueError(f"{url!r} is no operation of {self._api.url}: give its URL there, or its id.")
