"""The fenced blocks of the documents, as data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.processes import ROOT

BESIDE = ("README.md", "CONTRIBUTING.md", "deploy/README.md", "examples/README.md")
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in BESIDE)]
"""Every page of the site, and what is read beside it."""

FENCED = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Block:
    """``language`` and ``title`` are what its info string says; ``number`` counts the blocks of a page from 1."""

    page: Path
    number: int
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    return list(_found(page, page.read_text(encoding="utf-8")))


def _found(page: Path, text: str) -> Iterator[Block]:
    for number, fenced in enumerate(FENCED.finditer(text), 1):
        language, _, more = fenced["info"].strip().partition(" ")
        title = TITLE.search(more)
        line = text.count("\n", 0, fenced.start()) + 1
        yield Block(page, number, line, language, title[1] if title else "", dedent(fenced["text"]))
