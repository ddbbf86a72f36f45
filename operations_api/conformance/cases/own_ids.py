"""Section 1: ``PUT``, starting under the client's own id."""

from __future__ import annotations

import asyncio
from uuid import uuid1, uuid4

from operations_api.conformance.cases.routes import routes
from operations_api.conformance.client import Client, operation_of
from operations_api.conformance.findings import (
    expect,
    expect_equal,
    expect_header,
    expect_no_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import SECOND_TYPE


@routes.case()
async def a_put_starts_under_the_clients_own_id(api: Client) -> None:
    id = str(uuid4())
    operation = operation_of(answer := await api.put(id))
    expect_equal(operation["id"], id, "the id", answer)
    expect_equal(operation["idempotency_key"], None, "idempotency_key", answer)
    expect_no_header(answer, "idempotency-key")
    expect_header(answer, "location", f"{answer.public_url}/operations/{id}")


@routes.case()
async def the_same_put_again_is_a_replay(api: Client) -> None:
    id = str(uuid4())
    await api.put(id)
    again = expect_status(await api.put(id), 202)
    expect_header(again, "idempotent-replayed", "true")
    expect_equal(again.json["id"], id, "the id", again)


@routes.case()
async def a_put_with_another_body_is_refused(api: Client) -> None:
    id = str(uuid4())
    await api.put(id)
    answer = await api.put(id, api.body(labels={"another": "body"}))
    expect_equal(expect_problem(answer, 422, "idempotency-key-reused")["operation_id"], id, "operation_id", answer)


@routes.case()
async def a_put_to_what_was_started_under_a_key_is_refused(api: Client) -> None:
    expect_problem(await api.put((await api.waiting())["id"]), 422, "idempotency-key-reused")


@routes.case(SECOND_TYPE)
async def a_put_to_an_id_of_another_type_is_a_409(api: Client) -> None:
    id = str(uuid4())
    await api.put(id)
    answer = await api.put(id, {"input": {}}, type=api.service.other_type)
    expect_problem(answer, 409, "operation-type-mismatch")


@routes.each({"version 1": str(uuid1()), "version 4": str(uuid4()), "none": "11111111-2222-3333-4444-%s"})
async def any_uuid_will_do(api: Client, id: str) -> None:
    id = id.replace("%s", uuid4().hex[:12])
    expect_equal(operation_of(await api.put(id))["id"], id, "the id")


@routes.case()
async def upper_and_lower_case_are_the_same_id(api: Client) -> None:
    id = str(uuid4())
    await api.put(id.upper())
    expect_header(await api.put(id), "idempotent-replayed", "true")


@routes.each({"a word": "mine", "without hyphens": uuid4().hex, "in braces": "%7B" + str(uuid4()) + "%7D"})
async def what_is_no_uuid_is_refused(api: Client, id: str) -> None:
    expect_problem(await api.put(id), 400, "validation-error")


@routes.case()
async def of_twenty_puts_at_once_one_starts(api: Client) -> None:
    id = str(uuid4())
    answers = await asyncio.gather(*(api.put(id) for _ in range(20)))
    fresh = [answer for answer in answers if answer.header("idempotent-replayed") is None]
    for answer in answers:
        expect_equal(operation_of(answer)["id"], id, "the id", answer)
    expect(len(fresh) == 1, f"expected one answer that is no replay, got {len(fresh)}", fresh[-1] if fresh else None)


@routes.case()
async def a_put_to_what_was_deleted_starts_nothing(api: Client) -> None:
    id = str(uuid4())
    operation_of(await api.put(id))
    await api.ended(id)
    expect_status(await api.delete(id), 204)
    expect_problem(await api.put(id), 409, "operation-expired")


@routes.case()
async def a_put_that_only_validates_stores_nothing(api: Client) -> None:
    id = str(uuid4())
    expect_status(await api.put(id, query="?validate_only=true"), 204)
    expect_problem(await api.get(id), 404, "operation-not-found")


@routes.case()
async def a_refused_put_leaves_the_id_free(api: Client) -> None:
    id = str(uuid4())
    expect_problem(await api.put(id, {"input": {}, "unknown": 1}), 400, "validation-error")
    expect_no_header(expect_status(await api.put(id), 202), "idempotent-replayed")
