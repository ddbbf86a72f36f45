"""Which methods a path takes: for ``OPTIONS``, and for the ``Allow`` of a 405."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

OTHERWISE: Final = "otherwise"
"""Marks a handler (``opt``) that only explains why its method is refused; the method is not allowed."""

ORDER: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

Segments = tuple[str | None, ...]


class AllowedMethods:
    """The methods of every path, read from the routes of a Litestar application. HEAD goes wherever GET goes."""

    def __init__(self, routes: Iterable[Any]) -> None:
        self._by_segments: dict[Segments, set[str]] = {}
        for route in routes:
            segments = tuple(part if isinstance(part, str) else None for part in route.path_components)
            found = {
                str(method)
                for handler in route.route_handlers
                if not handler.opt.get(OTHERWISE)
                for method in handler.http_methods
            }
            if found - {"OPTIONS"}:
                methods = self._by_segments.setdefault(segments, {"OPTIONS"})
                methods |= found | ({"HEAD"} if "GET" in found else set())

    def of(self, path: str) -> str | None:
        """The value of ``Allow`` for a path; None where there is nothing."""
        parts = tuple(part for part in path.split("/") if part)
        methods = self._by_segments.get(parts) or self._matching(parts)
        return None if methods is None else ", ".join(method for method in ORDER if method in methods)

    def _matching(self, parts: tuple[str, ...]) -> set[str] | None:
        """The methods of the path that the router takes: at each segment a word goes before a parameter."""
        matching = [
            segments
            for segments in self._by_segments
            if len(segments) == len(parts)
            and all(known in (None, part) for known, part in zip(segments, parts, strict=True))
        ]
        if not matching:
            return None
        return self._by_segments[max(matching, key=lambda segments: [known is not None for known in segments])]
