"""Reads the named queries of a .sql file: SQL stays in files that psql, editors and tests understand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent


def queries(file: str) -> dict[str, str]:
    """The queries of a file below this folder by name; each begins with a line ``-- name: <name>``."""
    _, *parts = re.split(r"^-- name: (\w+)\n", (HERE / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))
