"""The component schemas: the operation, generic and by type; the body of a start by type; the problem.

Requests are closed (``additionalProperties: false`` at every level, as the service refuses unknown members). Responses
are open in words: generated clients would otherwise refuse the members that later versions add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from operations_api.domain.definition import Definition
from operations_api.domain.registry import Registry
from operations_api.http.labels import Patch
from operations_api.http.openapi.operating import operating_schemas
from operations_api.http.openapi.operation_schema import OPERATION_SCHEMAS, operation_schema
from operations_api.http.openapi.scheduling import SCHEDULE_SCHEMAS
from operations_api.http.openapi.service_paths import SERVICE_SCHEMAS
from operations_api.http.openapi.token_paths import token_schemas
from operations_api.http.openapi.webhooks import webhook_schemas
from operations_api.http.starts import Envelope

Json = dict[str, Any]
REFERENCE: Final = "#/components/schemas/"


class Schemas:
    """The component schemas of a registry's types, and references to them."""

    def __init__(self, registry: Registry) -> None:
        self.components: Json = {
            **OPERATION_SCHEMAS,
            **operating_schemas(),
            **webhook_schemas(),
            **SERVICE_SCHEMAS,
            **SCHEDULE_SCHEMAS,
            **token_schemas(),
            "Relabel": _relabel_schema(),
        }
        definitions = list(registry.current.values())
        for definition in definitions:  # taken before a Struct of the same name can have them
            self.components |= {_start_name(definition.name): {}, _operation_name(definition.name): {}}
        inputs = self._add([each.input for each in definitions], suffix="Input", finish=_close)
        results = self._add([each.result for each in definitions], suffix="Result", finish=_open)
        for definition, input, result in zip(definitions, inputs, results, strict=True):
            self.components[_start_name(definition.name)] = _start_schema(definition, input)
            self.components[_operation_name(definition.name)] = operation_schema(definition.name, result)

    def start(self, type_name: str) -> Json:
        """The body that starts an operation of this type."""
        return self._reference(_start_name(type_name))

    def typed_operation(self, type_name: str) -> Json:
        """An operation of this type, its result typed."""
        return self._reference(_operation_name(type_name))

    def _reference(self, name: str) -> Json:
        if name not in self.components:
            raise KeyError(f"there is no schema {name}")
        return {"$ref": REFERENCE + name}

    def _add(self, structs: list[type[msgspec.Struct]], *, suffix: str, finish: Callable[[Json], None]) -> list[Json]:
        """Add what msgspec says about these Structs under names that are still free; return a reference to each."""
        references, found = msgspec.json.schema_components(structs, ref_template=REFERENCE + "{name}")
        names = {name: self._free(name, suffix) for name in found}
        for schema in (*found.values(), *references):
            for part in _parts(schema):
                _rename(part, names)
        for name in sorted(found):
            for part in _parts(found[name]):
                finish(part)
            self.components[names[name]] = found[name]
        return list(references)

    def _free(self, name: str, suffix: str) -> str:
        while name in self.components:
            name += suffix
        return name


def pascal(type_name: str) -> str:
    """``place-order`` as ``PlaceOrder``; a word that begins with a digit keeps a mark, so no two names become one."""
    return "".join(re.sub(r"^(?=\d)", "_", word).capitalize() for word in type_name.split("-"))


def _start_name(type_name: str) -> str:
    return f"{pascal(type_name)}Start"


def _operation_name(type_name: str) -> str:
    return f"{pascal(type_name)}Operation"


def _start_schema(definition: Definition, input: Json) -> Json:
    schema: Json = {
        "type": "object",
        "description": f"Starts an operation of type `{definition.name}`.",
        "required": ["input"],
        "properties": {"input": input, **_start_options()},
        "additionalProperties": False,
    }
    if definition.example is not None:
        schema["examples"] = [start_example(definition)]
    return schema


def start_example(definition: Definition) -> Json:
    """A body that starts an operation, from the definition's own example."""
    return {"input": msgspec.to_builtins(definition.example)}


OPTION_DESCRIPTIONS: Final = {
    "labels": "Your own words on the operation, to find it by; a key has no colon. They do not influence how it is "
    "executed.",
    "deadline": "If the decision to commit has not been taken by then, the operation is rolled back and ends `failed` "
    "with `DEADLINE_EXCEEDED`. A deadline in the past is refused.",
    "callback_url": "An https or http URL that is told when the operation ends or needs attention, by a signed webhook "
    "(Standard Webhooks 1.0). Your tenant needs a secret first: `POST /webhook-secrets`.",
    "group": "Operations of one group run one at a time, in the order in which they were accepted; one that needs "
    "attention holds the others up.",
    "priority": "`high`, `normal` or `low`: how much of your share of the workers it gets while others wait, too. "
    "Absent or null: what its type has.",
    "not_before": "Accepted now, executed not before this time, which must be before the deadline.",
}


def _start_options() -> Json:
    """What may be said beside the input, as the service checks it."""
    properties = msgspec.json.schema_components([Envelope])[1]["Envelope"]["properties"]
    return {name: properties[name] | {"description": said} for name, said in OPTION_DESCRIPTIONS.items()}


def complete_schema(struct: type[msgspec.Struct], *, closed: bool) -> Json:
    """The JSON Schema of a Struct, complete by itself; ``closed`` when unknown members are refused at every level."""
    schema = msgspec.json.schema(struct)
    for part in _parts(schema):
        (_close if closed else _open)(part)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _relabel_schema() -> Json:
    """The body of a change of labels."""
    described: Json = msgspec.json.schema_components([Patch])[1]["Patch"]
    return described | {"additionalProperties": False}


def _parts(schema: Any) -> Iterator[Json]:
    """Every object inside a schema, itself included."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def _rename(part: Json, names: Mapping[str, str]) -> None:
    reference = part.get("$ref")
    if isinstance(reference, str) and reference.startswith(REFERENCE):
        part["$ref"] = REFERENCE + names[reference.removeprefix(REFERENCE)]


def _close(part: Json) -> None:
    if isinstance(part.get("properties"), dict):
        part["additionalProperties"] = False


def _open(part: Json) -> None:
    if isinstance(part.get("properties"), dict):
        part["additionalProperties"] = True
