from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.embedded.conftest import data_dir, place

__all__ = ["data_dir", "environment", "place"]


@pytest.fixture
def environment(data_dir: Path) -> Mapping[str, str]:
    """The settings of a process of its own: embedded servers, a free port, the worked definitions."""
    return {
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "OPERATIONS_DATA_DIR": str(data_dir),
        "OPERATIONS_DEV_KEY": "",
        "OPERATIONS_REGISTRY": "",
        "OPERATIONS_PUBLIC_URL": "",
        "OPERATIONS_LOG": "json",
        "OPERATIONS_DRAIN_SECONDS": "5",
    }
