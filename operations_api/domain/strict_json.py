"""Reading a request's JSON so that every reader of it sees the same thing (RFC 8259, RFC 7493).

msgspec refuses everything that is not JSON in UTF-8, lone surrogates and numbers that are not finite. Left to check
are the things it lets through. Each check is first a scan of bytes that proves most bodies innocent, and looks at the
values only when the scan finds something suspicious. Where strings cannot matter they are left out of the scan: they
are most of a large body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from operations_api.domain.problem import MALFORMED_JSON, Problem

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer every reader of JSON represents exactly (RFC 7493 section 2.2)."""

MAX_DEPTH: Final = 64
"""Far below what makes any parser of the chain recurse into trouble, far above what people write."""

LONG_NUMBER: Final = re.compile(rb"[0-9]{16}")
_ESCAPED_COLON: Final = re.compile(rb"\\u003a", re.IGNORECASE)
_ESCAPED_SURROGATE: Final = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)
_CONTAINERS: Final = (dict, list)

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


class MalformedJson(Problem):
    """The body is not JSON that everybody reads alike; the detail says where or why."""

    kind = MALFORMED_JSON


def parse(body: bytes) -> Any:
    """The value of a JSON text in UTF-8, as dict, list, str, int, float, bool and None.

    Raises ``MalformedJson``: not JSON, not UTF-8, duplicate members, NUL or lone surrogates in strings, integers
    beyond +-(2^53-1), numbers that are not finite, nesting deeper than 64.
    """
    value = _decoded(body)
    plain = without_strings(body)
    if plain.count(b"[") + plain.count(b"{") > MAX_DEPTH:
        _refuse_depth(value)
    if LONG_NUMBER.search(plain):
        _refuse_large_integers(value)
    if b"\\u0000" in body:
        _refuse_nul(value)
    if _may_hide_duplicates(body, value):
        _refuse_duplicates(body)
    return value


def without_strings(text: bytes) -> bytes:
    """A JSON text that a parser has accepted, without its strings: braces, brackets, commas, colons, and numbers."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(text.split(b'"')[::2])


def _decoded(body: bytes) -> Any:
    if not body:
        raise MalformedJson("The body is empty; send a JSON object.")
    try:
        return _decode(body)
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8: {error.reason}.") from None
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, ValueError) as error:
        raise MalformedJson(_fault(body, str(error))) from None


def _fault(body: bytes, said: str) -> str:
    detail = f"The body cannot be read: {said.removeprefix('JSON is malformed: ')}."
    if _ESCAPED_SURROGATE.search(body):
        detail += " Surrogates (\\ud800 to \\udfff) must come in pairs."
    return detail


def _refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(MAX_DEPTH):
        level = [child for container in level for child in _children(container) if isinstance(child, _CONTAINERS)]
    if level:
        raise _too_deep()


def _too_deep() -> MalformedJson:
    return MalformedJson(f"Arrays and objects are nested deeper than {MAX_DEPTH}; flatten the value.")


def _may_hide_duplicates(body: bytes, value: Any) -> bool:
    """A lost duplicate takes its colon along: with none escaped, as many colons as before prove that none is lost."""
    return body.count(b":") != _encode(value).count(b":") or _ESCAPED_COLON.search(body) is not None


def _refuse_duplicates(body: bytes) -> None:
    def members(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise MalformedJson(f"An object has the member {_quoted(name)} twice; send each member once.")
            seen.add(name)

    # numbers stay text: converting a very long one is costly, and its value does not matter here
    json.loads(body, object_pairs_hook=members, parse_int=str, parse_float=str)


def _refuse_nul(value: Any) -> None:
    for scalar in scalars(value):
        if isinstance(scalar, str) and "\0" in scalar:
            raise MalformedJson("A string holds the character NUL (\\u0000), which cannot be stored; remove it.")


def _refuse_large_integers(value: Any) -> None:
    for scalar in scalars(value):
        if isinstance(scalar, int) and not -MAX_INTEGER <= scalar <= MAX_INTEGER:
            raise MalformedJson("An integer is beyond +-9007199254740991 (2^53-1); send it as a string.")


def scalars(value: Any) -> Iterator[Any]:
    """Every scalar and every member's name in a parsed value, without recursion."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _CONTAINERS):
            pending.extend(_children(item))
            if isinstance(item, dict):
                yield from item
        else:
            yield item


def _children(container: dict[str, Any] | list[Any]) -> Any:
    return container.values() if isinstance(container, dict) else container


def _quoted(name: str) -> str:
    """As JSON in ASCII and at most 60 characters: a client's text goes into the detail, so it must stay harmless."""
    shown = name if len(name) <= 60 else f"{name[:57]}..."
    return json.dumps(shown)
