"""Section 2: the operation as it is shown, in each of its states."""

from __future__ import annotations

import re
from typing import Any, Final

from operations_api.conformance.client import Client, operation_of
from operations_api.conformance.findings import NotApplicable, expect, expect_equal, expect_header, expect_status
from operations_api.conformance.section import OPERATE, PROBE, Section

operation = Section(2, "The operation")

TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MEMBERS: Final = (
    "id", "type", "status", "done", "phase", "version", "idempotency_key", "labels", "group", "priority", "progress",
    "message", "cancel_requested", "created_at", "updated_at", "started_at", "finished_at", "deadline", "not_before",
    "expires_at", "retry_of", "links",
)  # fmt: skip
ERROR: Final = {
    "type": str, "title": str, "status": int, "detail": str, "reason": str, "retryable": bool, "fault": str,
    "effect": str, "step": str | None, "metadata": dict, "code": str, "message": str,
}  # fmt: skip
REFUSED: Final[dict[str, Any]] = {"steps": 2, "reject_reserve": 1}
BLOCKED: Final[dict[str, Any]] = {"steps": 2, "reject_reserve": 1, "stuck_rollback": 0}


@operation.each({name: name for name in MEMBERS})
async def an_operation_has_the_member(api: Client, name: str) -> None:
    expect(name in await api.waiting(), f"expected the member {name}")


@operation.case()
async def an_id_made_by_the_service_is_a_uuidv7(api: Client) -> None:
    shown = await api.waiting()
    expect(UUID7.fullmatch(shown["id"]), f"the id is {shown['id']}")


@operation.case()
async def times_are_utc_with_microseconds_and_z(api: Client) -> None:
    shown = await api.finished(deadline="2999-01-01T02:00:00+02:00")
    for name in ("created_at", "updated_at", "finished_at", "expires_at", "deadline", "not_before"):
        expect(TIME.fullmatch(shown[name] or ""), f"{name} is {shown[name]}")
    expect_equal(shown["deadline"], "2999-01-01T00:00:00.000000Z", "the deadline in UTC")


@operation.case()
async def what_waits_is_pending_and_queued_without_result_or_error(api: Client) -> None:
    shown = await api.waiting()
    expect_equal((shown["status"], shown["phase"], shown["done"]), ("pending", "queued", False), "its state")
    expect("result" not in shown and "error" not in shown, "expected neither result nor error, not even null")
    for name in ("started_at", "finished_at", "expires_at", "retry_of"):
        expect_equal(shown[name], None, name)


@operation.case()
async def links_lead_to_itself_its_cancellation_and_its_events(api: Client) -> None:
    shown = await api.waiting()
    path = f"/operations/{shown['id']}"
    for name, link in (("self", path), ("cancel", f"{path}/cancel"), ("events", f"{path}/events")):
        expect_equal(shown["links"][name], link, f"the link {name}")
    expect_status(await api.send("GET", shown["links"]["self"]), 200)


@operation.case()
async def labels_are_shown_as_they_were_given(api: Client) -> None:
    labels = {"channel": "web", "Ünï": "cödé ✓", "empty": ""}
    expect_equal((await api.waiting(labels=labels))["labels"], labels, "the labels")


@operation.case()
async def what_was_canceled_says_so_and_holds_nothing(api: Client) -> None:
    shown = await api.finished()
    expect_equal((shown["status"], shown["phase"], shown["done"]), ("canceled", "finished", True), "its state")
    expect("result" not in shown, "expected no result, not even null")
    error = _error(shown)
    expect_equal((error["reason"], error["effect"], error["status"]), ("CANCELED", "none", 409), "the error")
    expect(error["type"].endswith("/problems/operation-canceled"), f"its type is {error['type']}")
    expect_equal(error["retryable"], False, "retryable")


@operation.case(PROBE)
async def what_succeeded_has_a_result_and_no_error(api: Client) -> None:
    shown = await api.probed(steps=2, echo={"a": [1, 2.5, None, True, "é✓\n"]})
    expect_equal((shown["status"], shown["phase"], shown["done"]), ("succeeded", "finished", True), "its state")
    expect_equal(shown["result"]["echo"], {"a": [1, 2.5, None, True, "é✓\n"]}, "what it echoes")
    expect("error" not in shown, "expected no error, not even null")
    for name in ("started_at", "finished_at", "expires_at"):
        expect(TIME.fullmatch(shown[name] or ""), f"{name} is {shown[name]}")


@operation.case(PROBE)
async def a_result_over_the_published_limit_is_empty_and_says_why(api: Client) -> None:
    limits = api.service.info["limits"]
    number = limits["result_bytes"] // 16 + 1  # each has 5 bytes on the way in, and at least 16 on the way out
    if number * 6 > limits["body_bytes"]:
        raise NotApplicable("needs a limit of results that a body can reach")
    echo = b"[" + b",".join([b"1e15"] * number) + b"]"
    answer = await api.start(b'{"input": {"steps": 1, "echo": ' + echo + b"}}")
    shown = await api.until_done(operation_of(answer)["id"])
    expect_equal((shown["status"], shown["result"]), ("succeeded", {}), "its end")
    expect(shown["message"], "expected the reason in message")


