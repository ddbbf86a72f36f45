"""For operators: what is blocked, what to do about it, and what is in flight on which version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rich_click as click

from operations_api.cli.output import print_json, print_table

Command = Callable[..., Any]

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API answers it.")
ID = click.argument("identifier", metavar="ID", type=click.UUID)


def _evidence(*, required: bool) -> Callable[[Command], Command]:
    return click.option("--evidence", required=required, help="Why: what you have seen, and where. It is kept.")


@click.command()
@JSON
def blocked(as_json: bool) -> None:
    """List the operations that need attention: id, type, step, phase, reason, since when.

    Ends with 0, also when there are none; with 1 when the API refuses or cannot be reached, and says why; with 2 when
    it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api blocked
    """
    found = [operation.document for operation in _remote().operations(status="needs_attention")]
    if as_json:
        print_json(found)
        return
    rows = [
        (operation["id"], operation["type"], each.get("step"), each.get("phase"), each["reason"], each.get("since"))
        for operation in found
        for each in operation.get("blocked") or [{"reason": "-"}]
    ]
    print_table(("ID", "TYPE", "STEP", "PHASE", "REASON", "SINCE"), rows)


@click.command()
@ID
@_evidence(required=False)
@JSON
def retry(identifier: object, evidence: str | None, as_json: bool) -> None:
    """Try what is blocked again, now.

    Ends with 0 when it was accepted; with 1 when it was refused (it is not blocked, or a call may be in flight: then
    the sentence says for how long); with 2 when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api retry 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11
    """
    _act(identifier, "retry", {"evidence": evidence}, as_json)


@click.command()
@ID
@click.option("--step", required=True, help="The key of the step in doubt.")
@click.option(
    "--as",
    "resolution",
    required=True,
    type=click.Choice(["committed", "released"]),
    help="committed: it had its effect. released: it has none, and holds nothing.",
)
@_evidence(required=True)
@JSON
def resolve(identifier: object, step: str, resolution: str, evidence: str, as_json: bool) -> None:
    """State what became of a step in doubt. The engine believes it and calls nothing more for that step.

    Ends with 0 when it was accepted; with 1 when it was refused, and says why; with 2 when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api resolve 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11 --step charge --as committed --evidence "..."
    """
    _act(identifier, "resolve", {"step": step, "as": resolution, "evidence": evidence}, as_json)


@click.command()
@ID
@_evidence(required=False)
@JSON
def compensate(identifier: object, evidence: str | None, as_json: bool) -> None:
    """Undo what was committed. The operation ends failed, with COMPENSATED and nothing held.

    Ends with 0 when it was accepted; with 1 when it was refused (a step has no compensate), and says why; with 2 when
    it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api compensate 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11
    """
    _act(identifier, "compensate", {"evidence": evidence}, as_json)


@click.command("force-close")
@ID
@_evidence(required=True)
@JSON
def force_close(identifier: object, evidence: str, as_json: bool) -> None:
    """End an operation as it is: failed, with FORCE_CLOSED. Whatever it holds stays held. The last resort.

    Ends with 0 when it was accepted; with 1 when it was refused, and says why; with 2 when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api force-close 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11 --evidence "..."
    """
    _act(identifier, "force-close", {"evidence": evidence}, as_json)


@click.command()
@JSON
def versions(as_json: bool) -> None:
    """List the versions of all definitions, whether a worker knows them, and what is in flight on each.

    A version may leave the registry once nothing is in flight on it. With the scope admin every tenant's operations
    are counted. Ends with 0; with 1 when the API refuses or cannot be reached; with 2 when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api versions
    """
    found = _remote().ask("GET", "/definitions")["definitions"]
    if as_json:
        print_json(found)
        return
    rows = [
        (each["type"], each["version"], "yes" if each["has_worker"] else "no", _counts(each["in_flight"]))
        for each in found
    ]
    print_table(("TYPE", "VERSION", "WORKER", "IN FLIGHT"), rows)


def _act(identifier: object, verb: str, said: dict[str, Any], as_json: bool) -> None:
    body = {name: value for name, value in said.items() if value is not None}
    operation = _remote().ask("POST", f"/operations/{identifier}/{verb}", body)
    if as_json:
        print_json(operation)
    else:
        click.echo(f"{operation['id']} is {operation['status']} ({operation['phase']})")


def _remote() -> Any:
    from operations_api.cli.remote import Remote

    return Remote.from_environment()


def _counts(in_flight: dict[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in sorted(in_flight.items())) or "0"
