"""The command line. Each module holds one group of commands; what is heavy is imported when a command runs."""

from __future__ import annotations

import os
import sys
from typing import Any

import rich_click as click
from rich_click import Context, RichGroup

from operations_api.cli import (
    conformance,
    describe,
    development,
    erasing,
    keys,
    operating,
    operations,
    production,
    schedules,
    sources,
    tenants,
    webhooks,
)
from operations_api.domain.errors import OperationsError


class Commands(RichGroup):
    """Says every error of ours as one sentence on stderr, and ends with 1."""

    def invoke(self, ctx: Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperationsError as error:
            click.echo(f"operations-api: {error}", err=True)
            ctx.exit(1)


GROUPS = {
    "Run it": ["dev", "serve", "worker", "migrate"],
    "Use it": ["submit", "watch", "get", "list", "cancel"],
    "Operate it": ["blocked", "retry", "resolve", "compensate", "force-close", "versions", "schedules", "erase"],
    "Say who may what, and who is told": ["keys", "tenants", "webhooks", "sources"],
    "Look into it": ["settings", "doctor", "openapi", "conformance"],
}

HELP_CONFIG = click.RichHelpConfiguration(
    text_markup="ansi",  # neither Markdown nor markup: brackets are brackets
    show_arguments=True,
    text_paragraph_linebreaks="\n\n",
    padding_helptext_first_line=(0, 0, 1, 0),
    command_groups={"operations-api": [{"name": name, "commands": commands} for name, commands in GROUPS.items()]},
    max_width=100,
    # colours are for people: none into a pipe or a file, whatever the environment of a build server says
    color_system="auto" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else None,
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.rich_config(help_config=HELP_CONFIG)
@click.version_option(package_name="operations-api", prog_name="operations-api")
def cli() -> None:
    """Long-running operations over HTTP: started once under an idempotency key, polled until done.

    All settings are environment variables. Without DATABASE_URL or REDIS_URL a command uses the embedded servers that
    already run on OPERATIONS_DATA_DIR, or starts them for as long as it lives.

    \b
    Begin with                operations-api dev
    Have something done       operations-api submit
    What can be set           operations-api settings
    If something is wrong     operations-api doctor
    If something is blocked   operations-api blocked
    Hold it to its contract   operations-api conformance
    """


for command in (
    development.dev,
    production.serve,
    production.worker,
    production.migrate,
    keys.keys,
    tenants.tenants,
    operations.submit,
    operations.get,
    operations.watch,
    operations.list_operations,
    operations.cancel,
    operating.blocked,
    operating.retry,
    operating.resolve,
    operating.compensate,
    operating.force_close,
    operating.versions,
    schedules.schedules,
    webhooks.webhooks,
    sources.sources,
    erasing.erase,
    describe.settings,
    describe.doctor,
    describe.openapi,
    conformance.conformance,
):
    cli.add_command(command)


def main() -> None:
    """The entry point of `operations-api`. Ends with 0, 1 (one sentence on stderr says why) or 2 (wrong usage)."""
    cli(prog_name="operations-api")
