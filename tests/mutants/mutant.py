"""A mutant: what is guaranteed, the mistake that breaks it, and the tests that must notice."""

from __future__ import annotations

from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Mutant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``text`` occurs once in ``file``, and ``becomes`` takes its place; every one of ``tests`` has to fail then."""

    name: str
    guarantee: str
    file: str
    text: str
    becomes: str
    tests: list[str]
    area: str = ""

    def mutated(self, root: Path) -> str:
        """The text of the mutated file. Raises ``Misplaced`` unless what is to be replaced is there once."""
        original = (root / self.file).read_text(encoding="utf-8")
        if self.text == self.becomes or (times := original.count(self.text)) != 1:
            times = 0 if self.text == self.becomes else times
            raise Misplaced(f"{self.name}: its text is {times} times in {self.file}; it must be there once")
        return original.replace(self.text, self.becomes)


class Misplaced(Exception):
    """The file is not what the mutant was written for; mend its entry."""


class _Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mutant: list[Mutant]


def load_all() -> list[Mutant]:
    """Every mutant of every area, by the names of the files."""
    return [
        msgspec.structs.replace(mutant, area=file.stem)
        for file in sorted(HERE.glob("*.toml"))
        for mutant in msgspec.toml.decode(file.read_bytes(), type=_Area).mutant
    ]
