"""Carrying one webhook to its receiver: one request, to an address that was looked at; the answer is its head alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from operations_api.domain.webhook import ANSWER_SECONDS
from worker.addresses import AddressRefused, Guard

USER_AGENT: Final = f"operations-api/{version('operations-api')}"

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Reply(msgspec.Struct, frozen=True):
    """What came back: a status, or why there is none. ``asked_seconds``: what ``Retry-After`` said."""

    status: int | None
    failure: str | None = None
    asked_seconds: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it now."""
        return self.status is not None and 200 <= self.status < 300


class Courier:
    """One per worker process. Follows no redirect, keeps no connection, believes no proxy of the environment."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._client = httpx.AsyncClient(
            verify=httpx.create_ssl_context(),
            trust_env=False,
            follow_redirects=False,
            timeout=ANSWER_SECONDS,
            # a connection is made for the name that was checked, and is not used for another one of that address
            limits=httpx.Limits(max_keepalive_connections=0, max_connections=None),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        )

    async def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Try once."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._carry(url, headers, body)
        except TimeoutError:
            return Reply(None, f"no answer within {ANSWER_SECONDS:g} seconds")
        except (AddressRefused, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Reply(None, str(error) or type(error).__name__)

    async def close(self) -> None:
        """Disconnect."""
        await self._client.aclose()

    async def _carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        address = await self._guard.address_of(host, port)
        request = self._client.build_request(
            "POST",
            httpx.URL(url, host=address),
            headers={"Host": parts.netloc, "User-Agent": USER_AGENT, "Content-Type": "application/json", **headers},
            content=body,
            extensions={"sni_hostname": host},
        )
        response = await self._client.send(request, stream=True)
        await response.aclose()  # whatever it has to say beyond its head is not wanted
        return _reply(response)


def _reply(response: httpx.Response) -> Reply:
    status = response.status_code
    if 200 <= status < 300:
        return Reply(status)
    return Reply(status, f"the answer was {status}", _asked_seconds(response.headers.get("Retry-After", "")))


def _asked_seconds(text: str) -> float | None:
    """RFC 9110, section 10.2.3: seconds or a date."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
