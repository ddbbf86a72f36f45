"""What holds of every answer and of every operation, whatever was asked: looked at when all cases are done."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from operations_api.conformance.cases.operation import operation
from operations_api.conformance.cases.refusals import refusals
from operations_api.conformance.findings import NotApplicable, expect, expect_equal, problem_fault
from operations_api.conformance.wire import Answer
from operations_api.conformance.witness import Sighting, Witness

TERMINAL: Final = {"succeeded", "failed", "canceled"}
STATUSES: Final = {"pending", "running", "canceling", "needs_attention", *TERMINAL}
PHASES: Final = {"queued", "reserving", "executing", "committing", "rolling_back", "compensating", "finished"}
STEPS: Final = {
    "pending": {"running", "canceling", "needs_attention", "canceled", "failed"},
    "running": {"canceling", "needs_attention", *TERMINAL},
    "canceling": {"needs_attention", *TERMINAL},
    "needs_attention": {"running", "canceling", *TERMINAL},
}
"""The legal steps of a status; whoever polls may miss some."""


def _pairs(witness: Witness) -> Iterator[tuple[Sighting, Sighting]]:
    for seen in witness.in_order():
        yield from pairwise(seen)


def _operations(witness: Witness) -> Iterator[tuple[dict[str, Any], Answer]]:
    if not witness.sightings:
        raise NotApplicable("no operation was seen in this run")
    for seen in witness.in_order():
        for sighting in seen:
            yield sighting.operation, sighting.answer


@operation.of_whole_run
def a_version_never_decreases(witness: Witness) -> None:
    for seen in witness.in_order():
        newest, answered = 0, sorted(seen, key=lambda each: each.received_at)
        for sighting in sorted(seen, key=lambda each: each.sent_at):
            while answered and answered[0].received_at <= sighting.sent_at:
                newest = max(newest, answered.pop(0).operation["version"])
            version = sighting.operation["version"]
            expect(version >= newest, f"version {version} was shown after version {newest}", sighting.answer)


@operation.of_whole_run
def the_time_of_the_last_change_never_decreases(witness: Witness) -> None:
    for older, newer in _pairs(witness):
        times = older.operation["updated_at"], newer.operation["updated_at"]
        expect(times[0] <= times[1], f"updated_at went from {times[0]} to {times[1]}", newer.answer)


@operation.of_whole_run
def the_same_version_is_always_shown_alike(witness: Witness) -> None:
    for older, newer in _pairs(witness):
        if (older.operation["version"], older.view) == (newer.operation["version"], newer.view):
            expect_equal(newer.operation, older.operation, "the same version", newer.answer)


@operation.of_whole_run
def what_is_done_never_changes_again(witness: Witness) -> None:
    for older, newer in _pairs(witness):
        if older.operation["done"]:
            for name in ("status", "result", "error", "finished_at", "done"):
                expect_equal(newer.operation.get(name), older.operation.get(name), name, newer.answer)


@operation.of_whole_run
def an_operation_keeps_its_type_its_key_and_its_beginning(witness: Witness) -> None:
    for older, newer in _pairs(witness):
        for name in ("type", "idempotency_key", "created_at", "deadline", "not_before", "retry_of"):
            expect_equal(newer.operation[name], older.operation[name], name, newer.answer)


@operation.of_whole_run
def every_change_of_status_is_a_legal_one(witness: Witness) -> None:
    for older, newer in _pairs(witness):
        before, after = older.operation["status"], newer.operation["status"]
        expect(after in _reachable(before), f"{before} became {after}", newer.answer)


@operation.of_whole_run
def every_status_and_phase_is_a_known_word(witness: Witness) -> None:
    for shown, answer in _operations(witness):
        expect(shown["status"] in STATUSES, f"the status is {shown['status']}", answer)
        expect(shown["phase"] in PHASES, f"the phase is {shown['phase']}", answer)


@operation.of_whole_run
def done_is_true_exactly_when_the_status_is_terminal(witness: Witness) -> None:
    for shown, answer in _operations(witness):
        expect_equal(shown["done"], shown["status"] in TERMINAL, f"done of what is {shown['status']}", answer)


@operation.of_whole_run
def result_and_error_are_there_exactly_when_they_should(witness: Witness) -> None:
    for shown, answer in _operations(witness):
        expect_equal("result" in shown, shown["status"] == "succeeded", "whether there is a result", answer)
        expect_equal("error" in shown, shown["status"] in ("failed", "canceled"), "whether there is an error", answer)
        for name in {"result", "error"} & set(shown):
            expect(isinstance(shown[name], dict), f"the {name} is no object", answer)


@operation.of_whole_run
def blocked_is_there_exactly_while_it_needs_attention(witness: Witness) -> None:
    for shown, answer in _operations(witness):
        expect_equal("blocked" in shown, shown["status"] == "needs_attention", "whether it says what blocks", answer)


@operation.of_whole_run
def times_are_in_their_order(witness: Witness) -> None:
    for shown, answer in _operations(witness):
        known = [shown[name] for name in ("created_at", "started_at", "finished_at", "expires_at") if shown[name]]
        expect_equal(known, sorted(known), "the order of its times", answer)
        expect(shown["created_at"] <= shown["updated_at"], "it was changed before it was created", answer)


# -- every answer ------------------------------------------------------------------------------------------------------


@refusals.of_whole_run
def every_refusal_is_a_problem_document(witness: Witness) -> None:
    for answer in witness.answers:
        if answer.status >= 400 and answer.method != "HEAD" and answer.header("x-request-id"):
            fault = problem_fault(answer)
            expect(fault is None, f"expected a problem document, but {fault}", answer)


@refusals.of_whole_run
def the_title_of_a_kind_of_refusal_never_changes(witness: Witness) -> None:
    titles: dict[tuple[str, int], str] = {}
    for answer in witness.answers:
        if answer.status >= 400 and isinstance(document := answer.json_or_none, dict):
            kind = document["type"].rpartition("/")[2], answer.status if document["type"] == "about:blank" else 0
            title = titles.setdefault(kind, document["title"])
            expect_equal(document["title"], title, "the title", answer)


@refusals.of_whole_run
def no_answer_is_a_500_or_shows_a_stack(witness: Witness) -> None:
    for answer in witness.answers:
        expect(answer.status != 500, "the service has a defect", answer)
        expect(b"Traceback (most recent" not in answer.body, "a stack trace is shown", answer)


@refusals.of_whole_run
def every_answer_has_a_request_id_and_no_two_have_the_same(witness: Witness) -> None:
    seen: set[str] = set()
    for answer in witness.answers:
        lines = answer.lines("x-request-id")
        if not lines and answer.status == 400 and answer.media_type != "application/problem+json":
            continue  # what cannot be parsed as HTTP never gets to the service
        expect(len(lines) == 1 and lines[0] not in seen, f"its ids are {lines}", answer)
        seen.update(lines)


@refusals.of_whole_run
def no_answer_has_a_byte_too_many_or_too_few(witness: Witness) -> None:
    for answer in witness.answers:
        expect_equal(answer.beyond, b"", "what follows the answer", answer)
        length = answer.header("content-length")
        if length is not None and answer.method != "HEAD" and answer.status != 304:
            expect_equal(int(length), len(answer.body), "Content-Length", answer)


@refusals.of_whole_run
def a_body_has_a_content_type_and_nothing_has_none(witness: Witness) -> None:
    for answer in witness.answers:
        if answer.method != "HEAD":
            expect_equal(answer.media_type is not None, bool(answer.body), "whether there is a content type", answer)


def _reachable(status: str) -> set[str]:
    found, pending = {status}, [status]
    while pending:
        following = STEPS.get(pending.pop(), set()) - found
        found |= following
        pending += following
    return found
