"""Section 3: which bodies are taken, in which pieces, and up to which size."""

from __future__ import annotations

import json
from typing import Any, Final

from operations_api.conformance.cases.starting import starting
from operations_api.conformance.client import Client, Header, new_key, operation_of
from operations_api.conformance.findings import expect, expect_equal, expect_header, expect_problem
from operations_api.conformance.section import PROBE
from operations_api.conformance.wire import Answer

NOT_JSON: Final = {
    "none": [], "text": [("Content-Type", "text/plain")], "a longer word": [("Content-Type", "application/jsonx")],
    "a form": [("Content-Type", "application/x-www-form-urlencoded")], "nothing": [("Content-Type", "")],
    "two lines": [("Content-Type", "application/json"), ("Content-Type", "application/json")],
    "another JSON": [("Content-Type", "application/merge-patch+json")],
}  # fmt: skip
MALFORMED: Final = {
    "nothing": b"", "half an object": b'{"input": {', "a word": b"input", "single quotes": b"{'input': {}}",
    "a comma too many": b'{"input": {},}', "something after the end": b'{"input": {}} {}',
    "a member twice": b'{"input": {}, "input": {}}',
    "a member twice, one escaped": b'{"input": {}, "inp\\u0075t": {}}',
    "a member twice further down": b'{"input": {"a": {"b": 1, "b": 2}}}',
    "NUL in a string": b'{"input": {}, "labels": {"a": "\\u0000"}}',
    "NUL in a name": b'{"input": {"\\u0000": 1}}',
    "a lone surrogate": b'{"input": {}, "labels": {"a": "\\ud800"}}',
    "an integer beyond 2^53-1": b'{"input": {"a": 9007199254740992}}',
    "an integer below": b'{"input": {"a": -9007199254740992}}',
    "nesting deeper than 64": b'{"input": ' + b"[" * 64 + b"]" * 64 + b"}",
    "nesting of a hundred thousand": b"[" * 100_000 + b"]" * 100_000,
    "NaN": b'{"input": {"a": NaN}}', "Infinity": b'{"input": {"a": -Infinity}}', "a huge number": b'{"input": 1e999}',
    "bytes that are not UTF-8": b'{"input": {}, "labels": {"a": "\xff"}}', "UTF-16": '{"input": {}}'.encode("utf-16"),
    "a control character": b'{"input": {}, "labels": {"a": "\x01"}}', "a leading zero": b'{"input": {"a": 01}}',
}  # fmt: skip
INVALID: Final[dict[str, tuple[Any, str | None]]] = {
    "an array": ([], None), "a string": ("input", None), "null": (None, None), "a number": (1, None),
    "no input": ({}, "/input"), "an input that is null": ({"input": None}, "/input"),
    "an input that is an array": ({"input": []}, "/input"),
    "an unknown member": ({"unknown": 1}, "/unknown"),
    "an unknown member of the input": ({"input": {"no_such_member": 1}}, None),
    "labels that are a list": ({"labels": []}, "/labels"),
    "a label that is a number": ({"labels": {"a": 1}}, "/labels/a"),
    "a label with a colon in its key": ({"labels": {"a:b": "c"}}, None),
    "a label with an empty key": ({"labels": {"": "c"}}, None),
    "a deadline that has passed": ({"deadline": "2001-01-01T00:00:00Z"}, "/deadline"),
    "a group without a name": ({"group": ""}, "/group"),
    "a priority there is not": ({"priority": "urgent"}, "/priority"),
    "a deadline without an offset": ({"deadline": "2999-01-01T00:00:00"}, "/deadline"),
    "a deadline that is no time": ({"deadline": "soon"}, "/deadline"),
    "a not_before after the deadline": ({"deadline": "2998-01-01T00:00:00Z", "not_before": "2999-01-01T00:00:00Z"},
                                        "/not_before"),
    "a not_before that is a number": ({"not_before": 1}, "/not_before"),
}  # fmt: skip


@starting.each(NOT_JSON)
async def a_body_that_does_not_say_it_is_json_is_a_415(api: Client, headers: list[Header]) -> None:
    content = json.dumps(api.body()).encode()
    lines = [("Idempotency-Key", new_key()), ("Content-Length", str(len(content))), *headers]
    address = api.service.turn()
    path = f"/operations/{api.service.type}"
    answer = (await api.raw([api.request(address, "POST", path, lines, content)], address))[0]
    expect_problem(answer, 415, "unsupported-media-type")
    expect_header(answer, "accept", "application/json")


