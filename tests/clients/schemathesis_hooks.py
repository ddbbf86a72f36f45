"""What schemathesis cannot know: loaded by it, as schemathesis.toml says."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.generation import GenerationMode

numbers = count()


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Leave out what would make every answer the same, or slow."""
    raw_schema["components"]["parameters"]["Prefer"]["schema"]["examples"] = ["respond-async"]  # not wait=10, each time
    for operation in (each for item in raw_schema["paths"].values() for each in item.values()):
        if isinstance(operation, dict) and "parameters" in operation:
            operation["parameters"] = [each for each in operation["parameters"] if not _for_admins(each)]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Make of a valid start one that starts something new, and of every second one that can still be canceled."""
    if not case.operation.definition.raw["operationId"].startswith(("start", "put")):
        return
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = uuid4().hex  # the same one again is a replay or a refusal
    if case.method == "PUT":
        case.path_parameters["id"] = str(uuid4())
    if isinstance(case.body, dict) and next(numbers) % 2:
        case.body = case.body | {"not_before": "2100-01-01T00:00:00Z", "deadline": None}


def _for_admins(parameter: dict[str, Any]) -> bool:
    """Whoever names a tenant without being an admin is refused with a 403, whatever else is asked."""
    return str(parameter.get("$ref", "")).endswith("/Operations-Tenant")
