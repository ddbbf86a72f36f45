"""Which steps each version of a definition had when it was first seen."""

from __future__ import annotations

from typing import Final

import msgspec

from operations_api.domain.definition import Definition
from operations_api.domain.errors import DefinitionError
from operations_api.domain.operation import pins_of
from operations_api.domain.registry import Registry
from operations_api.store.connection import Pool, unavailable_when_broken
from operations_api.store.queries import load

SQL: Final = load("definitions")


async def remember(pool: Pool, registry: Registry) -> None:
    """Note versions that are new. Raises ``DefinitionError`` when a known version has other steps now.

    A definition whose steps depend on its input is known by that alone; each of its operations pins its own.
    """
    for definition in registry.versions.values():
        steps = _shape(definition)
        async with unavailable_when_broken():
            known = await pool.fetchval(SQL["remember_definition"], definition.name, definition.version, steps)
        if bytes(known).decode() != steps:
            raise DefinitionError(
                f'definition "{definition.name}" version {definition.version} has other steps than the database has '
                f"seen: give the changed one version {definition.version + 1}, and keep the old one until its "
                "operations are finished"
            )


def _shape(definition: Definition) -> str:
    if isinstance(definition.steps, tuple):
        return msgspec.json.encode(pins_of(definition.steps)).decode()
    return '"by input"'
