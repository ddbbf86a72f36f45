"""Everything at once: `dev`."""

from __future__ import annotations

import os

import rich_click as click

from operations_api.cli.address import listening


@click.command()
@listening
@click.option("--die-with-parent", is_flag=True, hidden=True, help="Stop when the parent process is gone.")
def dev(die_with_parent: bool) -> None:
    """Run everything on this machine: Postgres, Valkey, the API and a worker. Ctrl-C ends it all.

    Starts the embedded servers (or uses DATABASE_URL and REDIS_URL), migrates, makes an API key for the tenant "dev"
    with every scope, and prints the address, the key and commands to paste. The data stays in OPERATIONS_DATA_DIR.

    \b
    Reads    HOST, PORT, OPERATIONS_DATA_DIR, OPERATIONS_DEV_KEY,
             OPERATIONS_POSTGRES_BIN, OPERATIONS_VALKEY_SERVER,
             and what serve and worker read
    Example  operations-api dev --port 8001
    """
    from operations_api import logs
    from operations_api.development import run
    from operations_api.settings import Settings

    settings = Settings.from_environment(os.environ)
    logs.configure(settings, "dev")
    raise SystemExit(run(settings, die_with_parent))
