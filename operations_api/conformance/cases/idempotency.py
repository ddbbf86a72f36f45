"""Section 4: one key, one operation; every row of the table that can be brought about from outside."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import Any, Final

from operations_api.conformance.client import Client, Header, new_key, operation_of
from operations_api.conformance.findings import (
    PROBLEM,
    expect,
    expect_equal,
    expect_header,
    expect_no_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import PROBE, SECOND_TYPE, Section
from operations_api.conformance.wire import Answer

idempotency = Section(4, "Idempotency")

AT_ONCE: Final = 20
AGAIN: Final[Header] = ("Idempotency-Retry", "?1")
GIVING_UP: Final[dict[str, Any]] = {"steps": 1, "flaky": 2, "patience_ms": 1}
NO_KEY: Final[dict[str, list[str | bytes]]] = {
    "nothing": [""], "spaces alone": ["   "], "quotes around nothing": ['""'], "a space within": ["a b"],
    "a space within quotes": ['"a b"'], "a tab within": ["a\tb"], "256 characters": ["k" * 256],
    "256 characters in quotes": ['"' + "k" * 256 + '"'], "a quote at its beginning": ['"abc'],
    "a quote at its end": ['abc"'], "a quote within": ['a"b'], "parameters": ['"abc";a=1'],
    "something after the quotes": ['"abc"d'], "a list": ["a, b"], "a list of strings": ['"a", "b"'],
    "a comma": ["a,b"], "a backslash": ["a\\b"], "an escaped quote": ['"a\\"b"'],
    "UTF-8": [b"caf\xc3\xa9"], "Latin-1": [b"caf\xe9"], "two lines": ["abc", "abd"],
    "the same line twice": ["abc", "abc"],
}  # fmt: skip
CONTROL: Final = {"NUL": b"a\x00b", "the bell": b"a\x07b", "escape": b"\x1b[2J", "delete": b"a\x7fb"}
KEYS: Final = {
    "one character": "!", "255 characters": "RANDOM" + "k" * 243, "marks": "!#$%&'*+-./:;<=>?@[]^_`{|}~RANDOM",
    "a UUIDv4": "0b8a1c5e-7d5e-4b59-8d36-RANDOM", "a number": "4711", "a token with parameters": "RANDOM;a=1",
}  # fmt: skip


@idempotency.each(KEYS)
async def a_key_may_be(api: Client, pattern: str) -> None:
    key = pattern.replace("RANDOM", secrets.token_hex(6))
    answer = expect_status(await api.start(key=key), 202, 422)  # an earlier run may have used the shortest ones
    if answer.status == 202:
        expect_header(answer, "idempotency-key", f'"{key}"')


@idempotency.case()
async def both_spellings_are_the_same_key(api: Client) -> None:
    bare = await api.start(key=(key := new_key()))
    quoted = expect_status(await api.start(key=f'"{key}"'), 202)
    expect_equal(operation_of(quoted)["id"], operation_of(bare)["id"], "the operation", quoted)
    expect_header(quoted, "idempotent-replayed", "true")
    expect_header(quoted, "idempotency-key", f'"{key}"')


@idempotency.case()
async def white_space_around_a_key_is_no_part_of_it(api: Client) -> None:
    answer = await api.start(key="", headers=[("Idempotency-Key", f" \t{(key := new_key())} \t")])
    expect_equal(operation_of(answer)["idempotency_key"], key, "the key", answer)


@idempotency.case()
async def upper_and_lower_case_are_different_keys(api: Client) -> None:
    key = new_key()
    first, second = await api.start(key=key), await api.start(key=key.upper())
    expect(operation_of(first)["id"] != operation_of(second)["id"], "expected two operations", second)


@idempotency.each(NO_KEY)
async def what_is_no_key_is_refused_and_starts_nothing(api: Client, values: list[str | bytes]) -> None:
    label = f"refused-{secrets.token_hex(8)}"
    headers: list[Header] = [("Idempotency-Key", value) for value in values]
    answer = await api.start(api.body(labels={"of": label}), key="", headers=headers)
    expect_problem(answer, 400, "idempotency-key-invalid")
    expect_equal((await api.page(label=f"of:{label}")).json["operations"], [], "what was started", answer)


@idempotency.each(CONTROL)
async def a_key_with_a_control_byte_is_a_400_of_http_at_least(api: Client, value: bytes) -> None:
    answer = expect_status(await api.start(key="", headers=[("Idempotency-Key", value)]), 400)
    if answer.media_type == PROBLEM:  # what a server cannot parse as HTTP at all never gets to the service
        expect_problem(answer, 400, "idempotency-key-invalid")


@idempotency.case()
async def a_missing_key_is_a_400_that_links_to_its_page(api: Client) -> None:
    answer = await api.start(key="")
    refused = expect_problem(answer, 400, "idempotency-key-missing")
    expect_header(answer, "link", f'<{refused["type"]}>; rel="describedby"')


# -- what the key names ------------------------------------------------------------------------------------------------


@idempotency.case()
async def an_unknown_key_starts(api: Client) -> None:
    answer = await api.start()
    operation_of(answer)
    expect_no_header(answer, "idempotent-replayed")


@idempotency.case()
async def the_same_request_again_is_a_replay(api: Client) -> None:
    first = await api.start(key=(key := new_key()))
    again = await api.start(key=key)
    expect_header(expect_status(again, 202), "idempotent-replayed", "true")
    expect_equal(operation_of(again)["id"], operation_of(first)["id"], "the operation", again)
    for name in ("location", "operation-location", "content-location", "idempotency-key"):
        expect(expect_header(again, name).endswith(expect_header(first, name)[-37:]), f"another {name}", again)


@idempotency.case()
async def a_replay_shows_the_operation_as_it_is_now(api: Client) -> None:
    first = operation_of(await api.start(key=(key := new_key())))
    ended = await api.ended(first["id"])
    again = expect_status(await api.start(key=key), 202)
    expect_equal(again.json, ended, "the operation", again)
    expect_header(again, "idempotent-replayed", "true")


@idempotency.case(PROBE)
async def a_replay_of_what_is_running_is_never_a_409(api: Client) -> None:
    body = {"input": {"steps": 1, "reserve_ms": 4000}}
    first = operation_of(await api.start(body, key=(key := new_key())))
    running = await api.until_status(first["id"], "running")
    again = expect_status(await api.start(body, key=key), 202)
    expect_equal(again.json["id"], running["id"], "the operation", again)


@idempotency.case()
async def a_bound_key_with_another_body_is_refused_and_names_its_owner(api: Client) -> None:
    owner = operation_of(await api.start(key=(key := new_key())))
    answer = await api.start(api.body(labels={"another": "body"}), key=key)
    refused = expect_problem(answer, 422, "idempotency-key-reused")
    expect_equal(refused["operation_id"], owner["id"], "operation_id", answer)
    expect_header(answer, "location", f"{answer.public_url}/operations/{owner['id']}")
    expect_equal((await api.get(owner["id"])).json, owner, "the owner, afterwards")


@idempotency.case()
async def the_key_of_a_deleted_operation_starts_nothing(api: Client) -> None:
    first = operation_of(await api.start(key=(key := new_key())))
    await api.ended(first["id"])
    expect_status(await api.delete(first["id"]), 204)
    expect_problem(await api.start(key=key), 409, "operation-expired")
    expect_status(await api.start(api.body(labels={"another": "body"}), key=key), 409, 422)


@idempotency.each({"older than the retention": -1, "of the year 2000": -9000, "of tomorrow": 1})
async def an_unknown_uuidv7_is_refused_when_it_is(api: Client, ago: int) -> None:
    days = api.service.types[api.service.type]["retention_days"]
    if days is None and ago < 0:  # nothing is ever forgotten: a key that is unknown is one that was never used
        operation_of(await api.start(key=_uuid7(ago * 86_400)))
        return
    shift = -(days + 1) * 86_400 if ago == -1 else ago * 86_400
    expect_problem(await api.start(key=_uuid7(shift)), 412, "idempotency-key-expired")


@idempotency.each({"of now": 0, "of an hour ago": -3600, "two minutes ahead": 120})
async def a_uuidv7_is_a_key_like_any_other_when_it_is(api: Client, shift_seconds: int) -> None:
    operation_of(await api.start(key=_uuid7(shift_seconds)))


@idempotency.case(SECOND_TYPE)
async def a_key_belongs_to_its_type(api: Client) -> None:
    await api.start(key=(key := new_key()))
    answer = await api.start({"nothing": "right"}, key=key, type=api.service.other_type)
    expect_problem(answer, 400, "validation-error")


# -- starting again after a failure ------------------------------------------------------------------------------------


@idempotency.case(PROBE)
async def what_may_be_tried_again_is_started_again_when_asked_for(api: Client) -> None:
    failed, key = await _given_up(api)
    answer = await api.start({"input": GIVING_UP}, key=key, headers=[AGAIN])
    retried = operation_of(answer)
    expect_no_header(answer, "idempotent-replayed")
    expect_equal(retried["retry_of"], failed["id"], "retry_of", answer)
    expect(retried["id"] != failed["id"], "expected a new operation", answer)
    now = await api.start({"input": GIVING_UP}, key=key)
    expect_equal(operation_of(now)["id"], retried["id"], "what the key names now", now)
    expect_equal((await api.get(failed["id"])).json, failed, "the old operation")


@idempotency.case(PROBE)
async def without_being_asked_for_it_is_a_replay(api: Client) -> None:
    failed, key = await _given_up(api)
    answer = await api.start({"input": GIVING_UP}, key=key)
    expect_equal(operation_of(answer), failed, "the operation", answer)
    expect_header(answer, "idempotent-replayed", "true")


@idempotency.each({"1": "1", "true": "true", "?0": "?0"}, PROBE)
async def other_words_than_the_structured_true_do_not_ask_for_it(api: Client, value: str) -> None:
    failed, key = await _given_up(api)
    answer = await api.start({"input": GIVING_UP}, key=key, headers=[("Idempotency-Retry", value)])
    expect_equal(operation_of(answer)["id"], failed["id"], "the operation", answer)


@idempotency.case(PROBE)
async def of_ten_who_ask_for_it_at_once_one_starts(api: Client) -> None:
    failed, key = await _given_up(api)
    body = {"input": {**GIVING_UP}}
    answers = await asyncio.gather(*(api.start(body, key=key, headers=[AGAIN]) for _ in range(10)))
    fresh = [answer for answer in answers if answer.header("idempotent-replayed") is None]
    ids = {operation_of(answer)["id"] for answer in answers}
    expect(failed["id"] not in ids, "expected nobody to get the failed operation", answers[0])
    # one that comes so late that the second has failed, too, starts a third: never two from the same
    parents = [operation_of(answer)["retry_of"] for answer in fresh]
    expect_equal(len(set(parents)), len(parents), "the number of operations started from different ones", answers[0])


@idempotency.case()
async def asking_for_it_replays_what_is_not_to_be_tried_again(api: Client) -> None:
    first = operation_of(await api.start(key=(key := new_key())))
    for operation in (first, await api.ended(first["id"])):
        answer = await api.start(key=key, headers=[AGAIN])
        expect_equal(operation_of(answer)["id"], operation["id"], "the operation", answer)
        expect_header(answer, "idempotent-replayed", "true")


# -- which bodies are the same -----------------------------------------------------------------------------------------


@idempotency.each({"the order of members": 1, "white space": 2, "escapes": 3})
async def bodies_are_the_same_whatever(api: Client, variant: int) -> None:
    body, key = api.body(labels={"one": "1", "two": "é"}), new_key()
    spellings = {
        1: json.dumps(dict(reversed(list(body.items()))), ensure_ascii=False),
        2: json.dumps(body, indent=3, separators=(" ,", " : ")),
        3: json.dumps(body).replace('"one"', '"\\u006fne"'),
    }
    await api.start(body, key=key)
    expect_header(expect_status(await api.start(spellings[variant].encode(), key=key), 202), "idempotent-replayed")


@idempotency.each({"1 and 1.0": b"1.0", "1 and 1e0": b"1e0", "1 and 10e-1": b"10e-1"}, PROBE)
async def numbers_are_compared_by_their_value(api: Client, number: bytes) -> None:
    key, end = new_key(), b'}, "not_before": "' + api.service.not_before.encode() + b'"}'
    await api.start(b'{"input": {"steps": 1' + end, key=key)
    answer = await api.start(b'{"input": {"steps": ' + number + end, key=key)
    expect_header(expect_status(answer, 202), "idempotent-replayed", "true")


@idempotency.each({"null and absent": {"deadline": None}, "empty and absent": {"labels": {}}})
async def bodies_differ_by(api: Client, more: dict[str, Any]) -> None:
    await api.start(key=(key := new_key()))
    expect_problem(await api.start(api.body(**more), key=key), 422, "idempotency-key-reused")


@idempotency.case()
async def headers_and_the_query_are_no_part_of_it(api: Client) -> None:
    await api.start(key=(key := new_key()))
    answer = await api.start(key=key, query="?colour=blue", headers=[("Prefer", "respond-async"), ("X-Other", "1")])
    expect_header(expect_status(answer, 202), "idempotent-replayed", "true")


# -- what binds a key --------------------------------------------------------------------------------------------------


@idempotency.each({
    "not JSON": (b"{", [], 400), "not valid": (b'{"input": {}, "unknown": 1}', [], 400),
    "not said to be JSON": (b"{}", [("Content-Type", "text/plain")], 415),
})  # fmt: skip
async def a_key_stays_free_after_a_request_that_was(api: Client, given: tuple[bytes, list[Header], int]) -> None:
    body, headers, status = given
    expect_status(await api.start(body, key=(key := new_key()), headers=headers), status)
    expect_no_header(expect_status(await api.start(key=key), 202), "idempotent-replayed")


@idempotency.case()
async def of_twenty_identical_starts_at_once_one_starts(api: Client) -> None:
    answers = await _at_once(api, new_key(), [api.body()] * AT_ONCE)
    fresh = [answer for answer in answers if answer.header("idempotent-replayed") is None]
    ids = {operation_of(answer)["id"] for answer in answers}
    expect_equal(
        (len(ids), len(fresh)), (1, 1), "the number of operations, and of answers that are no replay", answers[0]
    )


@idempotency.case()
async def of_twenty_starts_with_two_bodies_one_body_wins(api: Client) -> None:
    bodies = [api.body(labels={"turn": str(turn % 2)}) for turn in range(AT_ONCE)]
    answers = await _at_once(api, new_key(), bodies)
    by_body = [{answer.status for answer in answers[turn::2]} for turn in (0, 1)]
    expect(by_body in ([{202}, {422}], [{422}, {202}]), f"the two bodies got {by_body}", answers[0])
    winners = {answer.json["id"] for answer in answers if answer.status == 202}
    named = {answer.json["operation_id"] for answer in answers if answer.status == 422}
    expect(len(winners) == 1 and named == winners, "expected one operation, named by all", answers[0])


@idempotency.case(PROBE)
async def twenty_identical_starts_at_once_are_executed_once(api: Client) -> None:
    key, body = new_key(), {"input": {"steps": 2, "echo": new_key()}}
    answers = await _at_once(api, key, [body] * AT_ONCE)
    done = await api.until_done(operation_of(answers[0])["id"])
    expect_equal((done["status"], done["result"]["echo"]), ("succeeded", body["input"]["echo"]), "its end")
    listed = (await api.page(idempotency_key=key)).json["operations"]
    expect_equal([each["id"] for each in listed], [done["id"]], "what the list says of the key")


async def _at_once(api: Client, key: str, bodies: list[Any]) -> list[Answer]:
    return await asyncio.gather(*(api.start(body, key=key) for body in bodies))


async def _given_up(api: Client) -> tuple[dict[str, Any], str]:
    """An operation that failed and may be tried again, and its key."""
    started = await api.probing(key=(key := new_key()), **GIVING_UP)
    return await api.until_done(started["id"]), key


def _uuid7(shift_seconds: float) -> str:
    digits = f"{int((time.time() + shift_seconds) * 1000):012x}"
    random = secrets.token_hex(9)
    return f"{digits[:8]}-{digits[8:]}-7{random[:3]}-8{random[3:6]}-{random[6:18]}"
