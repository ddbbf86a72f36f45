"""A stand-in for a bank's statement download: the same statement always has the same lines, page by page."""

from __future__ import annotations

from examples.ledger.statements import Line


def statement_lines(statement: str, start: int, count: int) -> list[Line]:
    """``count`` lines of a statement from line ``start``; incoming payments of 1.00 to 100.00."""
    return [
        Line(number=number, reference=f"{statement}/{number}", amount_minor=100 + number * 7_919 % 9_901)
        for number in range(start, start + count)
    ]
