"""The same work has the same key, other work another one, and the API takes every one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations_api.client import keys
from operations_api.domain.idempotency_key import parse

parts = st.lists(st.text(min_size=1).filter(lambda text: text.isprintable()), min_size=1, max_size=4).map(tuple)


def test_keys_are_readable_and_never_change() -> None:
    """Written down: another key in another version would do the same work twice."""
    at = datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    assert keys.for_user_action("alice", "checkout", "cart-4711", 3) == "user:alice:checkout:cart-4711:3"
    assert keys.for_schedule("nightly", at) == "scheduled:nightly:2026-03-29T02:00:00Z"
    assert keys.for_external_event("stripe", "evt_1") == "external:stripe:evt_1"
    hashed = "user-sha256:9b0f97b78ece5b174e1cd0c8284b03b6046ca149d1a1c73ae40e4ad3ba3924d1"
    assert keys.for_user_action("alice", "say", "hello world") == hashed


@given(parts, parts)
def test_two_keys_are_the_same_exactly_when_the_work_is(some: tuple[str, ...], other: tuple[str, ...]) -> None:
    one, two = keys.for_user_action("u", *some), keys.for_user_action("u", *other)
    assert (one == two) == (some == other)
    assert parse([one.encode()]) == one


@pytest.mark.parametrize(
    ("some", "other"),
    [(("a:b", "c"), ("a", "b:c")), (("a", "b", "c"), ("a", "b:c")), (("a", "b"), ("a", "b", "b"))],
)
def test_parts_do_not_run_into_each_other(some: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert keys.for_user_action(*some) != keys.for_user_action(*other)


def test_nobody_can_choose_a_name_that_is_anothers_hash() -> None:
    hashed = keys.for_user_action("alice", "pay me")
    kind, digest = hashed.split(":")
    assert keys.for_user_action(kind, digest) != hashed
    assert keys.for_user_action("sha256", digest) != hashed


def test_a_moment_has_one_key_in_every_time_zone() -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=9)))
    assert keys.for_schedule("t", at) == keys.for_schedule("t", elsewhere)
    assert keys.for_schedule("t", at) != keys.for_schedule("t", at + timedelta(microseconds=1))
    assert len(keys.for_schedule("x" * 1000, at)) <= 255
    assert len(keys.for_schedule("x" * 218, at.replace(microsecond=1))) <= 255
    with pytest.raises(ValueError, match="time zone"):
        keys.for_schedule("t", datetime(2026, 1, 1))  # noqa: DTZ001 -- what is refused


def test_an_empty_part_is_refused() -> None:
    for empty in (("", "a"), ("a", ""), ("a", "b", "")):
        with pytest.raises(ValueError, match="empty"):
            keys.for_user_action(*empty)


def test_a_random_key_is_a_uuid_with_a_time() -> None:
    made = {keys.random() for _ in range(1000)}
    assert len(made) == 1000
    assert {UUID(key).version for key in made} == {7}
