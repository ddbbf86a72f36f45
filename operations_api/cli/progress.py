"""How far an operation is: a live bar on a terminal, a line for each change into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import rich_click as click

from operations_api.cli.output import printable

if TYPE_CHECKING:
    from operations_api.client import Snapshot

Show = Callable[["Snapshot"], None]

BAR_WIDTH: Final = 30
"""Beside it there is room for a state, counts, a unit and the time in 80 columns."""


@contextmanager
def progress_shown(*, quiet: bool) -> Iterator[Show]:
    """What to call with each snapshot; ``quiet`` shows none."""
    if quiet:
        yield lambda now: None
    elif sys.stdout.isatty():
        with _bar() as show:
            yield show
    else:
        yield _Lines().show


def progress_of(now: Snapshot) -> str | None:
    """As in ``3/4 steps``; None when nothing was said of it."""
    if not now.progress:
        return None
    total = now.progress.get("total")
    counted = f"{now.progress.get('completed', 0)}{'' if total is None else f'/{total}'}"
    return printable(f"{counted} {now.progress.get('unit') or ''}".rstrip())


class _Lines:
    """One line for each change that can be seen in it."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, now: Snapshot) -> None:
        parts = (f"{now.status} ({now.phase})", progress_of(now), now.message and printable(now.message))
        line = "  ".join(part for part in parts if part)
        if line != self._last:
            click.echo(line)
            self._last = line


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=BAR_WIDTH),
        TextColumn("{task.fields[counted]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", markup=False),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("...", total=None, counted="", message="")

        def show(now: Snapshot) -> None:
            said = now.progress or {}
            progress.update(
                task,
                description=f"{now.status} ({now.phase})",
                total=said.get("total"),
                completed=said.get("completed", 0),
                counted=progress_of(now) or "",
                message=printable(now.message or ""),
            )

        yield show
