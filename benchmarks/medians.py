"""Medians over the rounds of a run."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def medians(data: Mapping[str, Any]) -> dict[str, Any]:
    """Of each system the figures of a single round, with the median of all rounds in the place of each number."""
    names = dict.fromkeys(name for figures in data["rounds"] for name in figures)
    return {name: _median([figures[name] for figures in data["rounds"] if name in figures]) for name in names}


def rate(figures: Mapping[str, Any], system: str, figure: str) -> float | None:
    """How many a second, where it was measured."""
    found = (figures.get(system) or {}).get(figure)
    return found["rate"] if isinstance(found, Mapping) and found.get("rate") else None


def _median(values: Sequence[Any]) -> Any:
    values = [value for value in values if value is not None and not (isinstance(value, Mapping) and "failed" in value)]
    if not values:
        return None
    if isinstance(values[0], Mapping):
        keys = dict.fromkeys(key for value in values for key in value)
        return {key: _median([value.get(key) for value in values]) for key in keys}
    return statistics.median(values)
