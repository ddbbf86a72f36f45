"""The map in docs/architecture.md shows every room there is."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[3]
ROOMS = [
    path.name if path.suffix else f"{path.name}/"
    for package in ("operations_api", "worker")
    for path in sorted((ROOT / package).iterdir())
    if path.suffix == ".py" or (path / "__init__.py").exists()
]


@pytest.mark.parametrize("room", [name for name in ROOMS if name != "__main__.py"])
def test_every_module_is_on_the_map(room: str) -> None:
    assert room in MAP.split(), f"say in docs/architecture.md what {room} is for"
