"""API keys: `keys create`, `keys list`, `keys revoke`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from operations_api.store.api_keys import ApiKey, ApiKeys

T = TypeVar("T")

SCOPES = "submit (start, cancel, delete), read, operate (act on blocked operations), admin (act for any tenant)"


@click.group()
def keys() -> None:
    """Create, list and revoke API keys. A key acts for one tenant, within its scopes.

    \b
    Reads    DATABASE_URL
    """


@keys.command()
@click.option("--tenant", required=True, help="The tenant the key acts for; it is created when it is new.")
@click.option("--scopes", required=True, help=f"What the key may do, separated by commas: {SCOPES}.")
@click.option("--name", default="", help="What people call the key, to find it in the list.")
def create(tenant: str, scopes: str, name: str) -> None:
    """Create a key and print it, and nothing else. It cannot be shown again: only its SHA-256 is stored.

    \b
    Example  operations-api keys create --tenant acme --scopes submit,read
    """
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    click.echo(_with_keys(lambda api_keys: api_keys.create(tenant, wanted, name)))


@keys.command("list")
@click.option("--tenant", help="Only this tenant's keys.")
def list_keys(tenant: str | None) -> None:
    """List the keys, oldest first: id, tenant, name, scopes, since when, whether revoked. Never the keys themselves.

    \b
    Example  operations-api keys list --tenant acme
    """
    for key in _with_keys(lambda api_keys: api_keys.list(tenant)):
        click.echo(_line(key))


@keys.command()
@click.argument("identifier", metavar="ID")
def revoke(identifier: str) -> None:
    """Revoke the key with this id, or with an id that begins like this. It stops working at once, for ever.

    \b
    Example  operations-api keys revoke 019a2b3c-...
    """
    click.echo(f"revoked {_with_keys(lambda api_keys: _revoke(api_keys, identifier))}")


async def _revoke(api_keys: ApiKeys, identifier: str) -> str:
    from operations_api.domain.errors import OperationsError

    found = [key for key in await api_keys.list() if str(key.id).startswith(identifier.lower())]
    if not identifier or len(found) != 1:
        which = "No key has" if not found else f"{len(found)} keys have"
        raise OperationsError(f'{which} an id that begins with "{identifier}": see `operations-api keys list`.')
    await api_keys.revoke(found[0].id)
    return str(found[0].id)


def _line(key: ApiKey) -> str:
    state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "active"
    fields = (str(key.id), key.tenant, key.name or "-", ",".join(key.scopes), f"{key.created_at:%Y-%m-%d}", state)
    return "  ".join(fields)


def _with_keys(use: Callable[[ApiKeys], Awaitable[T]]) -> T:
    import os

    from operations_api.database import run_on_database, with_pool
    from operations_api.embedded.servers import connect_or_start
    from operations_api.settings import Settings
    from operations_api.store.api_keys import ApiKeys

    async def on_pool(pool: Any) -> T:
        return await use(ApiKeys(pool))

    with connect_or_start(Settings.from_environment(os.environ)) as settings:
        return run_on_database(with_pool(settings.database_url, on_pool))
