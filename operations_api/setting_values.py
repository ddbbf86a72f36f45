"""What the text of a setting may be: each function gives what it stands for.

Raises ``ValueError`` with what it would have to be, which goes on from "... is not".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import urlsplit

Parse = Callable[[str], Any]

ORIGIN: Final = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:([0-9]{1,5}|\*))?")
"""``*`` only stands for subdomains and for ports: anything else would let strangers choose a name that matches."""

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
ASYMMETRIC: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


def text(given: str) -> str:
    """A text without spaces."""
    if not given.isprintable() or " " in given:
        raise ValueError("a text without spaces and control characters")
    return given


def api_key(given: str) -> str:
    """An API key as somebody may choose it."""
    if not 8 <= len(given) <= 255 or not all("!" <= character <= "~" for character in given):
        raise ValueError("an API key: 8 to 255 visible ASCII characters without spaces")
    return given


def registries(given: str) -> str:
    """The names of registries, ``module:attribute``, several separated by commas."""
    names = [name.strip() for name in given.split(",")]
    if not all(name.count(":") == 1 and all(name.split(":")) for name in names):
        raise ValueError("package.module:attribute, or several of them separated by commas")
    return ",".join(names)


def url(*schemes: str, example: str) -> Parse:
    """A URL of one of these schemes; one that is a base is without its last slash."""

    def parse(given: str) -> str:
        wrong = ValueError(f"a URL such as {example}")
        try:
            parts = urlsplit(given)
        except ValueError:
            raise wrong from None
        if parts.scheme not in schemes or not (parts.netloc or parts.path) or not given.isprintable():
            raise wrong
        return given.rstrip("/") if parts.scheme in ("http", "https") else given

    return parse


def origins(given: str) -> str:
    """Origins of pages, separated by commas, or ``*``."""
    origins = [origin.strip() for origin in given.split(",")]
    if origins != ["*"] and not all(map(ORIGIN.fullmatch, origins)):
        raise ValueError("*, or origins such as https://app.example.com, https://*.example.com, http://localhost:*")
    return ",".join(origins)


def keys_source(given: str) -> str:
    """Where a set of keys (JWKS) is: what is fetched over a network may not be changed on its way."""
    if "://" not in given:
        return given
    parts = urlsplit(given)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("the path of a file or an https URL; http is for this machine alone")
    return given


def algorithms(given: str) -> str:
    """Algorithms of signatures that need no shared secret (RFC 7518, RFC 8037), separated by commas."""
    names = [name.strip() for name in given.split(",")]
    if not set(names) <= set(ASYMMETRIC):
        raise ValueError(f"algorithms with a public key, separated by commas: {', '.join(ASYMMETRIC)}")
    return ",".join(names)


def taken_status(text: str) -> int:
    """Which of the two says to a sender that there is nothing more to do."""
    if text not in ("202", "204"):
        raise ValueError("202 or 204")
    return int(text)


def networks(given: str) -> str:
    """Networks in CIDR notation, separated by commas."""
    try:
        return ",".join(str(ip_network(network.strip())) for network in given.split(","))
    except ValueError:
        raise ValueError("networks such as 10.0.0.0/8,::1/128, separated by commas") from None


def whole(low: int, high: int) -> Parse:
    """A whole number from ``low`` to ``high``."""

    def parse(given: str) -> int:
        if not (given.isascii() and given.isdigit() and len(given) < 20 and low <= int(given) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(given)

    return parse


def number(low: float) -> Parse:
    """A finite number of at least ``low``."""

    def parse(given: str) -> float:
        wrong = ValueError(f"a number of at least {low:g}")
        try:
            number = float(given)
        except ValueError:
            raise wrong from None
        if not (math.isfinite(number) and number >= low):
            raise wrong
        return number

    return parse


def log_format(given: str) -> str:
    """How logs are written: for people, or for programs."""
    if given not in ("console", "json"):
        raise ValueError("console or json")
    return given
