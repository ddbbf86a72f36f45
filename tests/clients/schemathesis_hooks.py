"""What schemathesis cannot know: loaded by it, as schemathesis.toml says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.generation import GenerationMode


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Leave out what would make every answer the same, or slow."""
    raw_schema["components"]["parameters"]["Prefer"]["schema"]["examples"] = ["respond-async"]  # not wait=10, each time
    for operation in (each for item in raw_schema["paths"].values() for each in item.values()):
        if isinstance(operation, dict) and "parameters" in operation:
            operation["parameters"] = [each for each in operation["parameters"] if not _for_admins(each)]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """A fresh key, or id, for each start that is meant to succeed: the same one again is a replay or a refusal."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = uuid4().hex
    if case.method == "PUT":
        case.path_parameters["id"] = str(uuid4())


def _for_admins(parameter: dict[str, Any]) -> bool:
    """Whoever names a tenant without being an admin is refused with a 403, whatever else is asked."""
    return str(parameter.get("$ref", "")).endswith("/Operations-Tenant")
