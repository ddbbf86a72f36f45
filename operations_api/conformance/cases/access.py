"""Section 1: API keys, scopes and tenants."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from operations_api.conformance.cases.routes import routes
from operations_api.conformance.client import Client, Header, new_key
from operations_api.conformance.findings import (
    NotApplicable,
    expect,
    expect_equal,
    expect_header,
    expect_no_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import OTHER_KEY, READ_KEY

OPEN: Final = ("/service-info", "/openapi.json", "/docs", "/health/live", "/health/ready", "/problems/malformed-json")
NOT_A_KEY: Final[dict[str, list[Header]]] = {
    "an unknown key": [("Authorization", "Bearer nobody-has-this-key")],
    "another scheme": [("Authorization", "Basic YTpi")],
    "no key after the scheme": [("Authorization", "Bearer")],
    "an empty header": [("Authorization", "")],
    "a key without a scheme": [("Authorization", "nobody-has-this-key")],
    "bytes that are not ASCII": [("Authorization", b"Bearer \xc3\xa9\xc3\xa9\xc3\xa9")],
}
ON_ONE: Final = {
    "GET": ("GET", ""),
    "HEAD": ("HEAD", ""),
    "cancel": ("POST", "/cancel"),
    "DELETE": ("DELETE", ""),
    "PATCH": ("PATCH", ""),
    "events": ("GET", "/events"),
}


@routes.each({path: path for path in ("/operations", f"/operations/{uuid4()}", "/nowhere")})
async def without_a_key_the_answer_is_a_401_that_asks_for_one(api: Client, path: str) -> None:
    answer = await api.acting_with("").send("GET", path)
    expect_problem(answer, 401, None)
    expect(expect_header(answer, "www-authenticate").startswith("Bearer"), "expected WWW-Authenticate: Bearer", answer)


@routes.each(NOT_A_KEY)
async def what_is_no_known_key_is_a_401(api: Client, headers: list[Header]) -> None:
    answer = await api.send("GET", "/operations", headers=headers)
    expect_problem(answer, 401, None)
    expect_header(answer, "www-authenticate")


@routes.case()
async def two_keys_in_one_request_are_a_401(api: Client) -> None:
    line = ("Authorization", f"Bearer {api.key}")
    expect_problem(await api.send("GET", "/operations", headers=[line, line]), 401, None)


@routes.case()
async def the_scheme_may_be_written_in_any_case(api: Client) -> None:
    answer = await api.send("GET", "/operations?page_size=1", headers=[("authorization", f"bEaReR {api.key}")])
    expect_status(answer, 200)


@routes.each({path: path for path in OPEN})
async def what_needs_no_key_needs_none(api: Client, path: str) -> None:
    expect_status(await api.acting_with("").send("GET", path), 200)


@routes.case()
async def a_wrong_key_does_not_close_what_is_open(api: Client) -> None:
    expect_status(await api.acting_with("nobody-has-this-key").send("GET", "/service-info"), 200)


@routes.each({"POST": "", "cancel": "/cancel"}, READ_KEY)
async def starting_and_canceling_need_the_scope_submit(api: Client, path: str) -> None:
    reader = api.acting_with(api.service.given.read_key)
    if path:
        id = (await api.waiting())["id"]
        expect_problem(await reader.cancel(id), 403, None)
    else:
        expect_problem(await reader.start(), 403, None)


@routes.each({"PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE"}, READ_KEY)
async def every_other_change_needs_it_too(api: Client, method: str) -> None:
    reader = api.acting_with(api.service.given.read_key)
    id = (await api.finished())["id"]
    if method == "PUT":
        expect_problem(await reader.put(str(uuid4())), 403, None)
    elif method == "PATCH":
        expect_problem(await reader.patch(id, {}, ("If-Match", "*")), 403, None)
    else:
        expect_problem(await reader.delete(id), 403, None)


@routes.case(READ_KEY)
async def the_scope_read_is_enough_to_read(api: Client) -> None:
    reader = api.acting_with(api.service.given.read_key)
    id = (await api.finished())["id"]
    expect_status(await reader.get(id), 200)
    expect_status(await reader.page(page_size="1"), 200)
    expect_status(await reader.send("GET", f"/operations/{id}/events"), 200)


@routes.each({"retry": "retry", "resolve": "resolve", "compensate": "compensate", "close": "force-close"}, READ_KEY)
async def what_operators_do_needs_the_scope_operate(api: Client, verb: str) -> None:
    id = (await api.waiting())["id"]
    body = {"step": "a", "as": "released", "evidence": "b"} if verb == "resolve" else {"evidence": "b"}
    answer = await api.acting_with(api.service.given.read_key).send("POST", f"/operations/{id}/{verb}", body)
    expect_problem(answer, 403, None)


@routes.each(ON_ONE, OTHER_KEY)
async def another_tenants_operation_is_the_same_404_as_none(api: Client, asked: tuple[str, str]) -> None:
    method, verb = asked
    stranger = api.acting_with(api.service.given.other_key)
    body: Any = {"labels": {}} if method == "PATCH" else None
    headers: list[Header] = [("If-Match", "*")] if method == "PATCH" else []
    id = (await api.finished())["id"]
    theirs = await stranger.send(method, f"/operations/{id}{verb}", body, headers=headers)
    nobodys = await stranger.send(method, f"/operations/{uuid4()}{verb}", body, headers=headers)
    expect_status(theirs, 404)
    expect_equal(theirs.header("content-type"), nobodys.header("content-type"), "the content type", theirs)
    if method != "HEAD":
        seen, wanted = (expect_problem(each, 404, "operation-not-found") for each in (theirs, nobodys))
        own = {"type": "", "instance": ""}  # its URL is of the replica that answered, its id of the request
        expect_equal({**seen, **own}, {**wanted, **own}, "the refusal", theirs)
    expect_status(await api.get(id), 200)


@routes.case(READ_KEY)
async def who_has_not_the_scope_admin_acts_for_no_other_tenant(api: Client) -> None:
    reader = api.acting_with(api.service.given.read_key)
    answer = await reader.send("GET", "/operations?page_size=1", headers=[("Operations-Tenant", "somebody-else")])
    expect_problem(answer, 403, None)


@routes.each({"a request": "GET", "a question before one": "OPTIONS"})
async def pages_of_an_origin_that_nobody_allowed_get_no_permission(api: Client, method: str) -> None:
    headers: list[Header] = [("Origin", "https://nobody-allowed.example"), ("Access-Control-Request-Method", "GET")]
    answer = await api.send(method, "/operations?page_size=1", headers=headers)
    if answer.header("access-control-allow-origin") == "*":
        raise NotApplicable("needs a service that not every origin may ask")
    expect_no_header(answer, "access-control-allow-origin")


@routes.case(OTHER_KEY)
async def another_tenants_operations_are_in_no_list(api: Client) -> None:
    label = f"secret-{api.service.run_id}"
    await api.finished(labels={"of": label})
    stranger = api.acting_with(api.service.given.other_key)
    answer = expect_status(await stranger.page(label=f"of:{label}"), 200)
    expect_equal(answer.json["operations"], [], "the other tenant's list", answer)


@routes.case(OTHER_KEY)
async def the_same_key_of_another_tenant_is_another_operation(api: Client) -> None:
    key, stranger = new_key(), api.acting_with(api.service.given.other_key)
    mine, theirs = await api.start(key=key), await stranger.start(key=key)
    expect_status(theirs, 202)
    expect(theirs.json["id"] != mine.json["id"], "expected an operation of its own", theirs)
    expect(theirs.header("idempotent-replayed") is None, "expected no replay", theirs)


@routes.case(OTHER_KEY)
async def another_tenants_page_token_is_refused(api: Client) -> None:
    for _ in range(2):
        await api.waiting()
    token = expect_status(await api.page(page_size="1"), 200).json["next_page_token"]
    answer = await api.acting_with(api.service.given.other_key).page(page_token=token)
    expect_problem(answer, 400, "validation-error")
