"""The definitions a process serves. A registry is data: nothing registers itself on import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from operations_api.domain.definition import Definition
from operations_api.domain.errors import DefinitionError


class Registry:
    """The definitions a process serves. (name, version) is unique; the highest version of a name starts.

    Raises ``DefinitionError`` for a duplicate.
    """

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._by_version: dict[tuple[str, int], Definition] = {}
        for definition in definitions:
            if not isinstance(definition, Definition):
                raise DefinitionError(f"a registry holds Definitions, not {definition!r}")
            identity = (definition.name, definition.version)
            if identity in self._by_version:
                raise DefinitionError(
                    f'definition "{definition.name}" version {definition.version} is there twice: '
                    "give the newer one a higher version"
                )
            self._by_version[identity] = definition
        self._current = _highest_versions(self._by_version)

    @property
    def current(self) -> Mapping[str, Definition]:
        """What can be started, by name: of each definition its highest version."""
        return self._current

    @property
    def versions(self) -> Mapping[tuple[str, int], Definition]:
        """Everything that can be executed, by (name, version)."""
        return self._by_version

    def merged(self, other: Registry) -> Registry:
        """Both registries in one. Raises ``DefinitionError`` when they share a (name, version)."""
        return Registry([*self._by_version.values(), *other._by_version.values()])


def _highest_versions(by_version: Mapping[tuple[str, int], Definition]) -> dict[str, Definition]:
    return {name: by_version[name, version] for name, version in sorted(by_version)}
