"""Section 6: canceling, forgetting, relabeling, and what operators do."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import uuid4

from operations_api.conformance.client import Client, Header, operation_of
from operations_api.conformance.findings import (
    Broken,
    expect,
    expect_equal,
    expect_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import OPERATE, PROBE, Section
from operations_api.conformance.wire import Answer

changing = Section(6, "Cancel, delete, operate")

STALE: Final[Header] = ("If-Match", '"0"')
VERBS: Final[dict[str, dict[str, str]]] = {
    "retry": {}, "resolve": {"step": "step-0", "as": "released", "evidence": "seen"}, "compensate": {},
    "force-close": {"evidence": "seen"},
}  # fmt: skip
STUCK: Final[dict[str, Any]] = {"steps": 2, "reject_reserve": 1, "stuck_rollback": 0}


@changing.case()
async def what_has_not_begun_is_canceled(api: Client) -> None:
    id = (await api.waiting())["id"]
    answer = expect_status(await api.cancel(id), 202)
    expect(answer.json["status"] in ("canceling", "canceled"), f"it is {answer.json['status']}", answer)
    expect_equal(answer.json["cancel_requested"], True, "cancel_requested", answer)
    expect_equal((await api.until_done(id))["status"], "canceled", "its end")


@changing.case()
async def a_cancel_answers_with_the_headers_of_a_poll(api: Client) -> None:
    answer = await api.cancel((await api.waiting())["id"])
    expect_header(answer, "etag", f'"{operation_of(answer)["version"]}"')
    expect_header(answer, "cache-control", "private, no-cache")


@changing.case()
async def a_cancel_again_is_a_200_with_the_same_operation(api: Client) -> None:
    ended = await api.finished()
    expect_equal(operation_of(await api.cancel(ended["id"]), 200), ended, "the operation")


@changing.case(PROBE)
async def what_is_running_is_rolled_back_and_canceled(api: Client) -> None:
    id = (await api.probing(steps=2, reserve_ms=3_000))["id"]
    await api.until_status(id, "running")
    expect_status(await api.cancel(id), 202)
    shown = await api.until_done(id)
    expect_equal(shown["status"], "canceled", "its end")
    expect_equal((shown["error"]["reason"], shown["error"]["effect"]), ("CANCELED", "none"), "the error")


@changing.case(PROBE)
async def what_is_done_otherwise_cannot_be_canceled(api: Client) -> None:
    shown = await api.probed(steps=1)
    answer = await api.cancel(shown["id"])
    refused = expect_problem(answer, 409, "operation-not-cancelable")
    seen = refused["operation_status"], refused["operation_phase"]
    expect_equal(seen, ("succeeded", "finished"), "what is said of it", answer)
    expect_equal((await api.get(shown["id"])).json, shown, "the operation, afterwards")


@changing.case(PROBE)
async def what_is_decided_cannot_be_canceled(api: Client) -> None:
    id = (await api.probing(steps=1, commit_ms=1_500))["id"]
    for _ in range(400):
        shown = (await api.get(id)).json
        if shown["phase"] not in ("queued", "reserving"):
            break
        await asyncio.sleep(0.01)
    expect_problem(await api.cancel(id), 409, "operation-not-cancelable")
    expect_equal((await api.until_done(id))["status"], "succeeded", "its end")


@changing.case(PROBE)
async def what_is_being_rolled_back_for_another_reason_cannot_be_canceled(api: Client) -> None:
    id = (await api.probing(steps=2, reject_reserve=1, rollback_ms=4_000))["id"]
    for _ in range(400):
        if (await api.get(id)).json["phase"] == "rolling_back":
            break
        await asyncio.sleep(0.01)
    refused = expect_problem(await api.cancel(id), 409, "operation-not-cancelable")
    expect_equal(refused["operation_phase"], "rolling_back", "operation_phase")
    expect_equal((await api.until_done(id))["status"], "failed", "its end")


@changing.case(PROBE)
async def of_a_cancel_and_a_commit_one_wins(api: Client) -> None:
    ids = [(await api.probing(steps=1, reserve_ms=20 * turn))["id"] for turn in range(10)]
    answers = await asyncio.gather(*(api.cancel(id) for id in ids))
    for id, answer in zip(ids, answers, strict=True):
        wanted = "succeeded" if expect_status(answer, 202, 409).status == 409 else "canceled"
        expect_equal((await api.until_done(id))["status"], wanted, "the end of who was too late, or in time", answer)


@changing.each({"cancel": "/cancel", "DELETE": "", "PATCH": ""})
async def what_is_not_there_cannot_be_changed(api: Client, path: str) -> None:
    id = str(uuid4())
    answers = [await api.cancel(id)] if path else [await api.delete(id), await api.patch(id, {}, STALE)]
    for answer in answers:
        expect_problem(answer, 404, "operation-not-found")


# -- forgetting --------------------------------------------------------------------------------------------------------


@changing.case()
async def what_is_done_can_be_forgotten(api: Client) -> None:
    id = (await api.finished())["id"]
    answer = expect_status(await api.delete(id), 204)
    expect_equal((answer.body, answer.beyond), (b"", b""), "the body", answer)


@changing.each({"GET": "", "the full view": "?view=full", "waiting": "wait", "events": "/events", "its type": "typed"})
async def what_was_forgotten_is_a_410(api: Client, how: str) -> None:
    id = (await api.finished())["id"]
    await api.delete(id)
    path = {"wait": f"/operations/{id}", "typed": f"/operations/{api.service.type}/{id}"}.get(
        how, f"/operations/{id}{how}"
    )
    headers = [("Prefer", "wait=20")] if how == "wait" else []
    expect_problem(await api.send("GET", path, headers=headers), 410, "operation-expired")


@changing.case()
async def what_was_forgotten_cannot_be_changed(api: Client) -> None:
    id = (await api.finished())["id"]
    await api.delete(id)
    expect_problem(await api.cancel(id), 410, "operation-expired")
    expect_problem(await api.patch(id, {}, ("If-Match", "*")), 410, "operation-expired")


@changing.case()
async def what_was_forgotten_is_in_no_list(api: Client) -> None:
    label = f"forgotten-{uuid4()}"
    id = (await api.finished(labels={"of": label}))["id"]
    expect_equal(len((await api.page(label=f"of:{label}")).json["operations"]), 1, "listed before")
    await api.delete(id)
    expect_equal((await api.page(label=f"of:{label}")).json["operations"], [], "listed afterwards")


@changing.case()
async def forgetting_again_is_a_204(api: Client) -> None:
    id = (await api.finished())["id"]
    for _ in range(3):
        expect_status(await api.delete(id), 204)


@changing.case()
async def what_is_not_done_cannot_be_forgotten(api: Client) -> None:
    id = (await api.waiting())["id"]
    expect_problem(await api.delete(id), 409, "operation-not-terminal")
    expect_status(await api.get(id), 200)


# -- If-Match ----------------------------------------------------------------------------------------------------------


@changing.each({"cancel": "cancel", "DELETE": "delete", "PATCH": "patch"})
async def a_change_meant_for_another_version_is_a_412(api: Client, verb: str) -> None:
    shown = await (api.finished() if verb == "delete" else api.waiting())
    answer = await _change(api, verb, shown["id"], STALE)
    refused = expect_problem(answer, 412, "precondition-failed")
    expect_equal(refused["current_etag"], f'"{shown["version"]}"', "current_etag", answer)
    expect_equal((await api.get(shown["id"])).json, shown, "the operation, afterwards")


@changing.each({"cancel": "cancel", "DELETE": "delete", "PATCH": "patch"})
async def a_weak_tag_is_no_match(api: Client, verb: str) -> None:
    shown = await (api.finished() if verb == "delete" else api.waiting())
    answer = await _change(api, verb, shown["id"], ("If-Match", f'W/"{shown["version"]}"'))
    expect_problem(answer, 412, "precondition-failed")


@changing.each({"its version": "{tag}", "a list with it": '"0", {tag}', "anything": "*"})
async def a_change_is_made_when_if_match_names(api: Client, value: str) -> None:
    for verb in ("patch", "cancel", "delete"):
        shown = await (api.finished() if verb == "delete" else api.waiting())
        answer = await _change(api, verb, shown["id"], ("If-Match", value.format(tag=f'"{shown["version"]}"')))
        expect_status(answer, 200, 202, 204)


@changing.case()
async def of_two_changes_meant_for_one_version_one_is_made(api: Client) -> None:
    shown = await api.waiting()
    tag = ("If-Match", f'"{shown["version"]}"')
    answers = await asyncio.gather(*(api.patch(shown["id"], {"by": str(turn)}, tag) for turn in range(6)))
    expect_equal(sorted(answer.status for answer in answers), [200, *[412] * 5], "the statuses", answers[0])


# -- labels ------------------------------------------------------------------------------------------------------------


@changing.case()
async def a_patch_replaces_all_labels_and_the_version_grows(api: Client) -> None:
    shown = await api.waiting(labels={"old": "1", "both": "1"})
    answer = await api.patch(shown["id"], {"both": "2"}, ("If-Match", f'"{shown["version"]}"'))
    changed = operation_of(answer, 200)
    expect_equal(changed["labels"], {"both": "2"}, "the labels", answer)
    expect(changed["version"] > shown["version"], f"the version is {changed['version']}", answer)
    expect_header(answer, "etag", f'"{changed["version"]}"')


@changing.case()
async def a_patch_without_if_match_is_a_428(api: Client) -> None:
    expect_problem(await api.patch((await api.waiting())["id"], {}), 428, "precondition-required")


@changing.case()
async def labels_of_what_is_done_may_change_and_nothing_else_does(api: Client) -> None:
    ended = await api.finished()
    changed = operation_of(await api.patch(ended["id"], {"checked": "yes"}, ("If-Match", "*")), 200)
    apart = {"labels", "version", "updated_at"}
    for name in set(ended) - apart:
        expect_equal(changed[name], ended[name], name)


@changing.each({
    "an unknown member": {"labels": {}, "status": "succeeded"}, "no labels": {}, "an array": [],
    "labels that are null": {"labels": None}, "a label that is a number": {"labels": {"a": 1}},
})  # fmt: skip
async def a_patch_is_refused_for(api: Client, body: Any) -> None:
    id = (await api.waiting())["id"]
    answer = await api.send("PATCH", f"/operations/{id}", body, headers=[("If-Match", "*")])
    expect_problem(answer, 400, "validation-error")


@changing.case()
async def a_patch_must_say_that_it_is_json(api: Client) -> None:
    id = (await api.waiting())["id"]
    headers = [("If-Match", "*"), ("Content-Type", "application/merge-patch+json")]
    answer = await api.send("PATCH", f"/operations/{id}", {"labels": {}}, headers=headers)
    expect_problem(answer, 415, "unsupported-media-type")


# -- operators ---------------------------------------------------------------------------------------------------------


@changing.each({verb: verb for verb in VERBS}, OPERATE)
async def an_operator_may_only_act_on_what_needs_attention(api: Client, verb: str) -> None:
    for shown in (await api.waiting(), await api.finished()):
        answer = await api.send("POST", f"/operations/{shown['id']}/{verb}", VERBS[verb])
        expect_problem(answer, 409, "operation-not-blocked")


@changing.each({verb: verb for verb in VERBS}, OPERATE)
async def an_operator_cannot_act_on_what_is_not_there(api: Client, verb: str) -> None:
    answer = await api.send("POST", f"/operations/{uuid4()}/{verb}", VERBS[verb])
    expect_problem(answer, 404, "operation-not-found")


@changing.each({
    "no step": {"as": "released", "evidence": "a"}, "no evidence": {"step": "step-0", "as": "released"},
    "another word": {"step": "a", "as": "gone", "evidence": "a"},
}, OPERATE)  # fmt: skip
async def a_resolution_must_be_complete(api: Client, body: dict[str, str]) -> None:
    id = (await api.waiting())["id"]
    expect_problem(await api.send("POST", f"/operations/{id}/resolve", body), 400, "validation-error")


@changing.case(PROBE, OPERATE)
async def a_step_that_an_operator_calls_released_is_released(api: Client) -> None:
    id = await _stuck(api)
    shown = operation_of(await api.resolve(id, "step-0", "released"), 200)
    expect_equal(shown["id"], id, "the operation")
    expect_equal((await api.until_done(id))["status"], "failed", "its end")
    [action] = (await api.get(id, query="?view=full")).json["operator_actions"]
    expect_equal((action["verb"], action["step"]), ("resolve", "step-0"), "what is kept of it")
    expect(action["actor"] and action["at"] and action["evidence"], f"expected who, when and why, got {action}")


@changing.case(PROBE, OPERATE)
async def an_operator_may_have_it_tried_again(api: Client) -> None:
    id = await _stuck(api)
    operation_of(await api.send("POST", f"/operations/{id}/retry", {}), 200)
    await api.until_status(id, "needs_attention")  # it is as stuck as before
    [action] = (await api.get(id, query="?view=full")).json["operator_actions"]
    expect_equal(action["verb"], "retry", "what is kept of it")
    await _closed(api, id)


@changing.case(PROBE, OPERATE)
async def what_is_closed_by_force_is_failed_with_an_unknown_effect(api: Client) -> None:
    id = await _stuck(api)
    expect_status(await api.send("POST", f"/operations/{id}/force-close", {"evidence": "given up"}), 200)
    shown = await api.until_done(id)
    seen = shown["status"], shown["error"]["reason"], shown["error"]["effect"]
    expect_equal(seen, ("failed", "FORCE_CLOSED", "unknown"), "its end")


@changing.case(PROBE, OPERATE)
async def what_has_no_business_undo_cannot_be_compensated(api: Client) -> None:
    id = (await api.probing(steps=2, reject_commit=1))["id"]
    await api.until_status(id, "needs_attention")
    answer = await api.send("POST", f"/operations/{id}/compensate", {})
    expect_problem(answer, 409, "operation-not-compensable")
    await _closed(api, id)


async def _stuck(api: Client) -> str:
    id: str = (await api.probing(**STUCK))["id"]
    await api.until_status(id, "needs_attention")
    return id


async def _closed(api: Client, id: str) -> None:
    """End what is stuck; while a call of it may be in flight the service asks to wait."""
    for _ in range(20):
        answer = await api.send("POST", f"/operations/{id}/force-close", {"evidence": "a test"})
        if answer.status == 200:
            return
        expect_problem(answer, 409, "operation-not-blocked")
        await asyncio.sleep(int(expect_header(answer, "retry-after")))
    raise Broken("expected to be let in after Retry-After seconds")


async def _change(api: Client, verb: str, id: str, header: Header) -> Answer:
    if verb == "patch":
        return await api.patch(id, {"changed": "yes"}, header)
    return await (api.cancel(id, header) if verb == "cancel" else api.delete(id, header))
