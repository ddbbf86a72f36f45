"""Whose webhooks are taken: `sources list`, `events`."""

from __future__ import annotations

from typing import Any

import msgspec
import rich_click as click

from operations_api.cli.database import on_database
from operations_api.cli.operating import JSON
from operations_api.cli.output import print_json, print_table


@click.group()
def sources() -> None:
    """Other systems whose webhooks start operations, and what of theirs has started nothing.

    For where the API runs: these commands read its registry, its file of sources and its database.
    """


@sources.command("list")
@JSON
def list_sources(as_json: bool) -> None:
    """List the registry's sources: how each signs, for which tenant, with how many secrets, and what starts what.

    A source without a tenant is not in the file: what it sends is answered with 404.

    \b
    Reads    OPERATIONS_REGISTRY, OPERATIONS_WEBHOOK_SOURCES
    Example  operations-api sources list
    """
    found = _sources()
    if as_json:
        print_json(found)
        return
    rows = [(each["name"], each["scheme"], each["tenant"], each["secrets"], _starts(each["starts"])) for each in found]
    print_table(("SOURCE", "SCHEME", "TENANT", "SECRETS", "STARTS"), rows)


@sources.command()
@click.option("--source", help="Only what this one sent.")
@click.option("--tenant", help="Only what came for this tenant.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@JSON
def events(source: str | None, tenant: str | None, limit: int, as_json: bool) -> None:
    """List signed events that have started nothing, and why, the newest first; `--json` shows their bodies, too.

    \b
    Reads    DATABASE_URL
    Example  operations-api sources events --source shop
    """
    from operations_api.store.webhook_events import WebhookEvents

    found = on_database(lambda pool: WebhookEvents(pool).newest(tenant, source, limit))
    if as_json:
        print_json(msgspec.json.decode(msgspec.json.encode(found)))
        return
    rows = [(each.received_at, each.tenant, each.source, each.event_id, each.type, each.reason) for each in found]
    print_table(("RECEIVED", "TENANT", "SOURCE", "EVENT", "TYPE", "REASON"), rows)


def _sources() -> list[dict[str, Any]]:
    from operations_api.loading import load_registry
    from operations_api.settings import Settings
    from operations_api.webhook_sources import accounts_in

    settings = Settings.from_environment()
    accounts = accounts_in(settings.webhook_sources)
    return [
        {
            "name": name,
            "scheme": source.scheme,
            "tenant": accounts[name].tenant if name in accounts else None,
            "secrets": len(accounts[name].secrets) if name in accounts else 0,
            "starts": {event: starts.type for event, starts in source.events.items()},
        }
        for name, source in sorted(load_registry(settings).webhooks.items())
    ]


def _starts(starts: dict[str, str]) -> str:
    return ", ".join(f"{event}: {type}" for event, type in starts.items())
