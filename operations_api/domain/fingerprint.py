"""What makes two requests the same: SHA-256 over the canonical JSON (RFC 8785) of ``[type, body]``.

The order of members, white space and ``1`` against ``1.0`` do not matter; ``null`` against an absent member does.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from operations_api.domain.strict_json import without_strings

_encode_sorted: Final = msgspec.json.Encoder(order="sorted").encode
_encode: Final = msgspec.json.Encoder().encode

_FLOAT: Final = re.compile(rb"[0-9][.e]")
"""What every float has, and nothing else that is outside of strings."""

_BEYOND_BMP: Final = re.compile(rb"[\xf0-\xf4]")
"""The first byte of a character beyond U+FFFF in UTF-8."""


def fingerprint(type: str, body: Any) -> bytes:
    """32 bytes that are equal exactly when type and body are. ``body`` as ``strict_json.parse`` gives it."""
    return fingerprint_of(type, canonical(body))


def fingerprint_of(type: str, body: bytes) -> bytes:
    """The same, of a body in its canonical form."""
    return hashlib.sha256(b"[" + _encode(type) + b"," + body + b"]").digest()


def canonical(value: Any) -> bytes:
    """The canonical form (RFC 8785) of a value that ``strict_json.parse`` gave: what is stored and decoded from."""
    encoded = _encode_sorted(value)
    if _is_canonical(encoded, value):
        return encoded
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def _is_canonical(encoded: bytes, value: Any) -> bool:
    """msgspec differs from RFC 8785 in floats (it keeps ``1.0``) and in the order of names beyond U+FFFF only."""
    if _FLOAT.search(without_strings(encoded)):
        return False
    return encoded.isascii() or _BEYOND_BMP.search(encoded) is None


def _write(value: Any, parts: list[bytes]) -> None:
    if isinstance(value, float):
        parts.append(_number(value))
    elif isinstance(value, list):
        _write_array(value, parts)
    elif isinstance(value, dict):
        _write_object(value, parts)
    else:
        parts.append(_encode(value))


def _write_array(items: list[Any], parts: list[bytes]) -> None:
    parts.append(b"[")
    for position, item in enumerate(items):
        if position:
            parts.append(b",")
        _write(item, parts)
    parts.append(b"]")


def _write_object(members: dict[str, Any], parts: list[bytes]) -> None:
    parts.append(b"{")
    for position, name in enumerate(sorted(members, key=_utf16)):
        parts.append(b"," + _encode(name) + b":" if position else _encode(name) + b":")
        _write(members[name], parts)
    parts.append(b"}")


def _utf16(name: str) -> bytes:
    """RFC 8785 section 3.2.3: names are ordered by their UTF-16 code units."""
    return name.encode("utf-16-be")


def _number(value: float) -> bytes:
    """As ECMAScript writes it (RFC 8785 section 3.2.2.3); Python finds the same shortest digits."""
    if value == 0:
        return b"0"
    sign = "-" if value < 0 else ""
    digits, exponent = _digits(abs(value))
    return (sign + _notation(digits, exponent)).encode()


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits d1 d2 ... and the exponent n such that the value is 0.d1d2... times ten to the n."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole) if whole != "0" else len(digits) - len(fraction)
    return digits.rstrip("0"), leading + int(exponent or 0)


def _notation(digits: str, exponent: int) -> str:
    """ECMA-262, Number::toString, with k = len(digits) and n = exponent."""
    if len(digits) <= exponent <= 21:
        return digits.ljust(exponent, "0")
    if 0 < exponent <= 21:
        return f"{digits[:exponent]}.{digits[exponent:]}"
    if -6 < exponent <= 0:
        return "0." + "0" * -exponent + digits
    power = exponent - 1
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if power > 0 else '-'}{abs(power)}"
