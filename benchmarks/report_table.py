"""Tables and numbers as the pages of results show them."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def table(head: Row, rows: Sequence[Row]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float | None, digits: int = 0) -> str:
    """With thousands set apart; a dash where nothing was measured."""
    return "–" if value is None else f"{value:,.{digits}f}"  # noqa: RUF001 -- a dash
