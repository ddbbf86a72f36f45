"""Where a process listens, said with its command: the same as HOST and PORT in the environment, and before them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

Command = TypeVar("Command", bound=Callable[..., Any])


def listening(command: Command) -> Command:
    """Add ``--host`` and ``--port``. The processes that the command starts find them, too."""
    command = click.option(
        "--port", type=click.IntRange(0, 65535), callback=_told, expose_value=False, help="The port; otherwise PORT."
    )(command)
    return click.option("--host", callback=_told, expose_value=False, help="The address; otherwise HOST.")(command)


def _told(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    if value is not None and option.name is not None:
        os.environ[option.name.upper()] = str(value)
