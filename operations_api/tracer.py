"""Spans of a trace, which goes from a request through every call. This tracer makes none: what a process has that
nobody collects from.
"""

from __future__ import annotations

from contextlib import AbstractContextManager


class Span:
    """A part of a trace. ``traceparent`` is what whoever is called from within it is given (W3C Trace Context)."""

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *error: object) -> None:
        """Where nobody collects there is nothing to end."""

    def end_with(self, outcome: str, *, is_error: bool = False, **attributes: str | int) -> None:
        """Say what it came to, in one of a few words."""


class Tracer:
    """One per process."""

    def span(self, name: str, parent: str | None, **attributes: str | int) -> AbstractContextManager[Span]:
        """A span for as long as the block runs, below ``parent`` (a traceparent) or the first of its trace."""
        return Span(parent)

    def close(self) -> None:
        """Send what is left; may take two seconds."""


UNTRACED = Tracer()
