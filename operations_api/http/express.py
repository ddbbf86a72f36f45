"""Past the router: a poll and a start, which come more often than everything else together.

Finding their handler and preparing its arguments takes the framework longer than both take us. Whether a request is one
of them follows from its method and path, which must be exactly what the router would send to the same handler; all
others, such as a path that ends with a slash, go to the router (``app.py`` has every route).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from litestar import Request

from operations_api.http.answer import Answer
from operations_api.http.monitor import monitor
from operations_api.http.resources import Resources
from operations_api.http.starts import Starter

Handler = Callable[[Any], Awaitable[Answer]]

OPERATIONS: Final = "/operations/"
ID_LENGTH: Final = 36


class Express:
    """One per application."""

    def __init__(self, resources: Resources) -> None:
        self._starts: dict[str, Handler] = {
            f"{OPERATIONS}{name}": Starter(definition, resources).answer
            for name, definition in resources.registry.current.items()
        }
        self._poll: Handler = partial(monitor, resources=resources)

    async def answer(self, scope: Any, receive: Any, send: Any) -> Answer | None:
        """The answer, or None where it is the router's. Raises whatever the handler raises."""
        handler = self._handler(scope)
        if handler is None or scope.get("root_path") or scope["exchange"].host is None:
            return None  # the router's to cut off or refuse
        return await handler(Request(scope, receive, send))

    def _handler(self, scope: Any) -> Handler | None:
        path: str = scope["path"]
        if scope["method"] == "POST":
            scope["path_params"] = {}
            return self._starts.get(path)
        if scope["method"] != "GET" or not path.startswith(OPERATIONS) or path in self._starts:
            return None
        id = path[len(OPERATIONS) :]
        if len(id) != ID_LENGTH or "/" in id:
            return None
        scope["path_params"] = {"id": id}
        return self._poll
