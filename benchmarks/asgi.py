"""The service as an ASGI application for any server, with settings from the environment.

As a program it is granian, of the peers' environment: `python -m benchmarks.asgi ARGUMENTS`.
"""

from __future__ import annotations

import os
import sys

from benchmarks.system import PEERS

if __name__ == "__main__":
    # behind our own packages: the peers' redis is another one than ours. Spawned processes inherit the path.
    sys.path += map(str, PEERS.glob("lib/python*/site-packages"))
    from granian.cli import entrypoint

    entrypoint()
elif "DATABASE_URL" in os.environ:
    from operations_api.http.app import create_app
    from operations_api.loading import load_registry
    from operations_api.settings import Settings

    settings = Settings.from_environment(os.environ)
    app = create_app(settings, load_registry(settings))
