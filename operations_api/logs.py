"""Logs: one line per event on stderr, for people (`console`) or for machines (`json`).

Libraries that log through the standard library end in the same stream. What clients send and API keys never do: fields
that could hold them are withheld by name, and a traceback shows lines of code, not the values of variables.
"""

from __future__ import annotations

import io
import logging
import os
import re
import sys
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from operations_api.settings import Settings

WITHHELD = frozenset(
    {
        "input",
        "body",
        "result",
        "reservation",
        "headers",
        "authorization",
        "api_key",
        "key",
        "secret",
        "password",
        "token",
    }
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# these say at every start and every job what our own events say better
CHATTY = ("uvicorn", "uvicorn.error", "uvicorn.access", "arq", "asyncio", "httpx")


def configure(settings: Settings, process_name: str) -> None:
    """Send every log of this process to stderr in the form of `OPERATIONS_LOG`, each line with the process' name."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _naming(process_name),
        _withhold,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _take_over_standard_library(shared, _renderers(settings))


def _take_over_standard_library(shared: list[Processor], renderers: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderers(settings: Settings) -> list[Processor]:
    if settings.log == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]
    colours = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    return [_on_one_line, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_indented_traceback)]


def _on_one_line(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What others have written must not begin a line of its own, nor tell a terminal what to do."""
    return {field: _harmless(value) if isinstance(value, str) else value for field, value in event.items()}


def _indented_traceback(file: TextIO, exc_info: Any) -> None:
    """Not the prettier one, which prints local variables: inputs and keys. None of its lines looks like the log's."""
    text = io.StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    file.writelines(f"\n  {_harmless(line)}" for line in text.getvalue().strip("\n").split("\n"))


def _harmless(text: str) -> str:
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _to_json(event: EventDict, **_: Any) -> str:
    text = msgspec.json.encode(event, enc_hook=repr).decode()
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)  # these stand in strings only


def _naming(process_name: str) -> Processor:
    def name(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {**event, "process": process_name, "pid": os.getpid()}

    return name


def _withhold(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {field: "(withheld)" if field in WITHHELD else value for field, value in event.items()}
