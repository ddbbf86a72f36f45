"""What starts by itself: `schedules list`, `pause`, `resume`, `run`."""

from __future__ import annotations

from typing import Any

import rich_click as click

from operations_api.cli.operating import JSON
from operations_api.cli.output import print_json, print_table

NAME = click.argument("name", metavar="NAME")


@click.group()
def schedules() -> None:
    """List what starts by itself for the tenant of OPERATIONS_API_KEY, pause it, resume it, start it once besides.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    """


@schedules.command("list")
@JSON
def list_schedules(as_json: bool) -> None:
    """List schedules: name, type, when, what is missed, the last and the next tick.

    Ends with 0, also when there are none; with 1 when the API refuses or cannot be reached, and says why.

    \b
    Example  operations-api schedules list
    """
    found = _remote().ask("GET", "/schedules")["schedules"]
    if as_json:
        print_json(found)
        return
    rows = [
        (each["name"], each["type"], _when(each), each["missed"], each["last_tick_at"], _next(each)) for each in found
    ]
    print_table(("NAME", "TYPE", "WHEN", "MISSED", "LAST", "NEXT"), rows)


@schedules.command()
@NAME
def pause(name: str) -> None:
    """Let the ticks of a schedule pass from now on. What has been started goes on.

    \b
    Example  operations-api schedules pause nightly-report
    """
    _ask(name, "pause")
    click.echo(f"{name} is paused")


@schedules.command()
@NAME
def resume(name: str) -> None:
    """Let the ticks of a schedule count again, from now on.

    \b
    Example  operations-api schedules resume nightly-report
    """
    click.echo(f"{name} is next on {_ask(name, 'resume')['next_tick_at']}")


@schedules.command()
@NAME
@click.option("--key", help="The idempotency key: with the same one it is started once. By default a new one.")
@JSON
def run(name: str, key: str | None, as_json: bool) -> None:
    """Start what a schedule starts, now, also while it is paused.

    \b
    Example  operations-api schedules run nightly-report
    """
    from operations_api.client import keys

    chosen = key or keys.random()
    operation = _remote().run(lambda client: client.request("POST", f"{_path(name)}/run", idempotency_key=chosen))
    if as_json:
        print_json(operation)
    else:
        click.echo(f"{operation['id']} is {operation['status']} ({operation['phase']})")


def _ask(name: str, verb: str) -> dict[str, Any]:
    answer: dict[str, Any] = _remote().ask("POST", f"{_path(name)}/{verb}")
    return answer


def _path(name: str) -> str:
    from urllib.parse import quote

    return f"/schedules/{quote(name, safe='')}"


def _when(schedule: dict[str, Any]) -> str:
    if schedule["cron"] is None:
        return f"every {schedule['every_seconds']} s"
    return f"{schedule['cron']} {schedule['timezone']}"


def _next(schedule: dict[str, Any]) -> str:
    return "paused" if schedule["paused"] else str(schedule["next_tick_at"])


def _remote() -> Any:
    from operations_api.cli.remote import Remote

    return Remote.from_environment()
