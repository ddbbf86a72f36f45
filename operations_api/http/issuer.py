"""JSON Web Tokens of an external issuer as bearer tokens (RFC 7519, RFC 6750, and the advice of RFC 8725).

Only signatures that need no shared secret are believed, each with a key that its issuer publishes for that very
algorithm. The signature is checked before anything else that a token says of itself. Needs the extra ``jwt``.
"""

from __future__ import annotations

from typing import Any, Final

import jwt
from jwt.algorithms import has_crypto

from operations_api.domain.problem import Problem
from operations_api.http.auth import TENANT, Caller
from operations_api.http.key_set import Key, KeySet, KeysUnavailable
from operations_api.http.problems import UNAUTHORIZED, unavailable
from operations_api.settings import Settings
from operations_api.store.api_keys import SCOPES

CLOCK_SKEW_SECONDS: Final = 60
"""The issuer's clock and ours may be apart by so much."""

LIMIT_BYTES: Final = 8_192
"""Servers commonly refuse a header line that is longer."""

LONGEST_SUBJECT: Final = 200

REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (jwt.ExpiredSignatureError, "has expired"),
    (jwt.ImmatureSignatureError, "is not valid yet"),
    (jwt.InvalidAudienceError, "is meant for another audience"),
    (jwt.InvalidIssuerError, "is of another issuer"),
    (jwt.InvalidSignatureError, "has a signature that does not fit it"),
    (jwt.InvalidKeyError, "is signed with a key that is not for its algorithm, or too short"),
    (jwt.InvalidAlgorithmError, "is signed with a key that is not for its algorithm"),
)


class Issuer:
    """Whoever makes the tokens. One per process."""

    def __init__(self, settings: Settings) -> None:
        if not has_crypto:  # redis brings PyJWT along, but not what it checks these signatures with
            raise ImportError(name="cryptography")
        assert settings.jwt_jwks is not None
        self._settings = settings
        self._algorithms = settings.jwt_algorithms.split(",")
        self._keys = KeySet(settings.jwt_jwks)

    async def caller(self, token: str) -> Caller:
        """Whoever the token speaks for. Raises a ``Problem``: 401 that says why, or 503 while keys cannot be had."""
        if len(token) > LIMIT_BYTES:
            raise refused(f"is larger than {LIMIT_BYTES} bytes")
        algorithm, kid = self._signed_with(token)
        try:
            key = await self._keys.find(kid)
        except KeysUnavailable:
            raise unavailable(
                "The keys of the token's issuer cannot be read now; nothing was accepted.", effect="none"
            ) from None
        if key is None:
            raise refused("is signed with a key that its issuer does not publish")
        return self._caller_of(self._verified(token, key, algorithm))

    async def close(self) -> None:
        """Stop asking for keys."""
        await self._keys.close()

    def _signed_with(self, token: str) -> tuple[str, str]:
        try:
            header = jwt.get_unverified_header(token)
        except Exception:  # whatever the library makes of bytes that anybody may send
            raise refused("is malformed") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._algorithms:
            raise refused(f"is not signed with one of {', '.join(self._algorithms)}")
        if not isinstance(kid, str):
            raise refused("does not name the key it is signed with (kid)")
        return algorithm, kid

    def _verified(self, token: str, key: Key, algorithm: str) -> dict[str, Any]:
        if key.get("alg", algorithm) != algorithm:
            raise refused("is signed with a key that is not for its algorithm")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(key, algorithm),
                algorithms=[algorithm],
                audience=self._settings.jwt_audience,
                issuer=self._settings.jwt_issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
            )
        except jwt.MissingRequiredClaimError as error:
            raise refused(f"lacks the claim {error.claim}") from None
        except Exception as error:  # as above
            raise refused(next((why for kind, why in REASONS if isinstance(error, kind)), "is malformed")) from None
        return claims

    def _caller_of(self, claims: dict[str, Any]) -> Caller:
        return Caller(self._tenant(claims), self._scopes(claims), self._actor(claims))

    def _tenant(self, claims: dict[str, Any]) -> str:
        name = self._settings.jwt_tenant_claim
        tenant = claims.get(name)
        if tenant is None:
            raise refused(f"lacks the claim {name}, which says for which tenant it is")
        if not isinstance(tenant, str) or not tenant.isascii() or not TENANT.fullmatch(tenant.encode()):
            raise refused(f"has a claim {name} that is not the name of one tenant")
        return tenant

    def _scopes(self, claims: dict[str, Any]) -> frozenset[str]:
        """Those that mean something here; a token may well have others beside them."""
        name = self._settings.jwt_scopes_claim
        given = claims.get(name, [])
        scopes = given.split() if isinstance(given, str) else given
        if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
            raise refused(f"has a claim {name} that is neither a text nor a list of texts")
        return frozenset(scopes) & frozenset(SCOPES)

    def _actor(self, claims: dict[str, Any]) -> str:
        subject = str(claims.get("sub", "somebody"))[:LONGEST_SUBJECT]
        printable = "".join(each if each.isprintable() else "?" for each in subject)
        return f"{printable} ({self._settings.jwt_issuer})"


def refused(why: str) -> Problem:
    """The 401 of a token that is not believed."""
    return Problem(
        f"This token {why}; get another one from its issuer.",
        kind=UNAUTHORIZED,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
