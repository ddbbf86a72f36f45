"""What is served for people and their tools: the document, its interactive page with all it needs, problem pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.domain.registry import Registry
from operations_api.http.openapi.document import document
from operations_api.http.openapi.problem_page import problem_page

ASSETS: Final = {
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "docs.js": ("docs.js", "text/javascript"),
    "pages.css": ("pages.css", "text/css"),
}
"""By the name in the URL: the file below ``assets/`` and its content type."""

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Swagger UI's icons are in its style sheet
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# the URL of an asset holds the digest of all of them, so what it names never changes
ASSET_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def routes(registry: Registry) -> list[Any]:
    """Handlers for ``/openapi.json``, ``/docs``, its assets and ``/problems/{slug}``. None of them needs a key.

    Everything is made here once: a request only picks bytes.
    """
    contents = {
        name: (files("operations_api.http") / "assets" / path).read_bytes() for name, (path, _) in ASSETS.items()
    }
    digest = hashlib.sha256(b"".join(contents.values())).hexdigest()[:16]
    pages = {slug: problem_page(kind, digest).encode() for slug, kind in PROBLEM_TYPES.items()}
    return [
        _document_route(msgspec.json.encode(document(registry))),
        _docs_route(DOCS_PAGE.format(digest=digest).encode()),
        _asset_route(digest, contents),
        _problem_route(pages),
    ]


def _document_route(content: bytes) -> Any:
    @get("/openapi.json", sync_to_thread=False)
    def openapi_document() -> Response[bytes]:
        return _answer(content, "application/json", {"Cache-Control": "no-cache"})

    return openapi_document


def _docs_route(content: bytes) -> Any:
    @get("/docs", sync_to_thread=False)
    def docs_page() -> Response[bytes]:
        return _answer(content, "text/html", PAGE_HEADERS)

    return docs_page


def _asset_route(digest: str, contents: Mapping[str, bytes]) -> Any:
    @get("/docs/assets/{version:str}/{name:str}", sync_to_thread=False)
    def docs_asset(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        if version != digest or name not in contents:
            raise NotFoundException("There is no such file; load /docs again.")
        return _answer(contents[name], ASSETS[name][1], ASSET_HEADERS)

    return docs_asset


def _problem_route(pages: Mapping[str, bytes]) -> Any:
    @get("/problems/{slug:str}", sync_to_thread=False)
    def problem_type_page(slug: FromPath[str]) -> Response[bytes]:
        if slug not in pages:
            raise NotFoundException("There is no such problem type.")
        return _answer(pages[slug], "text/html", PAGE_HEADERS)

    return problem_type_page


def _answer(content: bytes, media_type: str, headers: Mapping[str, str]) -> Response[bytes]:
    return Response(content, media_type=media_type, headers=dict(headers))


# relative addresses: the page also works below a prefix that a proxy takes away
DOCS_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Operations API</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="./docs/assets/{digest}/swagger-ui.css">
</head>
<body>
  <noscript>This page needs JavaScript; the document itself is <a href="./openapi.json">/openapi.json</a>.</noscript>
  <div id="docs" data-document="./openapi.json"></div>
  <script src="./docs/assets/{digest}/swagger-ui-bundle.js"></script>
  <script src="./docs/assets/{digest}/docs.js"></script>
</body>
</html>
"""
