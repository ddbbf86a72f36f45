"""Finding members of a JSON value that its type does not have, whether its Structs forbid them or not.

A misspelt optional member would otherwise be dropped in silence, and the operation would do something else than its
caller meant. The type's description is turned into a tree of functions once; each gets a value that already decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec.inspect as inspection

from operations_api.domain.json_pointer import child

Finder = Callable[[Any, str], Iterator[str]]
"""Takes a value and its pointer, gives the pointers of unknown members in it."""


@cache
def finder_for(type: Any) -> Finder:
    """The function that finds unknown members in values of this type."""
    return _Builder().build(inspection.type_info(type))


class _Builder:
    """Remembers what it has built by the identity of the description, because types may contain themselves."""

    def __init__(self) -> None:
        self._built: dict[int, Finder] = {}

    def build(self, info: inspection.Type) -> Finder:
        known = self._built.get(id(info))
        if known is not None:
            return known
        self._built[id(info)] = lambda value, at: self._built[id(info)](value, at)
        self._built[id(info)] = found = self._make(info)
        return found

    def _make(self, info: inspection.Type) -> Finder:
        match info:
            case inspection.Metadata(type=inner):
                return self.build(inner)
            case inspection.UnionType(types=types):
                return self._choice(types)
            case inspection.DictType(value_type=values):
                return _in_values(self.build(values))
            case (
                inspection.ListType(item_type=items)
                | inspection.SetType(item_type=items)
                | inspection.FrozenSetType(item_type=items)
                | inspection.VarTupleType(item_type=items)
            ):
                return _in_items(self.build(items))
            case inspection.TupleType(item_types=types):
                return _in_positions([self.build(item) for item in types])
            case inspection.NamedTupleType(fields=fields):
                return _in_positions([self.build(field.type) for field in fields])
            case inspection.StructType(array_like=True, fields=fields, tag=tag):
                tagged = [] if tag is None else [_nothing]
                return _in_positions(tagged + [self.build(field.type) for field in fields])
            case inspection.StructType() | inspection.DataclassType() | inspection.TypedDictType():
                return self._members(info)
            case _:
                return _nothing

    def _members(self, info: inspection.StructType | inspection.DataclassType | inspection.TypedDictType) -> Finder:
        known = {field.encode_name: self.build(field.type) for field in info.fields}
        if isinstance(info, inspection.StructType) and info.tag_field is not None:
            known[info.tag_field] = _nothing

        def find(value: Any, at: str) -> Iterator[str]:
            for name, member in value.items():
                inner = known.get(name)
                if inner is None:
                    yield child(at, name)
                elif inner is not _nothing:
                    yield from inner(member, child(at, name))

        return find

    def _choice(self, types: tuple[inspection.Type, ...]) -> Finder:
        """msgspec lets at most one member of a union be an array and one an object, unless they are told by a tag."""
        plain = [info.type if isinstance(info, inspection.Metadata) else info for info in types]
        structs = [info for info in plain if isinstance(info, inspection.StructType) and info.tag is not None]
        tagged = {struct.tag: self.build(struct) for struct in structs}
        tag_field = structs[0].tag_field if structs else None
        others = [info for info in plain if info not in structs]
        arrays = next((self.build(info) for info in others if _is_array(info)), _nothing)
        objects = next((self.build(info) for info in others if _is_object(info)), _nothing)

        def find(value: Any, at: str) -> Iterator[str]:
            if isinstance(value, dict):
                yield from tagged.get(value.get(tag_field), objects)(value, at)
            elif isinstance(value, list):
                tag = value[0] if value and isinstance(value[0], str | int) else None
                yield from tagged.get(tag, arrays)(value, at)

        return find


def _nothing(value: Any, at: str) -> Iterator[str]:
    return iter(())


def _in_values(inner: Finder) -> Finder:
    if inner is _nothing:
        return _nothing

    def find(value: Any, at: str) -> Iterator[str]:
        for name, member in value.items():
            yield from inner(member, child(at, name))

    return find


def _in_items(inner: Finder) -> Finder:
    if inner is _nothing:
        return _nothing

    def find(value: Any, at: str) -> Iterator[str]:
        for position, item in enumerate(value):
            yield from inner(item, child(at, position))

    return find


def _in_positions(inners: list[Finder]) -> Finder:
    """An array whose positions have types of their own; positions beyond them are as unknown as members would be."""

    def find(value: Any, at: str) -> Iterator[str]:
        for position, item in enumerate(value):
            if position < len(inners):
                yield from inners[position](item, child(at, position))
            else:
                yield child(at, position)

    return find


def _is_array(info: Any) -> bool:
    arrays = (
        inspection.ListType
        | inspection.SetType
        | inspection.FrozenSetType
        | inspection.VarTupleType
        | inspection.TupleType
        | inspection.NamedTupleType
    )
    return isinstance(info, arrays) or (isinstance(info, inspection.StructType) and info.array_like)


def _is_object(info: Any) -> bool:
    objects = inspection.DictType | inspection.DataclassType | inspection.TypedDictType
    return isinstance(info, objects) or (isinstance(info, inspection.StructType) and not info.array_like)
