"""What there is: `settings`, `doctor`, `openapi`."""

from __future__ import annotations

import os
from pathlib import Path

import rich_click as click


@click.command()
def settings() -> None:
    """List every setting: variable, default, unit, what it is for, and its present value where one is given.

    \b
    Example  OPERATIONS_LEASE_SECONDS=30 operations-api settings
    """
    from operations_api.settings import VARIABLES

    for variable in VARIABLES:
        given = os.environ.get(variable.name, "").strip()
        shown = "(given)" if variable.secret else given
        click.echo(f"{variable.name}={shown if given else variable.default}")
        unit = f" [{variable.unit}]" if variable.unit else ""
        default = f" Default: {variable.default}." if given and variable.default else ""
        click.echo(f"    {variable.sentence}{unit}{default}")


@click.command()
def doctor() -> None:
    """Check settings, registry, both servers and migrations; say "ok" or what to do. Ends with 1 if anything is wrong.

    It starts nothing: run it beside the processes it is about, with the same environment.

    \b
    Reads    all settings
    Example  operations-api doctor
    """
    from operations_api.doctor import examine

    findings = examine(os.environ)
    for finding in findings:
        click.echo(f"{finding.subject:<11} {'ok' if finding.ok else 'WRONG'}  {finding.sentence}")
    raise SystemExit(0 if all(finding.ok for finding in findings) else 1)


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to stdout.")
def openapi(output: Path | None) -> None:
    """Print the OpenAPI 3.1 document of the registry: one documented path per type of operation.

    \b
    Reads    OPERATIONS_REGISTRY
    Example  operations-api openapi --output openapi.json
    """
    from operations_api.http.openapi import rendered
    from operations_api.loading import load_registry
    from operations_api.settings import Settings

    text = rendered(load_registry(Settings.from_environment(os.environ)))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
