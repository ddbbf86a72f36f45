"""Section 3: the answer to a start, and the order in which a request is looked at."""

from __future__ import annotations

import time
from typing import Final

from operations_api.conformance.client import Client, Header, new_key, operation_of
from operations_api.conformance.findings import (
    expect,
    expect_equal,
    expect_header,
    expect_no_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import PROBE, Section
from operations_api.conformance.wire import Answer

starting = Section(3, "Starting")

UNWANTED: Final = {
    "a negative wait": "wait=-1", "a wait that is no number": "wait=soon", "a fraction": "wait=1.5",
    "no value": "wait", "an unknown preference": "colour=blue", "an unknown return": "return=everything",
    "commas alone": ",,,", "half a quote": 'wait="1', "nothing": "",
}  # fmt: skip


@starting.case()
async def a_start_is_a_202_with_the_operation(api: Client) -> None:
    answer = await api.start(key=(key := new_key()))
    shown = operation_of(answer)
    expect_equal((shown["type"], shown["idempotency_key"]), (api.service.type, key), "type and key", answer)
    expect_equal(answer.media_type, "application/json", "the content type", answer)


@starting.each({"Location": "location", "Operation-Location": "operation-location"})
async def a_start_names_the_operations_absolute_url(api: Client, name: str) -> None:
    answer = await api.start()
    expect_header(answer, name, f"{answer.public_url}/operations/{operation_of(answer)['id']}")


@starting.case()
async def a_start_names_the_operations_path(api: Client) -> None:
    answer = await api.start()
    expect_header(answer, "content-location", f"/operations/{operation_of(answer)['id']}")


@starting.case()
async def a_start_says_when_to_poll(api: Client) -> None:
    answer = expect_status(await api.start(), 202)
    seconds, milliseconds = expect_header(answer, "retry-after"), expect_header(answer, "retry-after-ms")
    expect(seconds.isdigit() and int(seconds) >= 1, f"Retry-After is {seconds}", answer)
    expect(milliseconds.isdigit() and int(milliseconds) <= int(seconds) * 1000, "they contradict each other", answer)


@starting.case()
async def a_start_has_the_version_as_its_etag(api: Client) -> None:
    answer = await api.start()
    expect_header(answer, "etag", f'"{operation_of(answer)["version"]}"')


@starting.case()
async def a_start_echoes_the_key_in_quotes(api: Client) -> None:
    expect_header(await api.start(key=(key := new_key())), "idempotency-key", f'"{key}"')


@starting.each({"Cache-Control": "private, no-cache", "Vary": "Prefer"})
async def a_start_tells_caches_to_ask(api: Client, value: str) -> None:
    answer = await api.start()
    expect(value in (answer.header("cache-control"), answer.header("vary")), f"expected {value}", answer)


@starting.case()
async def what_is_done_is_still_a_202_without_retry_after(api: Client) -> None:
    answer = await api.start(key=(key := new_key()))
    await api.ended(operation_of(answer)["id"])
    again = expect_status(await api.start(key=key), 202)
    expect_equal(again.json["done"], True, "done", again)
    expect_no_header(again, "retry-after")
    expect_no_header(again, "retry-after-ms")


@starting.case()
async def what_was_started_can_be_read_at_once_on_every_replica(api: Client) -> None:
    for _ in range(10):
        id = operation_of(await api.start())["id"]
        for address in api.service.addresses:
            expect_status(await api.get(id, at=address), 200)


# -- Prefer ------------------------------------------------------------------------------------------------------------


@starting.case(PROBE)
async def wait_holds_the_answer_until_the_operation_is_done(api: Client) -> None:
    answer = await api.start({"input": {"steps": 1, "reserve_ms": 300}}, headers=[("Prefer", "wait=25")])
    expect_equal(operation_of(answer)["status"], "succeeded", "the status", answer)
    expect_header(answer, "preference-applied", "wait=25")


@starting.case()
async def wait_holds_the_answer_for_so_many_seconds_only(api: Client) -> None:
    began = time.monotonic()
    answer = await api.start(headers=[("Prefer", "wait=1")])
    expect_equal(operation_of(answer)["done"], False, "done", answer)
    expect(time.monotonic() - began >= 0.9, "expected the answer to wait for a second", answer)


@starting.case()
async def a_wait_is_capped_at_thirty_seconds(api: Client) -> None:
    answer = await _replayed_when_done(api, ("Prefer", "wait=9999"))
    expect_header(answer, "preference-applied", "wait=30")


@starting.case()
async def return_minimal_is_the_same_answer_with_no_bytes(api: Client) -> None:
    answer = expect_status(await api.start(key=(key := new_key()), headers=[("Prefer", "return=minimal")]), 202)
    expect_equal(answer.body, b"", "the body", answer)
    expect_no_header(answer, "content-type")
    expect_header(answer, "preference-applied", "return=minimal")
    whole = await api.start(key=key)
    for name in ("content-location", "etag", "idempotency-key", "vary"):
        expect_header(answer, name, expect_header(whole, name))
    for name in ("location", "operation-location"):
        expect_header(answer, name, f"{answer.public_url}{answer.header('content-location')}")


@starting.case()
async def respond_async_is_confirmed(api: Client) -> None:
    expect_header(await api.start(headers=[("Prefer", "respond-async")]), "preference-applied", "respond-async")


@starting.each(UNWANTED)
async def a_preference_that_is_unknown_or_malformed_is_ignored(api: Client, prefer: str) -> None:
    answer = expect_status(await api.start(headers=[("Prefer", prefer)]), 202)
    expect_no_header(answer, "preference-applied")
    operation_of(answer)


@starting.each({
    "in one line": [("Prefer", "respond-async, return=minimal")],
    "in two lines": [("Prefer", "respond-async"), ("Prefer", "return=minimal")],
    "beside unknown ones": [("Prefer", 'foo="a, b"; c, return=minimal, respond-async')],
    "in other letters": [("prefer", "Return=Minimal, Respond-Async")],
})  # fmt: skip
async def several_preferences_are_all_honoured(api: Client, headers: list[Header]) -> None:
    answer = expect_status(await api.start(headers=headers), 202)
    applied = {word.strip() for word in expect_header(answer, "preference-applied").split(",")}
    expect_equal(applied, {"respond-async", "return=minimal"}, "Preference-Applied", answer)


@starting.case()
async def of_a_preference_given_twice_the_first_counts(api: Client) -> None:
    answer = await _replayed_when_done(api, ("Prefer", "wait=2, wait=7"))
    expect_header(answer, "preference-applied", "wait=2")


# -- validate_only -----------------------------------------------------------------------------------------------------


@starting.case()
async def validate_only_checks_and_stores_nothing(api: Client) -> None:
    label = f"dry-{new_key()}"
    answer = await api.start(api.body(labels={"of": label}), key=(key := new_key()), query="?validate_only=true")
    expect_equal(expect_status(answer, 204).body, b"", "the body", answer)
    expect_equal((await api.page(label=f"of:{label}")).json["operations"], [], "what was stored")
    expect_no_header(expect_status(await api.start(key=key), 202), "idempotent-replayed")


@starting.case()
async def validate_only_refuses_what_a_start_refuses(api: Client) -> None:
    query = "?validate_only=true"
    expect_problem(await api.start({"input": {}, "unknown": 1}, query=query), 400, "validation-error")
    expect_problem(await api.start(query=query, key=""), 400, "idempotency-key-missing")
    await api.start(key=(key := new_key()))
    reused = await api.start(api.body(labels={"another": "body"}), key=key, query=query)
    expect_problem(reused, 422, "idempotency-key-reused")


# -- the order of checks -----------------------------------------------------------------------------------------------

WRONG_TYPE: Final[Header] = ("Content-Type", "text/plain")
NO_KEY: Final[Header] = ("Authorization", "Bearer nobody-has-this-key")


@starting.case()
async def the_key_of_the_api_is_looked_at_before_the_path_and_the_body(api: Client) -> None:
    expect_problem(await api.start(b"{", type="no-such-type", key="", headers=[NO_KEY, WRONG_TYPE]), 401, None)


@starting.case()
async def the_path_is_looked_at_before_the_content_type_and_the_key(api: Client) -> None:
    answer = await api.start(b"{", type="no-such-type", key="", headers=[WRONG_TYPE])
    expect_problem(answer, 404, "unknown-operation-type")


@starting.case()
async def the_size_is_looked_at_before_the_content_type(api: Client) -> None:
    body = b" " * (api.service.info["limits"]["body_bytes"] + 1)
    expect_problem(await api.start(body, key="", headers=[WRONG_TYPE]), 413, "content-too-large")


@starting.case()
async def the_content_type_is_looked_at_before_the_idempotency_key(api: Client) -> None:
    expect_problem(await api.start(b"{", key="", headers=[WRONG_TYPE]), 415, "unsupported-media-type")


@starting.case()
async def the_idempotency_key_is_looked_at_before_the_json(api: Client) -> None:
    expect_problem(await api.start(b"{", key=""), 400, "idempotency-key-missing")
    expect_problem(await api.start(b"{", key="a b"), 400, "idempotency-key-invalid")


@starting.case()
async def the_json_is_looked_at_before_what_the_key_names(api: Client) -> None:
    await api.start(key=(key := new_key()))
    expect_problem(await api.start(b"{", key=key), 400, "malformed-json")


@starting.case()
async def what_the_key_names_is_looked_at_before_the_schema(api: Client) -> None:
    await api.start(key=(key := new_key()))
    expect_problem(await api.start({"nothing": "right"}, key=key), 422, "idempotency-key-reused")


async def _replayed_when_done(api: Client, *headers: Header) -> Answer:
    """Nothing waits for what is done, so what is answered about waiting comes at once."""
    first = operation_of(await api.start(key=(key := new_key())))
    await api.ended(first["id"])
    return expect_status(await api.start(key=key, headers=headers), 202)


@starting.each({"group": {"group": "account:7"}, "priority": {"priority": "low"}})
async def a_start_shows_its_place_among_the_others(api: Client, said: dict[str, str]) -> None:
    shown = await api.waiting(**said)
    expect_equal({name: shown[name] for name in said}, said, "what was said")


@starting.case(PROBE)
async def of_a_group_one_begins_when_the_one_before_it_has_ended(api: Client) -> None:
    group = {"group": f"conformance-{new_key()}"}
    slow = await api.probing(more=group, steps=1, reserve_ms=500)
    first, second = await api.until_done(slow["id"]), await api.until_done((await api.probing(more=group))["id"])
    expect(second["started_at"] >= first["finished_at"], "expected the second to begin after the end of the first")
