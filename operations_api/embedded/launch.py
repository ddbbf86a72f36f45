"""Become somebody, promise to die with the parent, then become the program.

`python -I -S launch.py PARENT SIGNAL IDENTITY PROGRAM...` runs on its own, because between fork and exec of a threaded
parent almost nothing is safe to do.
IDENTITY is `self`, `setuid:UID:GID`, or `namespace:UID:GID`: a user namespace in which the caller has that uid, for
programs that refuse to be root or to be nobody in particular.
"""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
EXIT_UNAVAILABLE = 126  # what a shell answers when a program is there and cannot be run


def main(parent: str, signal: str, identity: str, *program: str) -> None:
    os.umask(0o077)
    mode, _, ids = identity.partition(":")
    if mode == "setuid":
        _set_ids(*map(int, ids.split(":")))
    elif mode == "namespace":
        _enter_namespace(*map(int, ids.split(":")))
    die_with(int(parent), int(signal))  # after the change of identity, which clears the wish
    os.execv(program[0], program)  # noqa: S606 -- no shell is the point


def _set_ids(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _enter_namespace(uid: int, gid: int) -> None:
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")  # without it an ordinary user may not map a group
    _write("/proc/self/uid_map", f"{uid} {outside_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {outside_gid} 1")


def die_with(parent: int, signal: int) -> None:
    """Have the kernel send this process a signal (0: none) when its parent ends; end at once if it has."""
    if sys.platform == "linux" and signal:
        _call("prctl", PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that asked for this program is gone")


def _call(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        print(f"cannot run {sys.argv[4]}: {error}", file=sys.stderr)
        sys.exit(EXIT_UNAVAILABLE)
