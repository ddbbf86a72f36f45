"""The named statements of ``sql/*.sql``, and their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final

NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load(table: str) -> dict[str, str]:
    """The statements of ``sql/{table}.sql`` by name. Each is introduced by a line ``-- name: ...``."""
    text = (files("operations_api.store") / "sql" / f"{table}.sql").read_text(encoding="utf-8")
    _, *parts = NAME.split(text)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def columns(rows: Iterable[tuple[Any, ...]], *, width: int) -> list[list[Any]]:
    """Rows of ``width`` values as the arrays that ``unnest`` takes, also where there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
