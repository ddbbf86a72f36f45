from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http_step.calling import Recorder, recording


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The participants of these tests are on this machine, whatever proxy leads away from it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder
