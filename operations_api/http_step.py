"""A two-phase step whose handlers are HTTP calls to a service in any language.

Each call is a POST of ``{operation_id, tenant, type, step, phase, input, reservation}`` with the headers
``Idempotency-Key`` (the token: the same on every attempt), ``X-Deadline`` (RFC 3339, when the caller gives up) and
``traceparent``. Every call carries the operation's ``input``. ``reservation`` is what ``reserve`` answered, null where
nobody knows whether it worked. ``compensate`` has a member ``result`` too: what ``commit`` answered. ``query`` answers
``{"state": "absent"}``, ``held``, ``committed`` (with the ``result``), ``released`` or ``unknown`` for the phase whose
token it brings.

What the answer means:

==================================================  ================================================================
2xx                                                 done; the body, a JSON object or empty, is stored
409, 422 with a JSON ``reason``: reserve, commit    ``Reject``: nothing was done and nothing will be
429 or 503 with ``Retry-After``                     ``Retry`` after that time
everything else, a redirect or silence included     unknown: it may or may not have worked
==================================================  ================================================================

A participant does its work once per token, answers 2xx when something is already released, and refuses a reserve that
arrives after a rollback of the same (operation, step). ``examples/participant.py`` is one, in the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from operations_api.domain.context import Context
from operations_api.domain.errors import DefinitionError, Reject, Retry
from operations_api.domain.problem import Problem
from operations_api.domain.step import Step
from operations_api.domain.strict_json import parse

RESPONSE_LIMIT_BYTES: Final = 1024 * 1024
"""What a participant answers is stored with the operation: a document, not a file."""

LONGEST_RETRY_AFTER_SECONDS: Final = 24 * 60 * 60
"""A participant that says "next year" by mistake is asked again tomorrow."""

IDLE_CONNECTION_SECONDS: Final = 4.0
"""Below the 5 s after which common servers close an idle connection: a request must not meet the closing."""

UNDOING: Final = ("rollback", "compensate")

Document = dict[str, Any]
"""A JSON object as a participant answered it."""


class HttpStep(Step):
    """A step of another service, by its URLs; ``query`` and ``compensate`` exist when their URLs are given.

    An empty answer is stored as ``{}``. ``headers`` are sent with every call, such as an ``Authorization``. Redirects
    are not followed; proxies are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``).
    Raises ``DefinitionError`` for a URL that is none.
    """

    def __init__(
        self,
        key: str,
        *,
        reserve: str,
        commit: str,
        rollback: str,
        query: str | None = None,
        compensate: str | None = None,
        timeout_seconds: float = 30,
        retry_for_seconds: float = 300,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        base: Any = type(self)
        self.__class__ = _class_with(base, query is not None, compensate is not None)
        self.key = key
        self.timeout_seconds = timeout_seconds
        self.retry_for_seconds = retry_for_seconds
        urls = {"reserve": reserve, "commit": commit, "rollback": rollback, "query": query, "compensate": compensate}
        self._urls = {handler: _checked(key, handler, url) for handler, url in urls.items() if url is not None}
        self._headers = dict(headers or {})

    async def reserve(self, ctx: Context, input: Any) -> Document:
        return await self._called("reserve", ctx)

    async def commit(self, ctx: Context, reservation: Document) -> Document:
        return await self._called("commit", ctx, reservation=reservation)

    async def rollback(self, ctx: Context, reservation: Document | None) -> None:
        await self._called("rollback", ctx, reservation=reservation)

    async def _called(self, handler: str, ctx: Context, **told: Any) -> Document:
        client = await _client()
        request = client.build_request(
            "POST",
            self._urls[handler],
            headers=_headers(ctx, self._headers),
            content=_content(ctx, told),
            timeout=self.timeout_seconds,
        )
        try:
            response = await client.send(request, stream=True)
            async with aclosing(response):
                body = await _body_of(response)
        except httpx.HTTPError as error:
            raise UnclearAnswer(f"{handler} got no answer: {type(error).__name__}: {error}") from error
        return _Answer(handler, response, body).document()


async def _query(self: HttpStep, ctx: Context) -> Any:
    answer = await self._called("query", ctx, reservation=ctx.reservations.get(ctx.step))
    state = answer.get("state")
    return (state, answer.get("result") or {}) if state == "committed" else state


async def _compensate(self: HttpStep, ctx: Context, result: Document) -> None:
    await self._called("compensate", ctx, reservation=ctx.reservations.get(ctx.step), result=result)


@cache
def _class_with(base: Any, can_query: bool, can_compensate: bool) -> type[HttpStep]:
    """What a step can do is read from its class, so steps that can do different things have different classes."""
    optional: dict[str, Any] = {"query": _query} if can_query else {}
    if can_compensate:
        optional["compensate"] = _compensate
    return type(base.__name__, (base,), {**optional, "__module__": base.__module__})


def _checked(key: str, handler: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DefinitionError(f'step "{key}": {handler} is {url!r}: give the URL to POST to, http:// or https://')
    return url


# -- asking ----------------------------------------------------------------------------------------------------------


def _content(ctx: Context, told: Mapping[str, Any]) -> bytes:
    body = {
        "operation_id": ctx.operation_id,
        "tenant": ctx.tenant,
        "type": ctx.type,
        "step": ctx.step,
        "phase": ctx.phase,
        "input": ctx.input,
        "reservation": None,
        **told,
    }
    return msgspec.json.encode(body)


def _headers(ctx: Context, own: Mapping[str, str]) -> httpx.Headers:
    headers = httpx.Headers(own)
    headers["Content-Type"] = "application/json"
    headers["Accept"] = "application/json, application/problem+json"
    headers["Accept-Encoding"] = "identity"  # so that the limit of an answer is a limit of memory, too
    headers["Idempotency-Key"] = ctx.token
    headers["X-Deadline"] = ctx.deadline.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if ctx.traceparent is not None:
        headers["traceparent"] = ctx.traceparent
    return headers


_CLIENTS: Final[dict[asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, AsyncGenerator[None]]]] = {}


async def _client() -> httpx.AsyncClient:
    """The connections of this process and event loop, opened at first use and closed with the loop."""
    loop = asyncio.get_running_loop()
    if loop not in _CLIENTS:
        # a worker's slots bound how many calls there are: none should wait here while its time runs out
        limits = httpx.Limits(max_connections=None, keepalive_expiry=IDLE_CONNECTION_SECONDS)
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # calls for two tenants share nothing
        client = httpx.AsyncClient(limits=limits, follow_redirects=False, cookies=no_cookies)
        closing = _closing(loop, client)
        _CLIENTS[loop] = client, closing
        await anext(closing)
    return _CLIENTS[loop][0]


async def _closing(loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient) -> AsyncGenerator[None]:
    """Ends when the loop shuts its generators down: the only thing every loop promises to do at its end."""
    try:
        yield
    finally:
        del _CLIENTS[loop]
        await client.aclose()


async def _body_of(response: httpx.Response) -> bytes | None:
    """The body, or None when it is longer than is kept."""
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > RESPONSE_LIMIT_BYTES:
            return None
    return bytes(body)


# -- understanding ---------------------------------------------------------------------------------------------------


class UnclearAnswer(RuntimeError):
    """A participant answered something that says neither yes nor no, so its call may or may not have worked."""


class _Answer:
    def __init__(self, handler: str, response: httpx.Response, body: bytes | None) -> None:
        self._handler = handler
        self._response = response
        self._body = body

    def document(self) -> Document:
        """What a 2xx brought. Raises ``Reject``, ``Retry`` or ``UnclearAnswer``."""
        status = self._response.status_code
        if self._response.is_success:
            return {} if self._handler in UNDOING else self._object()
        if status in (429, 503):
            self._raise_retry()
        if status in (409, 422) and self._handler in ("reserve", "commit"):
            self._raise_reject()
        raise self._unclear(_REDIRECTED if self._response.is_redirect else "")

    def _object(self) -> Document:
        if self._body == b"":
            return {}
        found = self._json()
        if not isinstance(found, dict):
            raise self._unclear(f"; the body of a success must be a JSON object or empty: {found}")
        return found

    def _json(self) -> Any:
        """The body, or a sentence that says why it is none."""
        if self._body is None:
            return f"it is longer than {RESPONSE_LIMIT_BYTES} bytes"
        try:
            found = parse(self._body)
        except Problem as problem:
            return problem.detail
        return found if isinstance(found, dict) else f"it is a JSON {type(found).__name__}"

    def _raise_retry(self) -> None:
        seconds = _seconds_of(self._response)
        if seconds is not None:
            raise Retry(seconds, f"{self._handler} was answered {self._response.status_code}")

    def _raise_reject(self) -> None:
        media_type = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_json = media_type == "application/json" or media_type.endswith("+json")
        problem = self._json() if is_json else None
        reason = problem.get("reason") if isinstance(problem, dict) else None
        if isinstance(problem, dict) and isinstance(reason, str) and reason:
            detail = problem.get("detail") or problem.get("title") or ""
            raise Reject(reason, str(detail), retryable=problem.get("retryable") is True)

    def _unclear(self, more: str) -> UnclearAnswer:
        return UnclearAnswer(f"{self._handler} was answered {self._response.status_code}{more}")


_REDIRECTED: Final = "; redirects are not followed: give HttpStep the address it leads to"


def _seconds_of(response: httpx.Response) -> float | None:
    """How long ``Retry-After`` (RFC 9110 section 10.2.3) asks to wait; None when it is missing or malformed.

    A date is read against the ``Date`` the participant sent with it, so that our clock does not matter.
    """
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(min(int(said[:12]), LONGEST_RETRY_AFTER_SECONDS))
    until = _time_of(said)
    if until is None:
        return None
    now = _time_of(response.headers.get("date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _time_of(said: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(said)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