@starting.each({"a charset": "application/json; charset=utf-8", "other letters": "Application/JSON"})
async def a_json_content_type_may_have(api: Client, value: str) -> None:
    operation_of(await api.start(headers=[("Content-Type", value)]))


@starting.each(MALFORMED)
async def what_is_not_json_that_everybody_reads_alike_is_refused(api: Client, body: bytes) -> None:
    expect_problem(await api.start(body), 400, "malformed-json")


@starting.each(INVALID)
async def a_body_that_the_schema_does_not_allow_is_refused_with_its_place(
    api: Client, given: tuple[Any, str | None]
) -> None:
    wrong, pointer = given
    body = {**({} if wrong == {} else api.body()), **wrong} if isinstance(wrong, dict) else wrong
    content = json.dumps(body).encode()
    answer = await api.start(content)
    errors = expect_problem(answer, 400, "validation-error")["errors"]
    expect(errors and all(each["detail"] and "pointer" in each for each in errors), "expected errors", answer)
    if pointer is not None:
        expect_equal(errors[0]["pointer"], pointer, "the pointer", answer)


@starting.case()
async def more_labels_than_published_are_refused(api: Client) -> None:
    most = api.service.info["limits"]["labels"]
    operation_of(await api.start(api.body(labels={str(number): "" for number in range(most)})))
    answer = await api.start(api.body(labels={str(number): "" for number in range(most + 1)}))
    expect_problem(answer, 400, "validation-error")


@starting.each({
    "a number as text": ({"steps": "2"}, "/input/steps"), "a fraction for an integer": ({"steps": 1.5}, "/input/steps"),
    "too small": ({"steps": 0}, "/input/steps"), "too large": ({"steps": 10**6}, "/input/steps"),
    "an unknown word": ({"effect": "both"}, "/input/effect"), "true for an integer": ({"steps": True}, "/input/steps"),
    "an unknown member": ({"stepz": 1}, "/input/stepz"),
    "members that contradict each other": ({"steps": 1, "reject_reserve": 5}, "/input"),
}, PROBE)  # fmt: skip
async def an_input_that_its_type_does_not_allow_is_refused_with_its_place(
    api: Client, given: tuple[dict[str, Any], str]
) -> None:
    answer = await api.start({"input": given[0]})
    expect_equal(expect_problem(answer, 400, "validation-error")["errors"][0]["pointer"], given[1], "pointer", answer)


@starting.each({
    "an integer written as 2.0": b'{"steps": 2.0}', "an integer written as 2e0": b'{"steps": 2e0}',
    "the largest integer": b'{"echo": 9007199254740991}', "the smallest": b'{"echo": -9007199254740991}',
    "64 levels": b'{"echo": ' + b"[" * 62 + b"]" * 62 + b"}", "an escaped name": b'{"\\u0065cho": 1}',
    "a pair of surrogates": b'{"echo": "\\ud83d\\ude00"}', "white space": b'\r\n\t {"echo" :\n1 }\t',
}, PROBE)  # fmt: skip
async def what_everybody_reads_alike_is_taken(api: Client, input: bytes) -> None:
    answer = await api.start(b'{"input": ' + input + b', "not_before": "' + api.service.not_before.encode() + b'"}')
    operation_of(answer)


@starting.case(PROBE)
async def large_integers_come_back_exactly(api: Client) -> None:
    echo = [9007199254740991, -9007199254740991, 0.1, 1e300, "\U0001f600"]
    expect_equal((await api.probed(steps=1, echo=echo))["result"]["echo"], echo, "the echo")


# -- size --------------------------------------------------------------------------------------------------------------


@starting.case()
async def a_body_of_exactly_the_limit_is_taken(api: Client) -> None:
    operation_of(await api.start(_padded(api, 0)))


@starting.case()
async def a_body_of_one_byte_more_is_a_413(api: Client) -> None:
    answer = await api.start(_padded(api, 1))
    refused = expect_problem(answer, 413, "content-too-large")
    expect_equal(refused["limit_bytes"], api.service.info["limits"]["body_bytes"], "limit_bytes", answer)


@starting.case()
async def a_larger_body_in_chunks_is_a_413(api: Client) -> None:
    body = _padded(api, 1)
    pieces = [b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:65536], body[65536:])]
    expect_problem(await _chunked(api, [*pieces, b"0\r\n\r\n"]), 413, "content-too-large")


