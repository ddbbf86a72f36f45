"""Holding a running service against the contract: `conformance`."""

from __future__ import annotations

import json
import os
from typing import Any

import rich_click as click


@click.command()
@click.option("--url", "urls", multiple=True, help="Where the service is. Several: replicas, which are asked in turns.")
@click.option("--key", help="An API key with the scopes submit and read; with operate more can be tried.")
@click.option("--other-key", help="A key of another tenant with submit and read, to try that tenants are kept apart.")
@click.option("--read-key", help="A key of the same tenant with the scope read alone, to try scopes.")
@click.option("--type", "type_name", help="The type to start. Default: the one that behaves as it is told, like probe.")
@click.option(
    "--input", "input_text", default="{}", help="JSON that the type takes as its input. It is never executed."
)
@click.option("--section", "sections", multiple=True, type=int, help="Only these sections.")
@click.option("--list", "list_only", is_flag=True, help="List the cases, and ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every case with its outcome.")
def conformance(
    urls: tuple[str, ...], key: str | None, other_key: str | None, read_key: str | None, type_name: str | None,
    input_text: str, sections: tuple[int, ...], list_only: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask a running service for everything the contract promises; print its sections, and every failure.

    Each failure is shown with the request and the answer. What cannot be tried on this service is counted as not
    applicable, never as passed. Everything that is started is canceled at the end, and nothing is executed unless the
    service has a type that behaves as its input says, such as `probe` of the examples.

    Ends with 0 when no case failed; with 1 when one did, or when the service cannot be asked, and says why; with 2
    when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY where --url and --key
             are absent, else what `operations-api dev` runs and keeps
    Example  operations-api conformance --url http://127.0.0.1:8000
             operations-api conformance --type echo --input '{"say": 1}'
    """
    import asyncio

    from operations_api.cli.remote import key_of, url_of
    from operations_api.conformance import report
    from operations_api.conformance.contract import SECTIONS, cases_of
    from operations_api.conformance.run import run
    from operations_api.conformance.service import Given, learn
    from operations_api.settings import Settings

    known = [section.number for section in SECTIONS]
    if unknown := sorted(set(sections) - set(known)):
        sentence = f"nothing of {unknown[0]} can be asked; there are {', '.join(map(str, known))}"
        raise click.BadParameter(sentence, param_hint="--section")
    cases = cases_of(sections)
    if list_only:
        click.echo(report.listing(cases))
        return
    settings = Settings.from_environment(os.environ)
    given = Given(
        urls or (url_of(settings),), key or key_of(settings), other_key, read_key, type_name, _input(input_text)
    )

    async def examine() -> Any:
        return await run(await learn(given), cases)

    outcomes = asyncio.run(_said(examine()))
    click.echo(report.as_json(outcomes, given.urls) if as_json else report.table(outcomes, SECTIONS))
    raise SystemExit(any(outcome.result == "failed" for outcome in outcomes))


async def _said(examining: Any) -> Any:
    from operations_api.conformance.service import NotThisService
    from operations_api.domain.errors import OperationsError

    try:
        return await examining
    except NotThisService as error:
        raise OperationsError(str(error)) from None


def _input(text: str) -> dict[str, Any]:
    try:
        input = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"it is not JSON ({error})", param_hint="--input") from None
    if not isinstance(input, dict):
        raise click.BadParameter("it must be a JSON object", param_hint="--input")
    return input
