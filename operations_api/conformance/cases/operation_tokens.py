"""Section 4, tokens: keys that the service makes, each for one start of one type."""

from __future__ import annotations

import asyncio
from typing import Final

from operations_api.conformance.cases.idempotency import idempotency
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

AT_ONCE: Final = 20


async def made(api: Client, type: str | None = None) -> str:
    """A token, by default for the type that everything is tried with."""
    body = {"type": type or api.service.type, "expires_in_seconds": 600}
    answer = expect_status(await api.send("POST", "/operation-tokens", body), 201)
    expect_header(answer, "cache-control", "no-store")
    return str(answer.json["token"])


@idempotency.case()
async def a_token_starts_one_operation(api: Client) -> None:
    token = await made(api)
    first, again = await api.start(key=token), await api.start(key=f'"{token}"')
    expect_no_header(expect_status(first, 202), "idempotent-replayed")
    expect_equal(operation_of(again)["id"], operation_of(first)["id"], "the operation", again)
    expect_header(again, "idempotent-replayed", "true")


@idempotency.case()
async def a_used_token_is_refused_with_another_body(api: Client) -> None:
    token = await made(api)
    operation_of(await api.start(key=token))
    other = api.body(labels={"other": "body"})
    expect_problem(await api.start(other, key=token), 422, "idempotency-key-reused")


@idempotency.case()
async def of_twenty_uses_of_a_token_at_once_one_starts(api: Client) -> None:
    token = await made(api)
    answers = await asyncio.gather(*(api.start(key=token) for _ in range(AT_ONCE)))
    fresh = [answer for answer in answers if answer.header("idempotent-replayed") is None]
    expect(len({operation_of(answer)["id"] for answer in answers}) == 1, "expected one operation", answers[-1])
    expect(len(fresh) == 1, f"expected one answer that is no replay, got {len(fresh)}", answers[-1])


@idempotency.case()
async def a_forged_token_starts_nothing(api: Client) -> None:
    token = await made(api)
    forged = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
    expect_problem(await api.start(key=forged), 400, "idempotency-key-invalid")


@idempotency.case(SECOND_TYPE)
async def a_token_of_another_type_starts_nothing(api: Client) -> None:
    token = await made(api, api.service.other_type)
    expect_problem(await api.start(key=token), 400, "idempotency-key-invalid")


@idempotency.case()
async def a_token_for_a_type_that_is_none_is_refused(api: Client) -> None:
    answer = await api.send("POST", "/operation-tokens", {"type": "no-such-type"})
    expect_problem(answer, 400, "validation-error")
