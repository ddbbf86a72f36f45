"""API keys: `keys create`, `keys list`, `keys rotate`, `keys revoke`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from operations_api.cli.database import on_database

if TYPE_CHECKING:
    from operations_api.store.api_keys import ApiKey, ApiKeys

T = TypeVar("T")

SCOPES = "submit (start, cancel, delete), read, operate (act on blocked operations), admin (act for any tenant)"

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

# a key that is to live longer than this is one that is to live for ever; a timestamp has an end
LONGEST_SECONDS = 36_500 * 86_400


class Duration(click.ParamType[int]):
    """A number and its unit, as in 90s, 30m, 24h, 7d; in seconds afterwards."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The seconds."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,9})([smhd])", str(value))
        seconds = int(match[1]) * UNIT_SECONDS[match[2]] if match else LONGEST_SECONDS + 1
        if seconds > LONGEST_SECONDS:
            self.fail(f"{value!r} is no duration such as 90s, 30m, 24h or 7d, of a hundred years at most", param, ctx)
        return seconds


@click.group()
def keys() -> None:
    """Create, list, rotate and revoke API keys. A key acts for one tenant, within its scopes.

    \b
    Reads    DATABASE_URL
    """


@keys.command()
@click.option("--tenant", required=True, help="The tenant the key acts for; it is created when it is new.")
@click.option("--scopes", required=True, help=f"What the key may do, separated by commas: {SCOPES}.")
@click.option("--name", default="", help="What people call the key, to find it in the list.")
@click.option("--expires-in", type=Duration(), help="How long it works, as in 90d. Absent: until it is revoked.")
def create(tenant: str, scopes: str, name: str, expires_in: int | None) -> None:
    """Create a key and print it, and nothing else. It cannot be shown again: only its SHA-256 is stored.

    \b
    Example  operations-api keys create --tenant acme --scopes submit,read --expires-in 90d
    """
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    click.echo(_with_keys(lambda api_keys: api_keys.create(tenant, wanted, name, expires_in_seconds=expires_in)))


@keys.command("list")
@click.option("--tenant", help="Only this tenant's keys.")
def list_keys(tenant: str | None) -> None:
    """List the keys, oldest first: id, tenant, name, scopes, since when, last used, and whether it still works.

    Never the keys themselves. A use is noted at most once a minute.

    \b
    Example  operations-api keys list --tenant acme
    """
    now = datetime.now(UTC)
    for key in _with_keys(lambda api_keys: api_keys.list(tenant)):
        click.echo(_line(key, now))


@keys.command()
@click.argument("identifier", metavar="ID")
@click.option("--overlap", type=Duration(), default="1d", show_default=True, help="How long the old key still works.")
def rotate(identifier: str, overlap: int) -> None:
    """Create a key in the place of the one with this id, or with an id that begins like this, and print it.

    It has the same tenant, name, scopes and length of life. The old one works for --overlap more, so that everybody who
    has it can take the new one meanwhile; 0s ends it at once.

    \b
    Example  operations-api keys rotate 019a2b3c-... --overlap 24h
    """
    click.echo(_with_keys(lambda api_keys: _rotate(api_keys, identifier, overlap)))


@keys.command()
@click.argument("identifier", metavar="ID")
def revoke(identifier: str) -> None:
    """Revoke the key with this id, or with an id that begins like this. It stops working within seconds, for ever.

    \b
    Example  operations-api keys revoke 019a2b3c-...
    """
    click.echo(f"revoked {_with_keys(lambda api_keys: _revoke(api_keys, identifier))}")


async def _rotate(api_keys: ApiKeys, identifier: str, overlap_seconds: int) -> str:
    from operations_api.domain.errors import OperationsError

    key = await _one(api_keys, identifier)
    secret = await api_keys.rotate(key.id, overlap_seconds)
    if secret is None:
        state = _state(await _one(api_keys, str(key.id)), datetime.now(UTC))
        raise OperationsError(f"The key {key.id} cannot be rotated: it is {state}. Create a new one instead.")
    return secret


async def _revoke(api_keys: ApiKeys, identifier: str) -> str:
    key = await _one(api_keys, identifier)
    await api_keys.revoke(key.id)
    return str(key.id)


async def _one(api_keys: ApiKeys, identifier: str) -> ApiKey:
    from operations_api.domain.errors import OperationsError

    found = [key for key in await api_keys.list() if str(key.id).startswith(identifier.lower())]
    if not identifier or len(found) != 1:
        which = "No key has" if not found else f"{len(found)} keys have"
        raise OperationsError(f'{which} an id that begins with "{identifier}": see `operations-api keys list`.')
    return found[0]


def _line(key: ApiKey, now: datetime) -> str:
    used = f"used {key.last_used_at:%Y-%m-%dT%H:%MZ}" if key.last_used_at else "never used"
    since = f"{key.created_at:%Y-%m-%d}"
    return "  ".join((str(key.id), key.tenant, key.name or "-", ",".join(key.scopes), since, used, _state(key, now)))


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    replaced = f", replaced by {key.replaced_by}" if key.replaced_by else ""
    if key.expires_at is None:
        return "active"
    return f"{'expired' if key.expires_at <= now else 'active until'} {key.expires_at:%Y-%m-%dT%H:%M:%SZ}{replaced}"


def _with_keys(use: Callable[[ApiKeys], Awaitable[T]]) -> T:
    from operations_api.store.api_keys import ApiKeys

    return on_database(lambda pool: use(ApiKeys(pool)))
