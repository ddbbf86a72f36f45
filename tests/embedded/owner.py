"""A process that owns servers, for tests that kill it: `python -m tests.embedded.owner start|connect DATA_DIR`.

Prints one JSON line once the servers answer and lives until its input ends.
"""

import sys
from pathlib import Path

import msgspec

from operations_api.embedded.servers import EmbeddedServers, connect_or_start
from operations_api.settings import Settings


def main(verb: str, data_dir: str) -> None:
    settings = Settings(data_dir=Path(data_dir))
    if verb == "connect":
        with connect_or_start(settings) as found:
            say({"database_url": found.database_url, "redis_url": found.redis_url})
            sys.stdin.read()
        return
    with EmbeddedServers() as servers:
        urls = servers.start(settings)
        assert servers.postgres is not None
        assert servers.valkey is not None
        pids = [servers.postgres.pid, servers.valkey.pid]
        say({"database_url": urls.database_url, "redis_url": urls.redis_url, "pids": pids})
        sys.stdin.read()


def say(what: dict[str, object]) -> None:
    print(msgspec.json.encode(what).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
