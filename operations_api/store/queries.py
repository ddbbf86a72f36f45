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


def columns(rows: Iterable[tuple[Any, ...]], *, width: int) -> list[list[Any] | None]:
    """Rows of ``width`` values as the arrays that ``unnest`` takes, also where there are no rows.

    A column without a value is null, which ``unnest`` fills up: encoding an array looks at each of its values.
    """
    whole = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
    return [None if _is_empty(column) else column for column in whole]


def _is_empty(column: list[Any]) -> bool:
    return bool(column) and column[0] is None and column.count(None) == len(column)
