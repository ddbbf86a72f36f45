"""What people write after a command, read and checked before anything is sent."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import rich_click as click


class JsonInput(click.ParamType[bytes]):
    """JSON, ``@file``, or ``-`` for stdin; afterwards the bytes, not decoded, so that nothing in them changes."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """The bytes, which are JSON."""
        import msgspec

        text = self._read(str(value), param, ctx)
        try:
            msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.fail(f"it is not JSON ({error}); give JSON, @file, or - for stdin", param, ctx)
        return text

    def _read(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if value == "-":
            return sys.stdin.buffer.read()
        if not value.startswith("@"):
            return value.encode()
        try:
            with open(value[1:], "rb") as file:
                return file.read()
        except OSError as error:
            self.fail(f"{value[1:]} cannot be read ({error.strerror})", param, ctx)


class Moment(click.ParamType[datetime]):
    """A time with its zone (RFC 3339)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time, aware."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is no time with a zone, such as 2026-01-31T18:00:00Z", param, ctx)
        return moment


class Label(click.ParamType[tuple[str, str]]):
    """A label's key and value, as in ``channel:web``."""

    name = "key:value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Key and value."""
        if isinstance(value, tuple):
            return value
        name, colon, text = str(value).partition(":")
        if not name or not colon:
            self.fail(f"{value!r} is no key and value, as in channel:web", param, ctx)
        return name, text


class OperationName(click.ParamType[str]):
    """An operation's id, or its URL: it is asked for where OPERATIONS_URL says, whatever host the URL names."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id."""
        try:
            return str(UUID(str(value).rstrip("/").rpartition("/")[2]))
        except ValueError:
            self.fail(f"{value!r} is no operation's id or URL", param, ctx)


class Key(click.ParamType[str]):
    """An idempotency key."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The key as it is."""
        from operations_api.domain.idempotency_key import PATTERN

        if not re.fullmatch(PATTERN, str(value)):
            self.fail(f'{value!r} is not 1 to 255 visible ASCII characters without , " and \\', param, ctx)
        return str(value)
