"""Limits of single tenants: `tenants limit`, `tenants list`, `tenants reset`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from operations_api.cli.database import on_database

if TYPE_CHECKING:
    from operations_api.store.tenant_limits import TenantLimit, TenantLimits

T = TypeVar("T")

NONE, DEFAULT = "none", "default"


class LimitType(click.ParamType[Any]):
    """A number, or one of two words; 0 would be taken by some for the one and by others for nobody at all."""

    def __init__(self, high: int, words: tuple[str, ...] = (NONE, DEFAULT)) -> None:
        self.name = "|".join(("N", *words))
        self._high = high
        self._words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value in self._words:
            return str(value)
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= self._high):
            self.fail(
                f"{text} is neither a whole number from 1 to {self._high} nor {' or '.join(self._words)}.", param, ctx
            )
        return int(text)


@click.group()
def tenants() -> None:
    """Give single tenants limits and a weight of their own, list those, take them back.

    Without one a tenant has the limits of OPERATIONS_RATE_LIMIT and OPERATIONS_IN_FLIGHT_LIMIT, and weight 1. What is
    changed holds on every API process within two seconds; nothing has to be restarted.

    \b
    Reads    DATABASE_URL
    """


@tenants.command()
@click.argument("tenant", metavar="TENANT")
@click.option("--rate", type=LimitType(1_000_000), help="Requests per second; none: unlimited; default: the setting's.")
@click.option(
    "--in-flight",
    type=LimitType(1_000_000),
    help="Operations that are not done, approximately; none: unlimited; default: the setting's.",
)
@click.option(
    "--weight",
    type=LimitType(100, (DEFAULT,)),
    help="Its share of the workers while others wait, too: 2 is twice what a tenant of weight 1 gets; default: 1.",
)
def limit(tenant: str, rate: int | str | None, in_flight: int | str | None, weight: int | str | None) -> None:
    """Change the limits or the weight of one tenant, which may be new. What is not given stays as it is.

    Ends with 0 and prints all three; with 1 when TENANT cannot be a name; with 2 when it is used wrongly.

    \b
    Example  operations-api tenants limit acme --rate 100 --in-flight 5000
    """
    if rate is None and in_flight is None and weight is None:
        raise click.UsageError("say what to change: --rate, --in-flight, --weight or several of them.")
    given = _stored(rate), _stored(in_flight), _stored(weight)
    click.echo(_line(_with_limits(lambda limits: limits.set(tenant, *given))))


@tenants.command("list")
def list_limits() -> None:
    """List the tenants that have limits of their own: tenant, requests per second, operations in flight, weight.

    \b
    Example  operations-api tenants list
    """
    for each in _with_limits(lambda limits: limits.list()):
        click.echo(_line(each))


@tenants.command()
@click.argument("tenant", metavar="TENANT")
def reset(tenant: str) -> None:
    """Take a tenant's own limits back: the settings hold for it again.

    \b
    Example  operations-api tenants reset acme
    """
    had = _with_limits(lambda limits: limits.remove(tenant))
    click.echo(f"{tenant}: the settings hold{'' if had else ', as they did'}")


def _stored(limit: int | str | None) -> Any:
    from operations_api.store.tenant_limits import NO_LIMIT, UNCHANGED

    if limit is None:
        return UNCHANGED
    return {NONE: NO_LIMIT, DEFAULT: None}[limit] if isinstance(limit, str) else limit


def _line(limits: TenantLimit) -> str:
    rate, in_flight = _said(limits.requests_per_second), _said(limits.operations_in_flight)
    return f"{limits.tenant}  rate {rate}  in-flight {in_flight}  weight {_said(limits.weight)}"


def _said(limit: int | None) -> str:
    from operations_api.store.tenant_limits import NO_LIMIT

    if limit is None:
        return DEFAULT
    return NONE if limit == NO_LIMIT else str(limit)


def _with_limits(use: Callable[[TenantLimits], Awaitable[T]]) -> T:
    from operations_api.store.tenant_limits import TenantLimits

    return on_database(lambda pool: use(TenantLimits(pool)))
