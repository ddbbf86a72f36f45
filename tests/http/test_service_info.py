"""The published policy is the one that is applied."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from operations_api.domain.problem import PROBLEM_TYPES
from tests.http.service import BODY_LIMIT, Client, Service


@pytest.fixture
async def info(service: Service) -> dict[str, Any]:
    async with service.client(None) as anybody:
        response = await anybody.get("/service-info")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


async def test_it_needs_no_key_and_names_every_type_with_its_retention(info: dict[str, Any]):
    assert [(each["name"], each["retention_days"]) for each in info["types"]] == [("memo", 2), ("note", 30)]
    assert [each["path"] for each in info["types"]] == ["/operations/memo", "/operations/note"]


@pytest.mark.parametrize("key", ["order-4711", '"order-4711"', "0f4a1c", "a b", "a,b", "", 'a"b', "x" * 256])
async def test_a_key_is_accepted_exactly_when_the_pattern_says_so(client: Client, info: dict[str, Any], key: str):
    response = await client.post("/operations/note", json={"input": {}}, headers={"Idempotency-Key": key})
    assert (response.status_code == 202) == bool(re.fullmatch(info["idempotency_key"]["pattern"], key))


@pytest.mark.parametrize(
    "input",
    [
        {},
        {"text": "x", "lines": [{"sku": "a"}]},
        {"lines": [{"sku": "a", "unknown": 1}]},
        {"by_name": {"x": {"sku": "a", "quantity": "1"}}},
        {"unknown": 1},
        {"count": "1"},
        {"lines": [{}]},
    ],
)
async def test_an_input_is_accepted_exactly_when_its_schema_says_so(client: Client, info: dict[str, Any], input: Any):
    (schema,) = (each["input"] for each in info["types"] if each["name"] == "note")
    response = await client.start({"input": input})
    assert (response.status_code == 202) == Draft202012Validator(schema).is_valid(input)


async def test_the_limits_are_those_that_are_applied(client: Client, info: dict[str, Any]):
    limits = info["limits"]
    assert limits["body_bytes"] == BODY_LIMIT
    for count, status in ((limits["labels"], 202), (limits["labels"] + 1, 400)):
        assert (
            await client.start({"input": {}, "labels": dict.fromkeys(map(str, range(count)), "")})
        ).status_code == status
    for number, status in ((limits["largest_integer"], 202), (limits["largest_integer"] + 1, 400)):
        assert (await client.start({"input": {"anything": number}})).status_code == status
    for depth, status in ((limits["nesting"], 202), (limits["nesting"] + 1, 400)):
        nested = b"[" * (depth - 2) + b"]" * (depth - 2)
        assert (await client.start(b'{"input": {"anything": %b}}' % nested)).status_code == status


async def test_every_problem_type_is_listed_under_the_url_that_refusals_have(
    service: Service, client: Client, info: dict[str, Any]
):
    assert {each["type"] for each in info["problem_types"]} == {
        f"{service.base_url}/problems/{slug}" for slug in PROBLEM_TYPES
    }
    refusal = (await client.post("/operations/note", json={"input": {}})).json()
    (kind,) = (each for each in info["problem_types"] if each["type"] == refusal["type"])
    assert refusal["title"] == kind["title"]
    assert refusal["status"] in kind["statuses"]