@operation.case(PROBE)
async def what_was_refused_is_failed_with_the_reason(api: Client) -> None:
    shown = await api.probed(**REFUSED)
    expect_equal((shown["status"], shown["phase"], shown["done"]), ("failed", "finished", True), "its state")
    expect("result" not in shown, "expected no result, not even null")
    error = _error(shown)
    expect_equal((error["status"], error["effect"], error["retryable"]), (422, "none", False), "the error")
    expect(re.fullmatch("[A-Z][A-Z0-9_]*", error["reason"]), f"the reason is {error['reason']}")
    expect_equal(error["step"], "step-1", "the step")
    expect(error["type"].endswith("/problems/operation-failed"), f"its type is {error['type']}")


@operation.case(PROBE)
async def the_reason_and_the_detail_are_there_once_more_as_code_and_message(api: Client) -> None:
    error = (await api.probed(**REFUSED))["error"]
    expect_equal((error["code"], error["message"]), (error["reason"], error["detail"]), "code and message")


@operation.case(PROBE)
async def what_passed_its_deadline_is_failed_and_holds_nothing(api: Client) -> None:
    started = await api.probing(more={"deadline": api.soon(3)}, steps=2, reserve_ms=5_000)
    error = _error(shown := await api.until_done(started["id"]))
    expect_equal(shown["status"], "failed", "its status")
    expect_equal((error["reason"], error["effect"], error["status"]), ("DEADLINE_EXCEEDED", "none", 504), "the error")
    expect_equal(error["retryable"], False, "retryable")


@operation.case(PROBE)
async def what_ran_out_of_retries_may_be_tried_again(api: Client) -> None:
    error = _error(await api.probed(steps=1, flaky=2, patience_ms=1))
    expect_equal((error["reason"], error["retryable"], error["status"]), ("RETRIES_EXHAUSTED", True, 503), "the error")
    expect_equal((error["effect"], error["fault"]), ("none", "dependency"), "its effect and fault")


@operation.case(PROBE, OPERATE)
async def what_needs_attention_says_what_is_blocked(api: Client) -> None:
    started = await api.probing(**BLOCKED)
    shown = await api.until_status(started["id"], "needs_attention")
    try:
        expect_equal(shown["done"], False, "done")
        expect("result" not in shown and "error" not in shown, "expected neither result nor error")
        [blocked] = shown["blocked"]
        expect_equal(blocked["step"], "step-0", "the step")
        expect_equal(set(blocked), {"step", "phase", "reason", "since"}, "what is said of it")
        expect(TIME.fullmatch(blocked["since"]), f"since is {blocked['since']}")
    finally:
        await api.resolve(started["id"], "step-0", "released")


@operation.case(PROBE)
async def the_full_view_adds_the_input_and_the_steps(api: Client) -> None:
    id = (await api.probed(steps=2, echo="seen"))["id"]
    answer = expect_status(await api.get(id, query="?view=full"), 200)
    expect_equal(answer.json["input"]["echo"], "seen", "the input", answer)
    expect_equal([step["key"] for step in answer.json["steps"]], ["step-0", "step-1"], "the steps", answer)
    members = {"key", "kind", "state", "attempts", "reservation", "result", "error", "updated_at"}
    for step in answer.json["steps"]:
        expect(members <= set(step), f"expected a step to have {sorted(members)}", answer)
        expect_equal(step["state"], "committed", "the state of a step", answer)


@operation.case()
async def the_basic_view_is_the_default(api: Client) -> None:
    id = (await api.waiting())["id"]
    plain, basic = await api.get(id), await api.get(id, query="?view=basic")
    expect_equal(plain.body, basic.body, "the answer", plain)
    expect("input" not in plain.json and "steps" not in plain.json, "expected no input and no steps", plain)


@operation.case()
async def the_full_view_has_an_etag_of_its_own(api: Client) -> None:
    id = (await api.waiting())["id"]
    basic, full = await api.get(id), await api.get(id, query="?view=full")
    expect(expect_header(full, "etag") != expect_header(basic, "etag"), "expected another ETag", full)


@operation.each({"basic": "", "full": "?view=full"})
async def a_get_shows_what_the_start_answered(api: Client, query: str) -> None:
    started = operation_of(answer := await api.start())
    got = (await api.get(started["id"], query=query)).json
    expect_equal({name: got[name] for name in started}, started, "the operation", answer)


def _error(shown: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = shown.get("error") or {}
    for name, kind in ERROR.items():
        expect(name in error and isinstance(error[name], kind), f"the error's {name} is {error.get(name)!r}")
    expect(error["fault"] in ("caller", "service", "dependency"), f"its fault is {error['fault']}")
    expect(error["effect"] in ("none", "applied", "unknown"), f"its effect is {error['effect']}")
    return error
