"""What a step's handlers take and give, read once from their annotations.

The annotations are data: they say how a stored reservation or result is decoded, and they let a wrong handler be
refused when the registry is built instead of when the first operation runs.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from operations_api.domain.errors import DefinitionError
from operations_api.domain.step import NAME, Step

REQUIRED: Final = {"step": ("reserve", "commit", "rollback"), "pivot": ("execute",), "action": ("execute",)}
OPTIONAL: Final = {"step": ("compensate", "query"), "pivot": ("query",), "action": ()}
TAKES: Final = {
    "reserve": "input",
    "execute": "input",
    "commit": "reservation",
    "rollback": "reservation",
    "compensate": "result",
    "query": None,
}
"""What a handler takes after ``ctx``."""

LONGEST_SECONDS: Final = 366 * 86_400
"""Longer ones, and infinity, could not be added to a date."""


class Handlers(msgspec.Struct, frozen=True):
    """The handlers of one Step class. ``reservation`` and ``result`` are Structs, ``dict`` or NoneType.

    ``dict`` is a JSON object of any shape, for steps that hand on what another service answered.
    """

    names: frozenset[str]
    plain: frozenset[str]
    reservation: type
    result: type

    def check_instance(self, step: Step) -> None:
        """Check what may differ between two instances of one class. Raises ``DefinitionError``."""
        key = getattr(step, "key", None)
        if not isinstance(key, str) or not NAME.fullmatch(key) or len(key) > 100:
            raise DefinitionError(
                f'{type(step).__name__}: key is {key!r}: use lower-case words joined by hyphens, such as "funds"'
            )
        if step.effect not in ("local", "external"):
            raise DefinitionError(f'step "{key}": effect must be "local" or "external", not {step.effect!r}')
        if step.effect == "local" and self.plain:
            name = min(self.plain)
            raise DefinitionError(f'step "{key}": {name} of a local step must be "async def": it shares a transaction')
        for setting in ("timeout_seconds", "retry_for_seconds"):
            seconds = getattr(step, setting)
            if not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_SECONDS:
                raise DefinitionError(
                    f'step "{key}": {setting} must be a positive number of seconds, at most {LONGEST_SECONDS} (a year)'
                )


def handlers_of(step_class: type[Step], input_type: type[msgspec.Struct]) -> Handlers:
    """The handlers of a Step class, read once. Raises ``DefinitionError`` naming the class and the handler."""
    key = (step_class, input_type)
    if key not in _READ:
        _READ[key] = _read(step_class, input_type)
    return _READ[key]


_READ: Final[dict[tuple[type[Step], type[msgspec.Struct]], Handlers]] = {}


def _read(step_class: type[Step], input_type: type[msgspec.Struct]) -> Handlers:
    kind = step_class.kind
    present = _present(step_class, (*REQUIRED[kind], *OPTIONAL[kind]))
    for name in REQUIRED[kind]:
        if name not in present:
            raise DefinitionError(
                f"{step_class.__name__} has no handler {name}: a {kind} needs {_words(REQUIRED[kind])}"
            )
    hints = {name: _hints(step_class, name, function) for name, function in present.items()}
    reservation = _gives(step_class, "reserve", hints) if kind == "step" else types.NoneType
    result = _gives(step_class, "commit" if kind == "step" else "execute", hints)
    expected = {"input": input_type, "reservation": reservation, "result": result, None: None}
    for name, function in present.items():
        _check_parameter(step_class, name, function, hints[name], expected[TAKES[name]])
    return Handlers(
        names=frozenset(present),
        plain=frozenset(name for name, function in present.items() if not inspect.iscoroutinefunction(function)),
        reservation=reservation,
        result=result,
    )


def _present(step_class: type[Step], names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    found = {name: getattr(step_class, name, None) for name in names}
    return {name: function for name, function in found.items() if callable(function)}


def _hints(step_class: type[Step], name: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except (NameError, TypeError) as error:
        raise DefinitionError(
            f"{step_class.__name__}.{name}: its annotations cannot be read ({error}); "
            "import the types it names at the top of the module, not under TYPE_CHECKING"
        ) from None


def _gives(step_class: type[Step], name: str, hints: dict[str, dict[str, Any]]) -> type:
    given = _class_of(hints[name].get("return", inspect.Parameter.empty))
    if given in (types.NoneType, dict) or (isinstance(given, type) and issubclass(given, msgspec.Struct)):
        return given  # type: ignore[no-any-return]  # a class, as the line above has made sure
    said = "is not annotated" if given is inspect.Parameter.empty else f"is annotated {given!r}"
    raise DefinitionError(
        f"{step_class.__name__}.{name}: what it returns {said}; "
        "annotate it with a msgspec.Struct, dict[str, Any] or None"
    )


def _check_parameter(
    step_class: type[Step], name: str, function: Callable[..., Any], hints: dict[str, Any], expected: type | None
) -> None:
    parameters = list(inspect.signature(function).parameters)[1:]
    takes = TAKES[name]
    wanted = ["ctx"] if takes is None else ["ctx", takes]
    if len(parameters) != len(wanted):
        raise DefinitionError(
            f"{step_class.__name__}.{name} must take ({', '.join(wanted)}), not ({', '.join(parameters)})"
        )
    if expected is None:
        return
    annotated = hints.get(parameters[1], inspect.Parameter.empty)
    if not _accepts(annotated, expected, optional=name == "rollback"):
        shown = getattr(expected, "__name__", str(expected)).replace("NoneType", "None")
        shown += " | None" if name == "rollback" and expected is not types.NoneType else ""
        said = "not annotated" if annotated is inspect.Parameter.empty else f"annotated {_shown(annotated)}"
        raise DefinitionError(
            f'{step_class.__name__}.{name}: its parameter "{parameters[1]}" is {said}; it gets {shown}'
        )


def _accepts(annotated: Any, expected: type, *, optional: bool) -> bool:
    if annotated is Any:
        return True
    union = get_origin(annotated) in (Union, types.UnionType)
    members = [_class_of(member) for member in (get_args(annotated) if union else (annotated,))]
    if optional and types.NoneType not in members:
        return False
    return any(isinstance(member, type) and issubclass(expected, member) for member in members)


def _class_of(annotation: Any) -> Any:
    return dict if annotation == dict[str, Any] else annotation


def _shown(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
