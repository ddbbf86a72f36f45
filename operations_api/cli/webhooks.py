"""Webhooks that are sent: `webhooks secret`, `endpoints`, `add`, `remove`, `deliveries`, `replay`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import rich_click as click

from operations_api.cli.operating import JSON
from operations_api.cli.output import print_json, print_table


@click.group()
def webhooks() -> None:
    """Whom the tenant of OPERATIONS_API_KEY tells of its operations, what was told, and what was given up.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    """


@webhooks.command()
@click.option("--overlap", default=86_400, show_default=True, help="Seconds in which the one before signs as well.")
def secret(overlap: int) -> None:
    """Make the secret that webhooks are signed with, or put a new one in its place. It is shown once.

    \b
    Example  operations-api webhooks secret
    """
    click.echo(_remote().ask("POST", "/webhook-secrets", {"overlap_seconds": overlap})["secret"])


@webhooks.command()
@JSON
def endpoints(as_json: bool) -> None:
    """List the receivers that hear of all operations: id, since when it is gone, URL.

    \b
    Example  operations-api webhooks endpoints
    """
    found = _remote().ask("GET", "/webhook-endpoints")["endpoints"]
    if as_json:
        print_json(found)
    else:
        rows = [(each["id"], each["disabled_at"], each["url"]) for each in found]
        print_table(("ID", "DISABLED", "URL"), rows)


@webhooks.command()
@click.argument("url", metavar="URL")
def add(url: str) -> None:
    """Let a receiver hear of all operations that are started from now on, and print its id.

    \b
    Example  operations-api webhooks add https://example.com/hooks
    """
    click.echo(_remote().ask("POST", "/webhook-endpoints", {"url": url})["id"])


@webhooks.command()
@click.argument("identifier", metavar="ID", type=click.UUID)
def remove(identifier: object) -> None:
    """Let a receiver hear of nothing any more.

    \b
    Example  operations-api webhooks remove 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11
    """
    _remote().ask("DELETE", f"/webhook-endpoints/{identifier}")
    click.echo(f"{identifier} hears of nothing any more")


@webhooks.command()
@click.option("--state", type=click.Choice(["pending", "delivered", "dead"]), help="Only these.")
@click.option("--operation", type=click.UUID, help="Only of this operation.")
@JSON
def deliveries(state: str | None, operation: object, as_json: bool) -> None:
    """List what was told to whom, the newest first; `--state dead` is what was given up.

    \b
    Example  operations-api webhooks deliveries --state dead
    """
    found = list(_deliveries({"state": state, "operation_id": operation}))
    if as_json:
        print_json(found)
        return
    rows = [
        (each["id"], each["operation_id"], each["type"], each["state"], each["attempts"], each["failure"], each["url"])
        for each in found
    ]
    print_table(("ID", "OPERATION", "TYPE", "STATE", "ATTEMPTS", "FAILURE", "URL"), rows)


@webhooks.command()
@click.argument("identifier", metavar="ID", type=click.UUID)
def replay(identifier: object) -> None:
    """Send one again, now, under the same id.

    \b
    Example  operations-api webhooks replay 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11
    """
    again = _remote().ask("POST", f"/webhook-deliveries/{identifier}/replay")
    click.echo(f"{again['id']} is {again['state']}")


def _deliveries(filters: dict[str, object]) -> Any:
    given = {name: str(value) for name, value in filters.items() if value is not None}
    token: str | None = ""
    while token is not None:
        query = urlencode(given | ({"page_token": token} if token else {}))
        page = _remote().ask("GET", f"/webhook-deliveries?{query}")
        yield from page["deliveries"]
        token = page["next_page_token"]


def _remote() -> Any:
    from operations_api.cli.remote import Remote

    return Remote.from_environment()
