"""Send strange things to the service for a while, and keep what it does not bear in tests/fuzz/cases."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

from operations_api.embedded.servers import EmbeddedServers
from operations_api.settings import Settings
from operations_api.store.migrate import migrate
from tests.fuzz.conversations import KINDS
from tests.fuzz.run import run
from tests.fuzz.target import Target, attacked

CASES = Path(__file__).parent / "cases"
CONVERSATIONS = 200
"""Of each kind in a round; each round has the next seed."""


def main() -> int:
    """Exit code 0 when the service has borne everything."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory, EmbeddedServers() as servers:
        urls = servers.start(Settings(data_dir=Path(directory)))
        return asyncio.run(_run(urls.database_url, urls.redis_url, Path(directory), options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long in all (default 300)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the first round's; what is sent follows from it (default 1)"
    )
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"what is strange (default {','.join(KINDS)})")
    return parser.parse_args()


async def _run(database_url: str, redis_url: str, directory: Path, options: argparse.Namespace) -> int:
    await migrate(database_url)
    ends_at, number, found = time.monotonic() + options.seconds, options.seed, 0
    async with attacked(database_url, redis_url, directory) as target:
        while time.monotonic() < ends_at:
            found += sum(not _borne(target, kind, number) for kind in options.kinds.split(","))
            print(f"seed {number}: {found} found, {target.memory_bytes() >> 20} MiB", flush=True)
            number += 1
    return 1 if found else 0


def _borne(target: Target, kind: str, number: int) -> bool:
    """Whether a round of this kind was borne. If not, the smallest failing conversation is kept."""
    try:
        run(target, kind, number, CONVERSATIONS)
    except Exception:
        traceback.print_exc()
        case = CASES / f"{kind}-{hashlib.sha256(target.last).hexdigest()[:8]}.http"
        case.write_bytes(target.last)
        print(f"{kind}, seed {number}: kept as {case}; make test sends it again", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
