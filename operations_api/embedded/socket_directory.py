"""The private directory of the servers' sockets: short, ours alone, gone with us."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from operations_api.embedded.errors import EmbeddedError
from operations_api.embedded.identity import Identity

SOCKET_PATH_LIMIT_BYTES = 107  # sun_path holds 108 with its closing zero (unix(7)); macOS less, and /tmp is short there
LONGEST_NAME = "/operations-01234567-01234567/.s.PGSQL.5432"


def make_socket_directory(data_dir: Path, identity: Identity) -> Path:
    """A new directory for this data directory's sockets, mode 0700."""
    for place in _places():
        if os.access(place, os.W_OK | os.X_OK):
            directory = Path(tempfile.mkdtemp(prefix=_prefix(data_dir), dir=place))
            identity.give(directory)
            return directory
    raise EmbeddedError("There is no directory for sockets: make /tmp writable, or set TMPDIR to a short path.")


def remove_stale_directories(data_dir: Path) -> None:
    """Remove what killed owners of this data directory left; only the present owner may call this."""
    for place in _places():
        for stale in place.glob(f"{_prefix(data_dir)}*"):
            if not stale.is_symlink() and os.geteuid() in (0, stale.stat().st_uid):
                shutil.rmtree(stale, ignore_errors=True)


def _prefix(data_dir: Path) -> str:
    """Names the data directory, so that its owner knows its own from others' in the same place."""
    return f"operations-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:8]}-"


def _places() -> list[Path]:
    """Root's own TMPDIR may be out of reach for the user the servers become, so /tmp is first for root."""
    chosen, usual = Path(tempfile.gettempdir()), Path("/tmp")  # noqa: S108 -- mkdtemp makes the name safe
    places = [usual, chosen] if os.geteuid() == 0 else [chosen, usual]
    return [place for place in dict.fromkeys(places) if _is_short_and_plain(place)]


def _is_short_and_plain(place: Path) -> bool:
    """Postgres separates socket directories by commas, so the path must not hold one."""
    return len(os.fsencode(place)) + len(LONGEST_NAME) <= SOCKET_PATH_LIMIT_BYTES and not set(" ,\"'") & set(str(place))
