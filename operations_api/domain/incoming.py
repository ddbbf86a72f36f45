"""Webhooks of others: who may have sent one, what it says, and which operation it starts.

A ``WebhookSource`` is data in a registry: how its sender signs, and what each of its events starts. Its tenant and
secrets are settings, because they differ between deployments.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from operations_api.domain import strict_json
from operations_api.domain.errors import DefinitionError, OperationsError
from operations_api.domain.idempotency_key import MAX_LENGTH
from operations_api.domain.webhook import SECRET_PREFIX, signature

Scheme = Literal["standard", "stripe", "github"]

TOLERANCE_SECONDS: Final = 300
"""How far a sender's clock may be from ours; beyond that what was signed may be somebody's recording."""

ID_LENGTH: Final = 200


class Starts(msgspec.Struct, frozen=True):
    """What an event starts: an operation of this type, with the input that a pure function makes of the payload."""

    type: str
    input: Callable[[dict[str, Any]], Any]


class WebhookSource(msgspec.Struct, frozen=True, kw_only=True):
    """One sender. ``events`` by the event's type; GitHub's are ``event`` or, more exactly, ``event.action``."""

    name: str
    scheme: Scheme
    events: Mapping[str, Starts]


class Event(msgspec.Struct, frozen=True):
    """What was sent, once its signature is known to be good. ``types``: its type, the most exact one first."""

    id: str
    types: tuple[str, ...]
    payload: dict[str, Any]


class NotVerified(OperationsError):
    """Nobody who knows the secret has sent this, or not now; the message says what is missing."""


def sources_of(sources: Sequence[WebhookSource], types: Mapping[str, Any]) -> dict[str, WebhookSource]:
    """Sources by name. Raises ``DefinitionError`` for a name that is there twice and for a type that is unknown."""
    by_name: dict[str, WebhookSource] = {}
    for source in sources:
        if not isinstance(source, WebhookSource):
            raise DefinitionError(f"webhooks of a registry are WebhookSources, not {source!r}")
        if source.name in by_name or not source.name.replace("-", "").isalnum() or not source.name.isascii():
            raise DefinitionError(f'source "{source.name}": give each a name of its own, of letters, digits, hyphens')
        for event, starts in source.events.items():
            if starts.type not in types:
                raise DefinitionError(
                    f'source "{source.name}": {event} starts "{starts.type}", which is no definition of this registry'
                )
        by_name[source.name] = source
    return by_name


def verified(scheme: Scheme, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> Event:
    """The event, if one of the secrets signed it. ``headers`` by lower-case name; ``now`` in seconds since 1970.

    Raises ``NotVerified``, and the ``Problem`` of a signed body that is no JSON of an object with what it must have.
    """
    _SIGNED[scheme](secrets, headers, body, now)
    payload = strict_json.parse(body)
    if not isinstance(payload, dict):
        raise NotVerified("The body is no JSON object.")
    id, types = _NAMED[scheme](headers, payload)
    if not isinstance(id, str) or not 1 <= len(id) <= ID_LENGTH or not all(isinstance(each, str) for each in types):
        raise NotVerified("The event has no id or no type.")
    return Event(id, types, payload)


def is_secret(scheme: Scheme, secret: str) -> bool:
    """Whether a sender of this scheme could sign with it."""
    return scheme != "standard" or bool(_decoded(secret))


def key_of(source: str, event_id: str) -> str:
    """The idempotency key of an event: the same for each redelivery."""
    key = f"external:{source}:{event_id}"
    plain = event_id.isascii() and event_id.isprintable() and not set(event_id) & set(' ":,\\')
    if plain and len(key) <= MAX_LENGTH:
        return key
    return f"external:{source}:sha256-{hashlib.sha256(event_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _standard(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> None:
    id, given = headers.get("webhook-id", ""), headers.get("webhook-signature", "").split(" ")
    at = _recent(headers.get("webhook-timestamp", ""), now)
    expected = [signature(id, at, body, key) for secret in secrets if (key := _decoded(secret))]
    _require(any(_same(each, other) for each in expected for other in given))


def _stripe(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> None:
    pairs = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    at = _recent(next((value for name, _, value in pairs if name == "t"), ""), now)
    given = [value for name, _, value in pairs if name == "v1"]
    signed = b"%d.%s" % (at, body)
    expected = [hmac.new(secret.encode(), signed, "sha256").hexdigest() for secret in secrets]
    _require(any(_same(each, other) for each in expected for other in given))


def _github(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> None:
    given = headers.get("x-hub-signature-256", "")
    expected = [f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}" for secret in secrets]
    _require(any(_same(each, given) for each in expected))


def _recent(text: str, now: float) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        raise NotVerified("There is no signature of the kind that is expected here.")
    if abs(now - int(text)) > TOLERANCE_SECONDS:
        raise NotVerified(f"The signature is not from the last {TOLERANCE_SECONDS} seconds; check both clocks.")
    return int(text)


def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        return b""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))


def _require(signed: bool) -> None:
    if not signed:
        raise NotVerified("No secret of this source gives this signature; check the secret and that the body is whole.")


def _github_names(headers: Mapping[str, str], payload: dict[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    event, action = headers.get("x-github-event"), payload.get("action")
    types = (f"{event}.{action}", event) if isinstance(action, str) else (event,)
    return headers.get("x-github-delivery"), types


_SIGNED: Final = {"standard": _standard, "stripe": _stripe, "github": _github}
_NAMED: Final[dict[str, Callable[[Mapping[str, str], dict[str, Any]], tuple[Any, tuple[Any, ...]]]]] = {
    "standard": lambda headers, payload: (headers.get("webhook-id"), (payload.get("type"),)),
    "stripe": lambda headers, payload: (payload.get("id"), (payload.get("type"),)),
    "github": _github_names,
}
