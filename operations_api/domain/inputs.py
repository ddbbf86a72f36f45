"""Decoding what a client sent into a Struct: strictly, without unknown members at any level, pointing to faults."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypedDict, TypeVar

import msgspec

from operations_api.domain.fingerprint import canonical
from operations_api.domain.json_pointer import child, joined, steps_of, value_at
from operations_api.domain.problem import VALIDATION_ERROR, Problem
from operations_api.domain.strict_json import LONG_NUMBER, MAX_INTEGER, scalars, without_strings
from operations_api.domain.unknown_members import finder_for

T = TypeVar("T", bound=msgspec.Struct)

_MESSAGE: Final = re.compile(r"(?P<said>.*?)(?: - at (?P<key>`key` in )?`(?P<path>\$.*)`)?", re.DOTALL)
_MEMBER: Final = re.compile(r"Object (?:missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)


class Fault(TypedDict):
    """One thing that is wrong; ``pointer`` (RFC 6901) leads to it from the root of the body."""

    detail: str
    pointer: str


class ValidationFailed(Problem):
    """The body is JSON but not what this request takes. ``errors`` says what is wrong and where."""

    kind = VALIDATION_ERROR

    def __init__(self, errors: list[Fault]) -> None:
        first = errors[0]
        where = f" (at {first['pointer']})" if first["pointer"] else ""
        more = f" And {len(errors) - 1} more; see errors." if len(errors) > 1 else ""
        super().__init__(f"{first['detail']}{where}{more}", extensions={"errors": errors})
        self.errors = errors


def decode(type: type[T], value: Any, *, at: str = "", encoded: bytes | None = None) -> T:
    """The Struct that ``value``, from ``strict_json.parse``, stands for. ``at`` is its pointer in the body.

    Decoded from the canonical form (``encoded``, when the caller has it already), so ``1.0`` is an int, exactly as the
    worker will decode it again. Raises ``ValidationFailed``.
    """
    encoded = canonical(value) if encoded is None else encoded
    try:
        decoded: T = decoder_for(type)(encoded)
        if LONG_NUMBER.search(without_strings(encoded)) and any(map(_looks_like_an_integer, scalars(value))):
            msgspec.convert(value, type, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        raise ValidationFailed([_fault(type, value, str(error), at)]) from None
    unknown = list(finder_for(type)(value, at))
    if unknown:
        raise ValidationFailed([_unknown(pointer) for pointer in unknown])
    return decoded


@cache
def decoder_for(type: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    """The strict JSON decoder of a Struct."""
    return msgspec.json.Decoder(type, strict=True).decode


def _looks_like_an_integer(scalar: Any) -> bool:
    """The canonical form of a float such as 1e20 has no exponent; a field that takes integers must still refuse it."""
    return isinstance(scalar, float) and abs(scalar) > MAX_INTEGER


def _unknown(pointer: str) -> Fault:
    return {"detail": "There is no such member; remove it or correct its name.", "pointer": pointer}


def _fault(type: Any, value: Any, message: str, at: str) -> Fault:
    match = _MESSAGE.fullmatch(message)
    assert match is not None, "the pattern matches every text"
    steps = _named(type, value, steps_of(match["path"] or ""), match["said"])
    pointer = joined(steps, at)
    member = _MEMBER.fullmatch(match["said"])
    if member is not None:
        pointer = child(pointer, member["name"])
    where = "In a member's name: " if match["key"] else ""
    return {"detail": f"{where}{_capital(match['said'])}.", "pointer": pointer}


def _named(type: Any, value: Any, steps: list[str | int | None], said: str) -> list[str | int]:
    """The steps up to the first that msgspec leaves unnamed and that cannot be found either."""
    named: list[str | int] = []
    for step in steps:
        found = step if step is not None else _guilty(type, value, named, said)
        if found is None or not _leads_on(value, [*named, found]):
            return named
        named.append(found)
    return named


def _guilty(type: Any, value: Any, steps: list[str | int], said: str) -> str | None:
    """Which member of the dict at ``steps`` is at fault: the first one with which the complaint is there.

    Members are decoded in the order of their names and the first fault ends it, so a search by halves finds it.
    """
    members = value_at(value, steps)
    if not isinstance(members, dict):
        return None

    def complains(last: str) -> bool:
        first_ones = {name: member for name, member in members.items() if name <= last}
        return _complaint(type, _replaced(value, steps, first_ones)) == said

    names = sorted(members)
    position = bisect_left(names, True, key=complains)
    return names[position] if position < len(names) else None


def _complaint(type: Any, value: Any) -> str | None:
    try:
        decoder_for(type)(canonical(value))
    except msgspec.ValidationError as error:
        return str(error).split(" - at ")[0]
    return None


def _replaced(value: Any, steps: list[str | int], new: Any) -> Any:
    if not steps:
        return new
    copy = value.copy()
    copy[steps[0]] = _replaced(value[steps[0]], steps[1:], new)
    return copy


def _leads_on(value: Any, steps: list[str | int]) -> bool:
    try:
        value_at(value, steps)
    except (LookupError, TypeError):
        return False
    return True


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
