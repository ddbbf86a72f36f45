"""Ports for processes that are told theirs: each given once, and to nobody else while this process lives.

A socket that is bound and does not listen keeps a port from being chosen for anybody, and from whoever connects; one
that asks for it by its number, with SO_REUSEADDR as every server here does, gets it nevertheless (on Linux).
"""

from __future__ import annotations

import socket

_held: list[socket.socket] = []


def free_port() -> int:
    """One that nobody listens on, and that nobody else will be given."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _held.append(holder)
    return int(holder.getsockname()[1])
