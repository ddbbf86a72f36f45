"""The OpenAPI document: valid, up to date, and safe for the clients that are generated from it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from openapi_spec_validator import OpenAPIV31SpecValidator

from examples import registry
from operations_api import Action, Context, Definition, Registry
from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.http import listing
from operations_api.http.allowed_methods import OTHERWISE
from operations_api.http.app import handlers
from operations_api.http.openapi import document, rendered
from operations_api.http.resources import Resources
from operations_api.settings import Settings

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"
METHODS = {"get", "head", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return document(registry)


def test_the_document_is_valid_openapi(spec: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(spec).validate()


def test_the_committed_document_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == rendered(registry), "run make openapi and commit the result"


def test_every_type_that_can_be_started_has_a_path_of_its_own(spec: dict[str, Any]) -> None:
    for name in registry.current:
        assert "post" in spec["paths"][f"/operations/{name}"]


def test_the_documented_paths_and_methods_are_those_of_the_application(spec: dict[str, Any]) -> None:
    application = Litestar(handlers(Resources(Settings(), registry)), openapi_config=None)
    served = {
        (route.path_format, str(method).lower())
        for route in application.routes
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS" and not handler.opt.get(OTHERWISE)
    }
    documented = {(path, method) for path, item in spec["paths"].items() for method in METHODS & set(item)}
    assert served - documented == {("/docs/assets/{version}/{name}", "get")}
    assert documented <= served


def test_the_documented_filters_of_the_list_are_those_it_takes(spec: dict[str, Any]) -> None:
    documented = [each["name"] for each in spec["paths"]["/operations"]["get"]["parameters"] if "in" in each]
    assert documented == [*listing.FILTERS, "page_size", "page_token"]


def test_operation_ids_are_unique_and_in_camel_case(spec: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(spec)]
    assert len(ids) == len(set(ids))
    assert [each for each in ids if not re.fullmatch(r"[a-z]+([A-Z_][a-z0-9]*)*", each)] == []
    assert "startPlaceOrder" in ids


def test_a_start_answers_202_and_never_200(spec: dict[str, Any]) -> None:
    for operation in starts(spec):
        assert "202" in operation["responses"]
        assert "200" not in operation["responses"], "generators would type the method by the 200 and lose the operation"


def test_the_result_is_typed_where_it_starts_and_generic_where_it_is_polled(spec: dict[str, Any]) -> None:
    place_order = spec["paths"]["/operations/place-order"]["post"]["responses"]["202"]
    schema = resolved(spec, place_order["content"]["application/json"]["schema"])
    assert "$ref" in schema["properties"]["result"]
    generic = spec["paths"]["/operations/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert generic == {"$ref": "#/components/schemas/Operation"}


def test_requests_are_closed_at_every_level(spec: dict[str, Any]) -> None:
    for operation in starts(spec):
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        found = list(objects(spec, body))
        assert found
        assert [schema for schema in found if schema.get("additionalProperties") is not False] == []


def test_responses_are_open_at_every_level_and_enumerate_no_words(spec: dict[str, Any]) -> None:
    for operation in operations(spec):
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                found = list(objects(spec, media.get("schema", {})))
                assert [schema for schema in found if schema.get("additionalProperties") is not True] == []
                own = [schema for schema in found if "title" not in schema]  # a definition's Structs have titles
                assert [s for schema in own for s in schema["properties"].values() if is_closed_word(s)] == []


def test_result_and_error_are_absent_or_there_and_never_null(spec: dict[str, Any]) -> None:
    for name, schema in spec["components"]["schemas"].items():
        if name == "Operation" or name in {f"{start(each)}Operation" for each in registry.current}:
            assert not {"result", "error", "blocked"} & set(schema["required"])
            for member in ("result", "error"):
                assert not admits(spec, schema["properties"][member], None)


def test_every_request_example_is_a_request_that_fits(spec: dict[str, Any]) -> None:
    for path, item in spec["paths"].items():
        for operation in (each for method, each in item.items() if method in METHODS):
            for media in operation.get("requestBody", {}).get("content", {}).values():
                assert "example" in media, f"{path}: give the definition an example"
                assert admits(spec, media["schema"], media["example"])


def test_every_problem_example_fits_and_names_a_page_that_is_there(spec: dict[str, Any]) -> None:
    for name, example in spec["components"]["examples"].items():
        problem = example["value"]
        assert admits(spec, {"$ref": "#/components/schemas/Problem"}, problem), name
        kind = PROBLEM_TYPES.get(problem["type"].rpartition("/")[2])
        assert problem["type"] == "about:blank" or (kind and problem["status"] in (kind.status, *kind.also)), name


def test_every_refusal_is_a_problem_document(spec: dict[str, Any]) -> None:
    for operation in operations(spec):
        refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
        for status, response in refusals.items():
            head = operation["operationId"].startswith("head")
            assert head or list(response["content"]) == ["application/problem+json"], status


def test_every_answer_has_a_request_id(spec: dict[str, Any]) -> None:
    for operation in operations(spec):
        for response in operation["responses"].values():
            assert "X-Request-Id" in response["headers"]


def test_every_reference_and_every_link_leads_somewhere(spec: dict[str, Any]) -> None:
    ids = {operation["operationId"] for operation in operations(spec)}
    for part in parts(spec):
        if "$ref" in part:
            assert resolved(spec, part) is not None
        if "links" in part and "responses" not in part and "description" in part:
            assert {link["operationId"] for link in part["links"].values() if "operationId" in link} <= ids


def test_a_key_may_be_quoted_or_bare(spec: dict[str, Any]) -> None:
    header = spec["components"]["parameters"]["Idempotency-Key"]
    assert "example" not in header, "tools would send it with every request"
    for key in ("abc", '"abc"', "a;b=c", "019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11", "x" * 255, "~!#"):
        assert admits(spec, header["schema"], key), key
    for key in ("", '""', '"abc', 'abc"', "a b", "a,b", "a\\b", "é", "a\x00", "x" * 256):
        assert not admits(spec, header["schema"], key), key


def test_nothing_but_pages_and_health_is_open_to_everybody(spec: dict[str, Any]) -> None:
    assert spec["security"] == [{"bearer": []}]
    open_to_all = {each["operationId"] for each in operations(spec) if each.get("security") == []}
    signed = {"takeWebhook"}
    assert open_to_all - signed == {each["operationId"] for each in operations(spec) if each["tags"] == ["Service"]}


class Operation(msgspec.Struct):
    """A Struct that has the name of one of ours."""

    name: str


class Nothing(Action):
    key = "nothing"

    async def execute(self, ctx: Context, input: Operation) -> None:
        return None


def test_names_that_clash_are_kept_apart() -> None:
    def definition(name: str) -> Definition:
        return Definition(
            name=name, input=Operation, result=Operation, steps=(Nothing(),), build_result=lambda input, results: input
        )

    spec = document(Registry([definition("a-1b"), definition("a1b"), definition("operation")]))
    OpenAPIV31SpecValidator(spec).validate()
    ids = {each["operationId"] for each in starts(spec)}
    assert ids == {f"{verb}{name}" for verb in ("start", "put") for name in ("A_1b", "A1b", "Operation")}
    assert spec["components"]["schemas"]["Operation"]["properties"].keys() > {"id", "done"}
    assert spec["components"]["schemas"]["OperationInput"]["additionalProperties"] is False
    assert spec["components"]["schemas"]["OperationResult"]["additionalProperties"] is True


def test_the_document_is_stable() -> None:
    assert rendered(registry) == rendered(Registry(list(reversed(registry.versions.values()))))


def operations(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in spec["paths"].values():
        yield from (operation for method, operation in item.items() if method in METHODS)


def starts(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for operation in operations(spec) if operation["tags"] == ["Start"]]


def start(type_name: str) -> str:
    return "".join(word.capitalize() for word in type_name.split("-"))


def resolved(spec: dict[str, Any], part: dict[str, Any]) -> Any:
    found: Any = spec
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(member)


def objects(spec: dict[str, Any], schema: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[Any]:
    """Every object with described members that a schema leads to."""
    for part in parts(schema):
        if isinstance(part.get("properties"), dict):
            yield part
        if isinstance(part.get("$ref"), str) and part["$ref"] not in seen:
            yield from objects(spec, resolved(spec, part), seen | {part["$ref"]})


def is_closed_word(schema: dict[str, Any]) -> bool:
    return "enum" in schema or "const" in schema


def admits(spec: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    whole = schema | {"components": spec["components"]}
    return Draft202012Validator(whole).is_valid(json.loads(json.dumps(value)))
