"""What commands print: JSON for programs, tables and lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import rich_click as click


def print_json(value: Any) -> None:
    """One JSON value on stdout, and nothing else there."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as they need to be; ``-`` where there is nothing."""
    lines = [titles, *([("-" if cell is None else printable(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def printable(value: object) -> str:
    """On one line, and without what a terminal would take for a command: others wrote it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(value))
