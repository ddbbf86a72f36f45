"""The definitions a process serves. A registry is data: nothing registers itself on import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from operations_api.domain.definition import Definition
from operations_api.domain.errors import DefinitionError
from operations_api.domain.incoming import WebhookSource, sources_of
from operations_api.domain.schedule import Schedule


class Registry:
    """The definitions a process serves. (name, version) is unique; the highest version of a name starts.

    ``schedules`` start operations by themselves; their names are unique, and their types are looked for when all
    registries of a process are merged. ``webhooks`` are other systems whose events start operations of these
    definitions. Raises ``DefinitionError`` for a duplicate, and for a source that starts what is not there.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        schedules: Sequence[Schedule] = (),
        webhooks: Sequence[WebhookSource] = (),
    ) -> None:
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
        self._schedules = _by_name(schedules)
        self._webhooks = sources_of(webhooks, self._current)

    @property
    def current(self) -> Mapping[str, Definition]:
        """What can be started, by name: of each definition its highest version."""
        return self._current

    @property
    def versions(self) -> Mapping[tuple[str, int], Definition]:
        """Everything that can be executed, by (name, version)."""
        return self._by_version

    @property
    def limits(self) -> Mapping[str, int]:
        """How many operations of a type may run at once, for those that have such a limit."""
        numbers = {name: each.concurrency_limit for name, each in self._current.items()}
        return {name: number for name, number in numbers.items() if number is not None}

    @property
    def webhooks(self) -> Mapping[str, WebhookSource]:
        """Whose webhooks start something, by name."""
        return self._webhooks

    @property
    def schedules(self) -> Mapping[str, Schedule]:
        """What starts by itself, by name."""
        return self._schedules

    def merged(self, other: Registry) -> Registry:
        """Both registries in one. Raises ``DefinitionError`` where they share a version, schedule or source."""
        return Registry(
            [*self._by_version.values(), *other._by_version.values()],
            [*self._schedules.values(), *other._schedules.values()],
            [*self._webhooks.values(), *other._webhooks.values()],
        )

    def check_schedules(self) -> None:
        """Raises ``DefinitionError`` for a schedule whose type is not here, or takes another input."""
        for schedule in self._schedules.values():
            definition = self._current.get(schedule.type)
            if definition is None:
                raise DefinitionError(f'schedule "{schedule.name}": there is no definition "{schedule.type}"')
            if not isinstance(schedule.input, definition.input):
                raise DefinitionError(
                    f'schedule "{schedule.name}": "{schedule.type}" takes a {definition.input.__name__}, not a '
                    f"{type(schedule.input).__name__}"
                )
            _check_steps(schedule, definition)


def _check_steps(schedule: Schedule, definition: Definition) -> None:
    try:
        definition.steps_for(schedule.input)
    except Exception as error:  # whatever a user's function of the input raises; a tick would meet it every time
        raise DefinitionError(f'schedule "{schedule.name}": its input has no steps: {error!r}') from error


def _by_name(schedules: Sequence[Schedule]) -> dict[str, Schedule]:
    by_name: dict[str, Schedule] = {}
    for schedule in schedules:
        if not isinstance(schedule, Schedule):
            raise DefinitionError(f"a registry's schedules are Schedules, not {schedule!r}")
        if schedule.name in by_name:
            raise DefinitionError(f'schedule "{schedule.name}" is there twice: give one of them another name')
        by_name[schedule.name] = schedule
    return by_name


def _highest_versions(by_version: Mapping[tuple[str, int], Definition]) -> dict[str, Definition]:
    return {name: by_version[name, version] for name, version in sorted(by_version)}
