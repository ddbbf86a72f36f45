"""What is repeated, and after how long."""

from __future__ import annotations

import random
from email.utils import formatdate

import pytest

from operations_api.client.retrying import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Outcome,
    pause_before_next,
    seconds_of,
)

IN_FLIGHT = Outcome(409, "idempotency-key-in-flight")


@pytest.mark.parametrize("outcome", [Outcome(), IN_FLIGHT, *map(Outcome, (429, 502, 503, 504))])
def test_what_passes_is_repeated(outcome: Outcome) -> None:
    assert pause_before_next(outcome, 0, 0.5) is not None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 428, 500, 501])
@pytest.mark.parametrize("slug", ["", "operation-expired"])
def test_what_would_be_answered_the_same_again_is_not(status: int, slug: str) -> None:
    assert pause_before_next(Outcome(status, slug, 1.0), 0, 0.5) is None


def test_what_must_not_happen_twice_is_repeated_only_when_nothing_was_done() -> None:
    for outcome in (Outcome(), IN_FLIGHT, *map(Outcome, (502, 503, 504))):
        assert pause_before_next(outcome, 0, 0.5, repeatable=False) is None
    assert pause_before_next(Outcome(429), 0, 0.5, repeatable=False) is not None


def test_pauses_are_jittered_over_their_whole_length_and_bounded() -> None:
    chances = [random.Random(seed).random() for seed in range(1000)]
    for attempt in (0, 1, 5, 30, 10**9):
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempt, 20))
        pauses = [pause_before_next(Outcome(), attempt, chance) or 0.0 for chance in chances]
        assert 0 <= min(pauses) < 0.01 * longest
        assert 0.99 * longest < max(pauses) < longest


def test_no_pause_is_shorter_than_retry_after() -> None:
    pauses = [pause_before_next(Outcome(503, "", 7.0), 3, chance / 100) or 0.0 for chance in range(100)]
    assert min(pauses) == 7.0
    assert len(set(pauses)) == 100, "clients that were told the same do not come back together"


def test_retry_after_is_seconds_or_a_date() -> None:
    now = 1_800_000_000.0
    assert seconds_of("7", now) == 7.0
    assert seconds_of(formatdate(now + 30, usegmt=True), now) == 30.0
    assert seconds_of(formatdate(now - 30, usegmt=True), now) == 0.0
    for nothing in (None, "", "soon", "-1", "1.5", "²"):
        assert seconds_of(nothing, now) is None
