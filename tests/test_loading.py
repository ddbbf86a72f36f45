from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from operations_api.domain.errors import DefinitionError
from operations_api.loading import load_registry
from operations_api.settings import Settings

_numbers = count()

DEFINITION = """
import msgspec
from operations_api import Action, Context, Definition, Registry

class Empty(msgspec.Struct): ...

class Nothing(Action):
    key = "nothing"
    async def execute(self, ctx: Context, input: Empty) -> Empty: return Empty()

def build(input: Empty, results: dict[str, msgspec.Struct]) -> Empty: return Empty()

registry = Registry([Definition(name="NAME", input=Empty, result=Empty, steps=(Nothing(),), build_result=build)])
"""

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a module into the current directory and gives its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def write(text: str) -> str:
        name = f"definitions_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def load(*names: str) -> list[str]:
    return list(load_registry(Settings(registry=",".join(names))).current)


def test_a_registry_in_the_current_directory_is_found(write: Write) -> None:
    assert load(f"{write(DEFINITION.replace('NAME', 'one'))}:registry") == ["one"]


def test_several_registries_become_one(write: Write) -> None:
    one, other = (write(DEFINITION.replace("NAME", name)) for name in ("one", "other"))
    assert load(f"{other}:registry", f"{one}:registry") == ["one", "other"]


def sentence(*names: str) -> str:
    with pytest.raises(DefinitionError) as raised:
        load(*names)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_module_is_named(write: Write) -> None:
    write("")
    assert 'there is no module "nowhere"' in sentence("nowhere.at_all:registry")


def test_a_module_that_a_module_of_yours_misses_is_named_with_the_line_that_wants_it(write: Write) -> None:
    name = write("x = 1\nimport nowhere\n")
    said = sentence(f"{name}:registry")
    assert f"{name}.py, line 2" in said
    assert "No module named 'nowhere'" in said


def test_a_module_that_fails_is_named_with_the_line_that_failed(write: Write) -> None:
    name = write("def f():\n    return 1 / 0\n\nf()\n")
    assert f"{name}.py, line 2: ZeroDivisionError" in sentence(f"{name}:registry")


def test_a_syntax_error_is_named_with_its_line(write: Write) -> None:
    name = write("x = (\n")
    assert f"{name}.py, line 1" in sentence(f"{name}:registry")


def test_a_missing_attribute_is_named_with_what_to_write(write: Write) -> None:
    name = write("")
    assert f'{name}.py has no "registry"; write registry = Registry([...])' in sentence(f"{name}:registry")


def test_something_else_than_a_registry_is_named(write: Write) -> None:
    name = write("registry = [1]")
    said = sentence(f"{name}:registry")
    assert f"{name}.py" in said
    assert "[1], not a Registry" in said


def test_a_wrong_definition_is_named_with_the_line_that_makes_it(write: Write) -> None:
    name = write(DEFINITION.replace("NAME", "Not A Name"))
    line = len(DEFINITION.splitlines())
    said = sentence(f"{name}:registry")
    assert f"{name}.py, line {line}" in said
    assert 'definition name "Not A Name"' in said


def test_a_definition_that_two_registries_hold_is_named(write: Write) -> None:
    one, other = (write(DEFINITION.replace("NAME", "same")) for _ in range(2))
    assert 'definition "same" version 1 is there twice' in sentence(f"{one}:registry", f"{other}:registry")


def test_a_registry_without_a_definition_is_refused(write: Write) -> None:
    name = write("from operations_api import Registry\n\nregistry = Registry([])\n")
    assert f"{name}:registry: it holds no definition" in sentence(f"{name}:registry")
