"""Personal data on demand: `erase`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from operations_api.cli.database import on_database

if TYPE_CHECKING:
    from uuid import UUID


@click.command()
@click.argument("identifier", metavar="ID", type=click.UUID)
@click.option("--tenant", help="Whose operation it is; needed where several tenants chose the same id.")
def erase(identifier: UUID, tenant: str | None) -> None:
    """Remove what one finished operation holds of people: input, labels, group, result, error, and what steps noted.

    Its key and a tombstone stay until they expire: the id answers 410, the key starts nothing. The key itself is what
    the client made it. Erasing twice is no error.

    Ends with 0 and says whose it was; with 1 when there is no such operation, or when it is not done; with 2 when it is
    used wrongly.

    \b
    Reads    DATABASE_URL
    Example  operations-api erase 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11
    """
    from operations_api.store.cleaning import erase as erase_from

    owner = on_database(lambda pool: erase_from(pool, identifier, tenant))
    click.echo(f"erased {identifier} of {owner}")
