"""Every promise of docs/security.md names a test that is there, and statements are what it says they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
RUN = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor"}
"""What takes a statement as its first argument."""

PRODUCT = [
    path for package in ("operations_api", "worker", "examples") for path in sorted((ROOT / package).rglob("*.py"))
]


def test_promises_are_found_on_the_page() -> None:
    assert len(NAMED) > 40


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_promise_has_its_test(file: str, test: str) -> None:
    assert re.search(rf"^ *(?:async )?def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_statement_is_put_together(path: Path) -> None:
    """Neither by ``f"..."`` nor by ``+``, ``%``, ``format``, ``join`` or ``replace``."""
    assert [line for line, statement in statements(path) if is_put_together(statement)] == []


def test_a_statement_that_is_put_together_is_found(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        'a.fetch(f"x{y}")\na.execute("x" + y)\na.fetchval("%s" % y)\na.fetch("{}".format(y))\n'
    )
    assert all(is_put_together(statement) for _, statement in statements(tmp_path / "bad.py"))


def statements(path: Path) -> Iterator[tuple[int, ast.expr]]:
    """The line and first argument of each call that may run a statement."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUN and node.args:
            yield node.lineno, node.args[0]


def is_put_together(statement: ast.expr) -> bool:
    match statement:
        case ast.Call(func=ast.Name(id="claim_statement"), args=[ast.Call(func=ast.Name(id="len"))]):
            return False  # it is told how many definitions a worker knows, and nothing else
    return any(isinstance(part, ast.JoinedStr | ast.BinOp | ast.Call) for part in ast.walk(statement))
