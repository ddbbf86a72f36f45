"""The processes as they run in production: `serve`, `worker`, `migrate`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import rich_click as click

from operations_api.cli.address import listening

if TYPE_CHECKING:
    from operations_api.settings import Settings

PROCESSES = click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="How many processes to run."
)


@click.command()
@listening
@PROCESSES
@click.option("--socket", "inherited", type=int, hidden=True, help="A listening socket the parent opened.")
def serve(processes: int, inherited: int | None) -> None:
    """Serve the HTTP API until SIGTERM, then let open requests finish.

    With --processes N the parent opens the port once, N children answer on it, and one that crashes is started again.

    \b
    Reads    DATABASE_URL, REDIS_URL, HOST, PORT, OPERATIONS_REGISTRY,
             OPERATIONS_PUBLIC_URL, OPERATIONS_RETENTION_DAYS,
             OPERATIONS_RATE_LIMIT, OPERATIONS_IN_FLIGHT_LIMIT,
             OPERATIONS_BODY_LIMIT_BYTES, OPERATIONS_HEAD_LIMIT_BYTES,
             OPERATIONS_RECEIVE_SECONDS, OPERATIONS_SEND_SECONDS,
             OPERATIONS_CONNECTION_LIMIT, OPERATIONS_POOL_SIZE,
             OPERATIONS_CORS_ORIGINS, OPERATIONS_JWT_*,
             OPERATIONS_DRAIN_SECONDS, OPERATIONS_LOG
    Example  operations-api serve --host 0.0.0.0 --port 8080 --processes 4
    """
    from operations_api import production

    settings = _settings("api")
    raise SystemExit(production.serve(settings, processes, inherited))


@click.command()
@PROCESSES
def worker(processes: int) -> None:
    """Execute operations until SIGTERM, then finish or hand over what is running.

    Any number of workers may run, on any number of machines. One that is killed loses nothing: others take over its
    operations when its lease has run out.

    \b
    Reads    DATABASE_URL, REDIS_URL, OPERATIONS_REGISTRY,
             OPERATIONS_LEASE_SECONDS, OPERATIONS_WORKER_SLOTS,
             OPERATIONS_RESULT_LIMIT_BYTES, OPERATIONS_RETENTION_DAYS,
             OPERATIONS_POOL_SIZE, OPERATIONS_DRAIN_SECONDS, OPERATIONS_LOG,
             OPERATIONS_METRICS_PORT
    Example  OPERATIONS_REGISTRY=shop.operations:registry operations-api worker
    """
    from operations_api import production

    settings = _settings("worker")
    raise SystemExit(production.work(settings, processes))


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date, and say which migrations were applied.

    Safe to run from many places at once, and while older processes are still running.

    \b
    Reads    DATABASE_URL
    Example  DATABASE_URL=postgresql://app@db/operations operations-api migrate
    """
    from operations_api.database import run_on_database
    from operations_api.embedded.servers import connect_or_start
    from operations_api.store.migrate import migrate as apply

    with connect_or_start(_settings("migrate")) as settings:
        assert settings.database_url is not None
        applied = run_on_database(apply(settings.database_url))
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("nothing to do: the schema is up to date")


def _settings(process_name: str) -> Settings:
    from operations_api import logs
    from operations_api.settings import Settings

    settings = Settings.from_environment(os.environ)
    logs.configure(settings, process_name)
    return settings
