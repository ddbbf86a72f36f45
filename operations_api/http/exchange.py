"""What is known of a request before it is routed: its id, who asks, and the base of the URLs in its answer."""

from __future__ import annotations

import re
from typing import Any, Final

import uuid_utils

from operations_api.domain.problem import Problem
from operations_api.http.auth import Caller
from operations_api.http.in_flight import Room
from operations_api.http.problems import FORBIDDEN, UNAUTHORIZED
from operations_api.http.rate_limit import Standing

_HOST: Final = re.compile(rb"[A-Za-z0-9._~-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


class Exchange:
    """One request and its answer.

    ``caller`` is None on the routes that need no API key, ``host`` where none is named once and properly.
    ``is_head`` tells an answer that never ends by itself to end. ``standing`` is there where requests are limited,
    ``room`` where operations in flight are.
    """

    __slots__ = ("_public_url", "_scope", "caller", "host", "is_head", "request_id", "room", "standing")

    def __init__(self, scope: Any, public_url: str | None) -> None:
        self.request_id = str(uuid_utils.uuid7())
        self.is_head = scope["method"] == "HEAD"
        self.host = _named_host(scope)
        self._scope = scope
        self._public_url = public_url
        self.caller: Caller | None = None
        self.standing: Standing | None = None
        self.room: Room | None = None

    @property
    def base_url(self) -> str:
        """The base of absolute URLs: the setting, else where the client sent its request."""
        if self._public_url is not None:
            return self._public_url
        scheme = self._scope["scheme"]
        return f"{scheme}://{_server(self._scope) if self.host is None else self.host}"

    def require(self, scope: str) -> Caller:
        """The caller, who must have this scope and send no more than allowed. Raises a ``Problem`` of 401, 403, 429."""
        caller = self.require_scope(scope)
        self.require_quota()
        return caller

    def require_quota(self) -> None:
        """Raise a ``Problem`` of 429 when the tenant has sent too many requests."""
        if self.standing is not None and not self.standing.allowed:
            raise self.standing.refusal()

    def require_scope(self, scope: str) -> Caller:
        """The caller, who must have this scope. Raises a ``Problem`` of 401 or 403."""
        if self.caller is None:
            raise Problem("Send an API key.", kind=UNAUTHORIZED)
        if scope not in self.caller.scopes:
            has = ", ".join(sorted(self.caller.scopes)) or "none"
            raise Problem(
                f'This needs the scope "{scope}" (you have: {has}); use a key or a token that has it.', kind=FORBIDDEN
            )
        return self.caller


def exchange_of(request: Any) -> Exchange:
    """The exchange a Litestar request belongs to."""
    exchange: Exchange = request.scope["exchange"]
    return exchange


def _named_host(scope: Any) -> str | None:
    """The host that a request names, once and properly."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return hosts[0].decode("ascii") if len(hosts) == 1 and _HOST.fullmatch(hosts[0]) else None


def _server(scope: Any) -> str:
    host, port = scope.get("server") or ("localhost", None)
    return f"{host}:{port}" if port else host