@starting.case()
async def a_much_larger_body_is_drained_so_that_the_413_can_be_read(api: Client) -> None:
    expect_problem(await api.start(_padded(api, 4 * 1024 * 1024)), 413, "content-too-large")


@starting.case()
async def who_asks_before_sending_too_much_is_told_at_once(api: Client) -> None:
    size = str(api.service.info["limits"]["body_bytes"] + 1)
    answer = await _head_only(api, [("Content-Length", size), ("Expect", "100-continue")])
    expect_problem(answer, 413, "content-too-large")


@starting.case()
async def who_asks_before_sending_is_told_to_go_on(api: Client) -> None:
    answer = await api.start(headers=[("Expect", "100-continue")])
    operation_of(answer)
    expect(100 in answer.interim, f"expected 100 Continue, got {answer.interim}", answer)


# -- pieces ------------------------------------------------------------------------------------------------------------


@starting.each({"one byte": 1, "three bytes": 3})
async def a_body_may_come_in_chunks_of(api: Client, size: int) -> None:
    body = json.dumps(api.body()).encode()
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    operation_of(await _chunked(api, [*(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]))


@starting.case()
async def a_request_may_come_in_pieces_of_three_bytes(api: Client) -> None:
    address, body = api.service.turn(), json.dumps(api.body()).encode()
    whole = api.request(address, "POST", f"/operations/{api.service.type}", _lines(), body)
    pieces = [whole[at : at + 3] for at in range(0, len(whole), 3)]
    operation_of((await api.raw(pieces, address))[0])


@starting.case()
async def two_requests_sent_at_once_are_answered_in_their_order(api: Client) -> None:
    address, body, keys = api.service.turn(), json.dumps(api.body()).encode(), [new_key(), new_key()]
    path = f"/operations/{api.service.type}"
    first = api.request(address, "POST", path, _lines(keys[0]), body, connection="keep-alive")
    answers = await api.raw([first + api.request(address, "POST", path, _lines(keys[1]), body)], address)
    expect_equal([operation_of(answer)["idempotency_key"] for answer in answers], keys, "the keys", answers[-1])


@starting.case()
async def a_connection_serves_further_requests(api: Client) -> None:
    address = api.service.turn()
    first = api.request(address, "GET", "/operations?page_size=1", [], connection="keep-alive")
    refused = api.request(address, "GET", "/nowhere", [], connection="keep-alive")
    answers = await api.raw([first, refused, api.request(address, "GET", "/health/live", [])], address)
    expect_equal([answer.status for answer in answers], [200, 404, 200], "the statuses", answers[-1])


@starting.case()
async def names_of_headers_may_be_written_in_any_case(api: Client) -> None:
    key = new_key()
    answer = await api.start(key="", headers=[("iDEMPOTENCY-kEY", key), ("cONTENT-tYPE", "application/json")])
    expect_equal(operation_of(answer)["idempotency_key"], key, "the key", answer)


@starting.each({
    "a valid one": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "zeros": "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
    "garbage": "not a trace", "the forbidden version": "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "nothing": "", "something long": "00-" + "a" * 4000,
})  # fmt: skip
async def a_traceparent_never_refuses_a_start(api: Client, value: str) -> None:
    operation_of(await api.start(headers=[("traceparent", value)]))


def _padded(api: Client, beyond: int) -> bytes:
    """A body that is valid, and of the limit's length and so many bytes more."""
    limit: int = api.service.info["limits"]["body_bytes"]
    return json.dumps(api.body()).encode().ljust(limit + beyond)


def _lines(key: str | None = None) -> list[Header]:
    return [("Idempotency-Key", key or new_key()), ("Content-Type", "application/json")]


async def _chunked(api: Client, pieces: list[bytes]) -> Answer:
    address = api.service.turn()
    path = f"/operations/{api.service.type}"
    head = api.request(address, "POST", path, [*_lines(), ("Transfer-Encoding", "chunked")])
    return (await api.raw([head, *pieces], address))[0]


async def _head_only(api: Client, headers: list[Header]) -> Answer:
    address = api.service.turn()
    head = api.request(address, "POST", f"/operations/{api.service.type}", [*_lines(), *headers])
    return (await api.raw([head], address, unfinished=True))[0]
