"""What passes the router by is what the router would have sent to the same handler, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar.exceptions import HTTPException

from operations_api import Action, Context, Definition, Registry
from operations_api.http.app import create_app
from operations_api.http.edge import Edge
from operations_api.http.exchange import Exchange
from operations_api.settings import Settings

ID = "01a202eb-7af7-76c1-b416-4b4f0e17fd09"
LIKE_AN_ID = "abcdefab-abcd-abcd-abcd-abcdefabcdef"
"""A type may be named so, and is not polled."""

PATHS = (
    "/operations", "/operations/", "/operations/note", "/operations/note/", "//operations/note", "/operations//note",
    f"/operations/{ID}", f"/operations/{ID}/", f"/operations/{ID.upper()}", f"/operations/{'x' * 36}",
    f"/operations/{ID}/cancel", f"/operations/{ID}/events", f"/operations/note/{ID}", f"/operations/{LIKE_AN_ID}",
    f"/operations/note/{'x' * 31}", f"/operations/{'x' * 35}", f"/operations/{'x' * 29}/cancel", f"/operation/{ID}",
    f"/operations/{'é' * 36}", "/operations/no", "/operations/unknown", "/service-info", "/",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")


class Nothing(msgspec.Struct):
    pass


class Do(Action):
    key = "do"

    async def execute(self, ctx: Context, input: Nothing) -> Nothing:
        return input


def definition(name: str) -> Definition:
    return Definition(
        name=name, input=Nothing, result=Nothing, steps=(Do(),), build_result=lambda input, results: input
    )


@pytest.fixture(scope="module")
def edge() -> Edge:
    app = create_app(Settings(), Registry([definition("note"), definition(LIKE_AN_ID)]))
    assert isinstance(app, Edge)
    return app


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_the_router_would_send_it_to_the_same_handler(edge: Edge, method: str, path: str) -> None:
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
    handler = edge._express._handler(scope)
    if handler is None:
        return
    name, parameters = routed(edge, method, path)
    assert name == ("start_operation" if method == "POST" else "get_operation")
    assert parameters == scope["path_params"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/operations/note"), ("GET", f"/operations/{ID}")])
def test_what_comes_most_passes_by(edge: Edge, method: str, path: str) -> None:
    assert edge._express._handler({"type": "http", "method": method, "path": path}) is not None


@pytest.mark.parametrize("headers", [[], [(b"host", b"a"), (b"host", b"b")], [(b"host", b"a b")], [(b"host", b"a/b")]])
async def test_what_names_no_host_properly_is_left_to_the_router(edge: Edge, headers: Any) -> None:
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": f"/operations/{ID}", "headers": headers}
    scope["exchange"] = Exchange(scope, None)
    assert await edge._express.answer(scope, None, None) is None


def routed(edge: Edge, method: str, path: str) -> tuple[str | None, Any]:
    """The name of the handler the router finds, if any, and what it reads in the path."""
    try:
        _, handler, _, parameters, *_ = edge._app.asgi_router.handle_routing(path=path, method=method)
    except HTTPException:
        return None, None
    return handler.handler_name.rpartition(".")[2], parameters
