"""A pytest plugin that says what came of each test, and whether the mutated text is what this process has loaded.

Without it a copy of the tree that is not imported, because the installed package comes first, would look like a
mutant that nothing notices, or a test that fails for another reason like one that does.
"""

from __future__ import annotations

import importlib
import importlib.resources
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

ORDER = "MUTANT_ORDER"
"""The environment variable that holds an ``Order`` as JSON."""


class Order(msgspec.Struct, frozen=True):
    """The mutated ``file``, what its text should be, and where to write the testimony."""

    file: str
    text: str
    testimony: str


class Testimony(msgspec.Struct):
    """``loaded``: the text was the mutated one. ``failed``: the tests that failed, or could not be set up."""

    loaded: bool
    failed: list[str]


def pytest_configure(config: pytest.Config) -> None:
    order = msgspec.json.decode(os.environ[ORDER], type=Order)
    config.pluginmanager.register(Witness(order))


class Witness:
    """Listens to one run."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._failed: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and report.when != "teardown":
            self._failed[report.nodeid] = None

    def pytest_sessionfinish(self) -> None:
        testimony = Testimony(is_loaded(self._order), list(self._failed))
        Path(self._order.testimony).write_bytes(msgspec.json.encode(testimony))


def is_loaded(order: Order) -> bool:
    """Whether the module or the package's file of this name is the one with this text, here and now."""
    path = Path(order.file)
    if path.suffix != ".py":
        return _resource(path).read_text(encoding="utf-8") == order.text
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    spec = module.__spec__
    assert spec is not None
    assert spec.origin is not None
    assert spec.loader is not None
    # the compiled form in the cache is what counts; it may be older than the text
    code = spec.loader.get_code(spec.name)  # type: ignore[attr-defined]  # a SourceFileLoader has it
    is_text = Path(spec.origin).read_text(encoding="utf-8") == order.text
    return is_text and code == compile(order.text, spec.origin, "exec", dont_inherit=True)


def _resource(path: Path) -> Any:
    """What the package that holds the file gives for it."""
    package = next(parent for parent in path.parents if (Path(parent) / "__init__.py").exists())
    return importlib.resources.files(".".join(package.parts)).joinpath(*path.relative_to(package).parts)
