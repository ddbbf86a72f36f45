"""Whom the servers run as: Postgres refuses to be root, and refuses a uid that no passwd entry names.

The owner of existing data is the memory of what was chosen when it was made: data of nobody (or of any other user) is
served by becoming that user, data of root from a user namespace.
"""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from operations_api.child import Child
from operations_api.embedded.errors import EmbeddedError

# becoming somebody and running `--version` takes milliseconds; this only bounds a hanging file system
PROBE_SECONDS = 30.0
PROBE = 'cd "$1" && shift && for program; do "$program" --version >/dev/null || exit 1; done'


class Identity(NamedTuple):
    """`text` is for `launch.py`; `uid` and `gid` own the files, as seen from outside."""

    text: str
    uid: int
    gid: int

    def give(self, path: Path) -> None:
        """Make a file or directory of ours theirs."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose_identity(data_dir: Path, data: Sequence[Path], programs: Sequence[Path]) -> Identity:
    """The identity for servers with this data. Raises `EmbeddedError` when nobody can serve it."""
    owners = {path.stat().st_uid for path in data if path.exists()}
    if len(owners) > 1:
        raise EmbeddedError(
            f"The data in {data_dir} belongs to several users: make it one owner's, or use another one."
        )
    if os.geteuid() == 0:
        return _for_root(data_dir, owners, programs)
    if owners - {os.geteuid()}:
        owner = _name(owners.pop())
        raise EmbeddedError(
            f"The data in {data_dir} belongs to {owner}, not to {_name(os.geteuid())}: "
            f"run this as {owner}, or choose another OPERATIONS_DATA_DIR."
        )
    return Identity("self", os.geteuid(), os.getegid()) if _is_known(os.geteuid()) else _namespace()


def _for_root(data_dir: Path, owners: set[int], programs: Sequence[Path]) -> Identity:
    if owners:
        owner = owners.pop()
        return _user(owner) if owner else _namespace()
    complaints = []
    for identity in [_user(_nobody().pw_uid), *_namespaces(), *_owner_of_place(data_dir)]:
        complaint = _complaint(identity, data_dir, programs)
        if complaint is None:
            return identity
        complaints.append(f"{identity.text}: {complaint}")
    raise EmbeddedError(
        f"Postgres does not run as root, and no other user can use {data_dir} and {programs[0].parent} from here "
        f"({'; '.join(complaints)}): run this as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def _complaint(identity: Identity, data_dir: Path, programs: Sequence[Path]) -> str | None:
    """Why this identity cannot run the programs on the directory; None when it can."""
    with tempfile.TemporaryFile() as log:
        command = ["/bin/sh", "-c", PROBE, "probe", str(data_dir), *map(str, programs)]
        probe = Child(command, identity=identity.text, directory=Path("/"), log=log)
        if probe.wait(PROBE_SECONDS) == 0:
            return None
        log.seek(0)
        return " ".join(log.read().decode(errors="replace").split()) or "it cannot run them"


def _user(uid: int) -> Identity:
    gid = pwd.getpwuid(uid).pw_gid if _is_known(uid) else uid
    return Identity(f"setuid:{uid}:{gid}", uid, gid)


def _namespace() -> Identity:
    """A namespace in which our uid is called nobody's; outside of it files stay ours."""
    if sys.platform != "linux":
        raise EmbeddedError(
            f"Postgres does not run as {_name(os.geteuid())}: run this as an ordinary user, or set DATABASE_URL."
        )
    inside = _nobody()
    return Identity(f"namespace:{inside.pw_uid}:{inside.pw_gid}", os.geteuid(), os.getegid())


def _namespaces() -> list[Identity]:
    return [_namespace()] if sys.platform == "linux" else []


def _owner_of_place(data_dir: Path) -> list[Identity]:
    """Root in somebody's home (sudo): that somebody can reach what is in it."""
    owner = data_dir.parent.stat().st_uid
    return [_user(owner)] if owner else []


def _nobody() -> pwd.struct_passwd:
    ordinary = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not ordinary:
        raise EmbeddedError("This system knows no user but root: add one (nobody), or set DATABASE_URL and REDIS_URL.")
    return next((entry for entry in ordinary if entry.pw_name == "nobody"), ordinary[0])


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _is_known(uid) else f"uid {uid}"
