"""The named statements of ``sql/*.sql``."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load(table: str) -> dict[str, str]:
    """The statements of ``sql/{table}.sql`` by name. Each is introduced by a line ``-- name: ...``."""
    text = (files("operations_api.store") / "sql" / f"{table}.sql").read_text(encoding="utf-8")
    _, *parts = NAME.split(text)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}
