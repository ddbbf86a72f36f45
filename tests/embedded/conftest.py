from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations_api.embedded.servers import EmbeddedServers
from operations_api.settings import Settings

# removing a database's thousand files takes a second on some disks; what is tested does not depend on the disk
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 1 << 30


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a path as short as a real one, that any user can reach: pytest's own are neither."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    place = Path(tempfile.mkdtemp(prefix="operations-test-", dir=MEMORY if roomy else None))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def data_dir(place: Path) -> Iterator[Path]:
    """Where servers may keep data; it does not exist yet."""
    yield place / "data"
    if (place / "data").is_dir():
        with EmbeddedServers() as servers:  # waits for the servers of owners that were killed
            servers.claim(Settings(data_dir=place / "data"))
