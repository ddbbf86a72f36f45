"""Section 1: what the service says of itself, to programs and to people."""

from __future__ import annotations

import re
from html import escape
from typing import Any, Final
from urllib.parse import urljoin

from operations_api.conformance.cases.routes import routes
from operations_api.conformance.client import Client
from operations_api.conformance.findings import expect, expect_equal, expect_problem, expect_status

SLUGS: Final = {
    "idempotency-key-missing": {400}, "idempotency-key-invalid": {400}, "idempotency-key-reused": {422},
    "idempotency-key-in-flight": {409}, "idempotency-key-expired": {412}, "operation-not-found": {404},
    "operation-expired": {409, 410}, "operation-not-cancelable": {409}, "operation-type-mismatch": {409},
    "operation-not-terminal": {409}, "operation-not-blocked": {409}, "operation-not-compensable": {409},
    "validation-error": {400}, "malformed-json": {400}, "unknown-operation-type": {404},
    "precondition-failed": {412}, "precondition-required": {428}, "unsupported-media-type": {415},
    "content-too-large": {413}, "too-many-requests": {429}, "service-unavailable": {503}, "internal-error": {500},
}  # fmt: skip
"""The contract's refusals, each with the statuses it may have."""

LINKS: Final = re.compile(r"""<(?:script|link|img)\b[^>]*?\b(?:src|href)=["']?([^"'\s>]+)""")


@routes.case()
async def service_info_names_keys_retention_limits_types_and_problems(api: Client) -> None:
    info = expect_status(answer := await api.send("GET", "/service-info"), 200).json
    expect_equal(answer.media_type, "application/json", "the content type", answer)
    for name in ("name", "version", "idempotency_key", "limits", "types", "problem_types"):
        expect(name in info, f"expected the member {name}", answer)
    expect(info["idempotency_key"]["retention_days"] >= 1, "expected a retention of at least a day", answer)
    for name in ("body_bytes", "result_bytes", "page_size", "max_page_size", "wait_seconds"):
        expect(isinstance(info["limits"].get(name), int), f"expected the limit {name}", answer)


@routes.case()
async def each_type_is_there_with_the_schemas_of_its_input_and_result(api: Client) -> None:
    answer = await api.send("GET", "/service-info")
    for shown in answer.json["types"]:
        expect_equal(shown["path"], f"/operations/{shown['name']}", "path", answer)
        for name in ("input", "result"):
            expect(isinstance(shown[name], dict), f"expected a schema of the {name} of {shown['name']}", answer)
        expect(isinstance(shown["version"], int), f"expected a version of {shown['name']}", answer)


@routes.each(
    {
        "bare": "order-4711",
        "quoted": '"order-4711"',
        "255 characters": "k" * 255,
        "marks": "!#$%&'*+-./:;<=>?@[]^_`{|}~",
    }
)
async def the_published_pattern_admits_a_key(api: Client, key: str) -> None:
    answer = await api.send("GET", "/service-info")
    pattern = answer.json["idempotency_key"]["pattern"]
    expect(re.search(pattern, key), f"{pattern} does not admit {key}", answer)


@routes.each(
    {
        "nothing": "",
        "a space": "a b",
        "a comma": "a,b",
        "256 characters": "k" * 256,
        "half a quote": '"a',
        "a backslash": "a\\b",
    }
)
async def the_published_pattern_refuses_what_is_no_key(api: Client, key: str) -> None:
    answer = await api.send("GET", "/service-info")
    pattern = answer.json["idempotency_key"]["pattern"]
    expect(not re.search(pattern, key), f"{pattern} admits {key!r}", answer)


@routes.each({slug: slug for slug in SLUGS})
async def a_kind_of_refusal_is_published_and_has_a_readable_page(api: Client, slug: str) -> None:
    info = await api.send("GET", "/service-info")
    kinds = {kind["type"].rpartition("/")[2]: kind for kind in info.json["problem_types"]}
    expect(slug in kinds, f"expected {slug} in problem_types", info)
    expect(SLUGS[slug] <= set(kinds[slug]["statuses"]), f"expected the statuses {SLUGS[slug]} of {slug}", info)
    page = expect_status(await api.acting_with("").send("GET", f"/problems/{slug}"), 200)
    expect_equal(page.media_type, "text/html", "the content type", page)
    expect(escape(kinds[slug]["title"]) in page.body.decode(), "expected the title on the page", page)


@routes.case()
async def a_kind_of_refusal_that_is_none_has_no_page(api: Client) -> None:
    expect_status(await api.send("GET", "/problems/no-such-problem"), 404)
    expect_problem(await api.send("GET", "/problems/no-such-problem"), 404, None)


@routes.case()
async def the_openapi_document_is_3_1_and_has_a_path_for_each_type(api: Client) -> None:
    answer = expect_status(await api.send("GET", "/openapi.json"), 200)
    document: dict[str, Any] = answer.json
    expect(document["openapi"].startswith("3.1"), f"expected OpenAPI 3.1, got {document['openapi']}", answer)
    for name in api.service.types:
        expect("202" in document["paths"][f"/operations/{name}"]["post"]["responses"], f"no 202 of {name}", answer)
    for path in ("/operations", "/operations/{id}", "/operations/{id}/cancel", "/operations/{id}/events"):
        expect(path in document["paths"], f"expected the path {path}", answer)


@routes.case()
async def every_operation_of_the_document_has_an_id_of_its_own(api: Client) -> None:
    answer = await api.send("GET", "/openapi.json")
    ids = [
        shown["operationId"]
        for path in answer.json["paths"].values()
        for method, shown in path.items()
        if method in ("get", "put", "post", "patch", "delete")
    ]
    expect_equal(len(set(ids)), len(ids), "the number of different operationIds", answer)


@routes.case()
async def the_interactive_documentation_loads_nothing_from_another_host(api: Client) -> None:
    page = expect_status(await api.send("GET", "/docs"), 200)
    expect_equal(page.media_type, "text/html", "the content type", page)
    for link in LINKS.findall(page.body.decode()):
        expect("//" not in link, f"expected no other host, got {link}", page)
        if not link.startswith(("#", "data:")):
            expect_status(await api.send("GET", urljoin("/docs", link)), 200)


@routes.case()
async def liveness_and_readiness_are_json(api: Client) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = expect_status(await api.send("GET", path), 200)
        expect_equal(answer.json["status"], "ok", "status", answer)
    for part in ("postgres", "redis"):
        expect(part in answer.json, f"expected readiness to report {part}", answer)
