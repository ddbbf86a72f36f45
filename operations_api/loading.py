"""Loading: from the registry setting to the Registry a process serves or executes."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from functools import reduce

from operations_api.domain.errors import DefinitionError
from operations_api.domain.registry import Registry
from operations_api.settings import Settings


def load_registry(settings: Settings) -> Registry:
    """Import each `package.module:attribute` of `OPERATIONS_REGISTRY` and merge them into one registry.

    The current directory is importable. Raises `DefinitionError`: one sentence naming the module or file and what is
    wrong, because a process with a wrong registry, or an empty one, must not start.
    """
    _make_current_directory_importable()
    registry = reduce(_merge, (_load(name) for name in settings.registry.split(",")), Registry([]))
    if not registry.versions:
        raise DefinitionError(f"OPERATIONS_REGISTRY {settings.registry}: it holds no definition: give it at least one")
    _check_schedules(registry)
    return registry


def _make_current_directory_importable() -> None:
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())


def _load(name: str) -> Registry:
    module_name, attribute = name.split(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever a user's module raises while it is imported
        raise DefinitionError(f"OPERATIONS_REGISTRY {name}: {_what_went_wrong(module_name, error)}") from error
    file = getattr(module, "__file__", module_name)
    if not hasattr(module, attribute):
        raise DefinitionError(
            f'OPERATIONS_REGISTRY {name}: {file} has no "{attribute}"; write {attribute} = Registry([...])'
        )
    registry = getattr(module, attribute)
    if not isinstance(registry, Registry):
        raise DefinitionError(f'OPERATIONS_REGISTRY {name}: "{attribute}" in {file} is {registry!r}, not a Registry')
    return registry


def _what_went_wrong(module_name: str, error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name and f"{module_name}.".startswith(f"{error.name}."):
        return f'there is no module "{error.name}" here ({os.getcwd()}) or among the installed packages'
    return f"{_place_of(error)}: {_said(error)}"


def _place_of(error: Exception) -> str:
    """The deepest line of code that is not the import machinery's or ours: where its author must look."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    ours = os.path.dirname(__file__)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<frozen", ours))
        and os.path.dirname(importlib.__file__) not in frame.filename
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else "while importing it"


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, DefinitionError) else f"{type(error).__name__}: {error}"


def _merge(one: Registry, other: Registry) -> Registry:
    try:
        return one.merged(other)
    except DefinitionError as error:
        raise DefinitionError(f"OPERATIONS_REGISTRY: {error}") from None


def _check_schedules(registry: Registry) -> None:
    try:
        registry.check_schedules()
    except DefinitionError as error:
        raise DefinitionError(f"OPERATIONS_REGISTRY: {error}") from None
