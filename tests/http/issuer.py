"""An external issuer: its keys, its server, and the tokens it makes and should never have made."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.processes import line_of, module, running

NAME, AUDIENCE = "https://id.example/", "operations"

RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, PrivateKeyTypes] = {
    "rsa": RSA,
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "ed": ed25519.Ed25519PrivateKey.generate(),
    "weak": rsa.generate_private_key(65537, 1024),  # noqa: S505 -- to be refused
}
STRANGER = rsa.generate_private_key(65537, 2048)


def public(kid: str, key: Any, **more: Any) -> dict[str, Any]:
    """What is published of a key."""
    if isinstance(key, rsa.RSAPrivateKey):
        found = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        found = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        found = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**found, "kid": kid, **more}


def key_set(**more: Any) -> dict[str, Any]:
    """All keys, one of them for one algorithm only, and one that is for encryption."""
    keys = [public(kid, key) for kid, key in {**KEYS, **more}.items()]
    return {"keys": [*keys, public("pinned", RSA, alg="RS256"), public("secret", RSA, use="enc"), {"kty": "oct"}]}


def claims(tenant: Any = "acme", **more: Any) -> dict[str, Any]:
    """What a good token says; a claim that is given as None is left out."""
    now = int(time.time())
    found = {
        "iss": NAME, "aud": AUDIENCE, "sub": "ann", "iat": now, "nbf": now, "exp": now + 300,
        "tenant": tenant, "scope": "openid submit read", **more,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def token(said: dict[str, Any] | None = None, key: Any = RSA, algorithm: str = "RS256", kid: str | None = "rsa") -> str:
    """A signed token."""
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims() if said is None else said, key, algorithm, headers=headers)


class Issuer:
    """Its running server."""

    def __init__(self, directory: Path, scheme: str, port: int) -> None:
        self.directory = directory
        self.url = f"{scheme}://127.0.0.1:{port}/keys"

    def publish(self, document: Any) -> None:
        """Serve this from now on."""
        text = document if isinstance(document, bytes) else json.dumps(document).encode()
        (self.directory / "new").write_bytes(text)
        (self.directory / "new").rename(self.directory / "keys.json")

    @property
    def requests(self) -> int:
        """How many requests have come."""
        noted = self.directory / "requests"
        return noted.stat().st_size if noted.exists() else 0

    async def asked(self, count: int) -> None:
        """Return when so many requests have come."""
        while self.requests < count:  # noqa: ASYNC110 -- another process counts them
            await asyncio.sleep(0.005)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Answer nobody."""
        (self.directory / "silent").touch()
        yield
        (self.directory / "silent").unlink()


@contextmanager
def issuing(directory: Path, certificate: Path | None = None) -> Iterator[Issuer]:
    """An issuer's server that publishes ``key_set()``, over TLS with a certificate."""
    directory.mkdir(exist_ok=True)
    (directory / "keys.json").write_text(json.dumps(key_set()))
    arguments = [str(directory)] if certificate is None else [str(directory), str(certificate)]
    with running(module("tests.http.jwks_server", *arguments)) as process:
        yield Issuer(directory, "http" if certificate is None else "https", int(line_of(process)))


def certify(path: Path) -> Path:
    """A certificate for this machine, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    return path
