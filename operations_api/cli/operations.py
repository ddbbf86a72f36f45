"""For everybody who has work to be done: `submit`, `get`, `watch`, `list`, `cancel`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from operations_api.cli.arguments import JsonInput, Key, Label, Moment, OperationName
from operations_api.cli.keys import Duration
from operations_api.cli.output import print_json, print_table, printable
from operations_api.cli.progress import progress_of, progress_shown

if TYPE_CHECKING:
    from operations_api.cli.remote import Remote
    from operations_api.client import Client, Operation, Snapshot

FAILED: Final = 1
CANCELED: Final = 3
NOT_DONE: Final = 4
INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells count."""

PATIENCE_SECONDS: Final = 15.0
"""An API that is restarted is back by then, and who mistyped its address has not waited for long."""

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value, as the API answers it.")
TIMEOUT = click.option("--timeout", type=Duration(), help="Wait so long at most, as in 90s or 10m. Absent: for ever.")

OPERATION = click.argument("identifier", metavar="ID", type=OperationName())


@click.command()
@click.argument("type_name", metavar="TYPE")
@click.option("--input", "input_bytes", type=JsonInput(), default="{}", help="JSON, @file, or - for stdin.")
@click.option(
    "--key", type=Key(), help="The idempotency key. Absent: a random one, so that running this twice does it twice."
)
@click.option("--label", "labels", type=Label(), multiple=True, help="A label, as in channel:web; any number of them.")
@click.option("--deadline", type=Moment(), help="When it is too late, as in 2026-01-31T18:00:00Z.")
@click.option("--not-before", type=Moment(), help="When it may begin.")
@click.option("--group", help="Operations of one group run one at a time, in the order in which they were accepted.")
@click.option("--priority", type=click.Choice(["high", "normal", "low"]), help="Absent: what the type has.")
@click.option("--callback-url", help="Who is told of its end by a signed webhook; see `operations-api webhooks`.")
@click.option("--retry-failed", is_flag=True, help="Start once more what failed under this key and may be retried.")
@click.option("--wait", is_flag=True, help="Show its progress until it is done, and print its result.")
@TIMEOUT
@JSON
def submit(
    type_name: str,
    input_bytes: bytes,
    key: str | None,
    labels: tuple[tuple[str, str], ...],
    wait: bool,
    timeout: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Start an operation of a type, once for each idempotency key.

    Ends with 0 when it was accepted, or with --wait when it succeeded; with 1 when it was refused or failed, and says
    why; with 2 when it is used wrongly; with 3 when it was canceled; with 4 when --timeout was over, and 130 when it
    was interrupted: then the operation goes on.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api submit place-order --input @order.json --key order-4711 --wait
    """
    import msgspec

    async def start(client: Client) -> Operation[dict[str, Any]]:
        return await client.start(
            type_name, msgspec.Raw(input_bytes), idempotency_key=key, labels=dict(labels) or None, **options
        )

    if timeout is not None and not wait:
        raise click.UsageError("--timeout is how long to --wait: give both.")
    started = _remote().run(start, PATIENCE_SECONDS).now
    if wait:
        _follow(started.id, timeout, as_json)
    else:
        _say(started, as_json)


@click.command()
@OPERATION
@TIMEOUT
@JSON
def watch(identifier: str, timeout: int | None, as_json: bool) -> None:
    """Show an operation's progress until it is done, and print its result. ID may be its URL.

    Ends with 0 when it succeeded; with 1 when it failed, or cannot be watched, and says why; with 2 when it is used
    wrongly; with 3 when it was canceled; with 4 when --timeout was over, and 130 when it was interrupted: then the
    operation goes on.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api watch 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11 --timeout 10m
    """
    _follow(identifier, timeout, as_json)


@click.command()
@OPERATION
@click.option("--full", is_flag=True, help="With its input and steps.")
@JSON
def get(identifier: str, full: bool, as_json: bool) -> None:
    """Show an operation as it is now. ID may be its URL.

    Ends with 0 whatever became of the operation; with 1 when there is none, or the API refuses or cannot be reached;
    with 2 when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api get 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11 --json
    """

    async def read(client: Client) -> dict[str, Any]:
        operation = await client.operation(identifier)
        return await client.request("GET", f"/operations/{operation.id}?view=full") if full else operation.now.document

    document = _remote().run(read)
    if as_json:
        print_json(document)
    else:
        _print_members(document)


@click.command("list")
@click.option("--type", "type_name", help="Only those of this type.")
@click.option("--status", help="Only those with this status, or with one of several joined by commas.")
@click.option("--label", type=Label(), help="Only those with this label, as in channel:web.")
@click.option("--group", help="Only those of this group.")
@click.option("--key", help="Only those that were started under this idempotency key.")
@click.option("--created-after", type=Moment(), help="Only younger ones, as in 2026-01-31T18:00:00Z.")
@click.option("--created-before", type=Moment(), help="Only older ones.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@JSON
def list_operations(type_name: str | None, key: str | None, limit: int, as_json: bool, **more: Any) -> None:
    """List operations, newest first.

    Ends with 0, also when there are none; with 1 when the API refuses or cannot be reached, and says why; with 2 when
    it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api list --type place-order --status running,needs_attention
    """
    given = {"type": type_name, "idempotency_key": key, **{name: _filter(value) for name, value in more.items()}}
    filters = {name: value for name, value in given.items() if value is not None}
    found = _remote().operations(limit=limit, page_size=str(min(limit, 200)), **filters)
    if as_json:
        print_json([now.document for now in found])
        return
    rows = [(now.id, now.type, now.status, now.phase, progress_of(now), now.document["created_at"]) for now in found]
    print_table(("ID", "TYPE", "STATUS", "PHASE", "PROGRESS", "CREATED"), rows)


@click.command()
@OPERATION
@JSON
def cancel(identifier: str, as_json: bool) -> None:
    """Ask for an operation's cancellation. It is canceled once nothing is held any more: `watch` shows when.

    Ends with 0 when it was accepted, now or before; with 1 when it is too late, or the API refuses or cannot be
    reached, and says why; with 2 when it is used wrongly.

    \b
    Reads    OPERATIONS_URL, OPERATIONS_API_KEY
    Example  operations-api cancel 019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11
    """

    async def ask(client: Client) -> Snapshot:
        return await (await client.operation(identifier)).cancel()

    _say(_remote().run(ask), as_json)


def _follow(identifier: str, timeout: int | None, as_json: bool) -> None:
    """Show it to its end, and end with what its end means."""
    import asyncio

    watched: list[Operation[dict[str, Any]]] = []

    async def to_the_end(client: Client) -> Snapshot:
        operation = await client.operation(identifier)
        watched.append(operation)
        with progress_shown(quiet=as_json) as show:
            async with asyncio.timeout(timeout):
                async for now in operation.watch():
                    show(now)
        return operation.now

    try:
        ended = _remote().run(to_the_end, PATIENCE_SECONDS)
    except (TimeoutError, KeyboardInterrupt) as stopped:
        if as_json and watched:
            print_json(watched[0].now.document)
        click.echo(f"operations-api: it goes on: operations-api watch {identifier}", err=True)
        raise SystemExit(NOT_DONE if isinstance(stopped, TimeoutError) else INTERRUPTED) from None
    _print_end(ended, as_json)


def _print_end(ended: Snapshot, as_json: bool) -> None:
    from operations_api.client import OperationFailed

    if as_json:
        print_json(ended.document)
    elif ended.error is None:
        print_json(ended.result or {})
    if ended.error is not None:
        failed = OperationFailed(ended.id, ended.error)
        click.echo(f"operations-api: {printable(failed)}", err=True)
        raise SystemExit(CANCELED if failed.canceled else FAILED)


def _say(now: Snapshot, as_json: bool) -> None:
    if as_json:
        print_json(now.document)
    else:
        click.echo(f"{now.id} is {now.status} ({now.phase})")


def _print_members(document: dict[str, Any]) -> None:
    """A line for each member that says anything."""
    import json

    shown = {name: value for name, value in document.items() if value not in (None, {}, []) and name != "links"}
    width = max(map(len, shown))
    for name, value in shown.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"{name.ljust(width)}  {printable(text)}")


def _filter(value: object) -> str | None:
    match value:
        case datetime():
            return value.isoformat()
        case (name, text):
            return f"{name}:{text}"
        case _:
            return None if value is None else str(value)


def _remote() -> Remote:
    from operations_api.cli.remote import Remote

    return Remote.from_environment()
