"""One key, two spellings, and a refusal that says what to do for everything else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations_api.domain.idempotency_key import (
    PATTERN,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    age_problem,
    parse,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RETENTION = timedelta(days=30)
ALLOWED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '",\\')


def uuid7_made_at(moment: datetime) -> str:
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7abc-9def-0123456789ab"


@given(st.text(ALLOWED, min_size=1, max_size=255))
def test_both_spellings_are_the_same_key(key):
    assert parse([key.encode()]) == parse([f'"{key}"'.encode()]) == key
    assert re.fullmatch(PATTERN, key)
    assert re.fullmatch(PATTERN, f'"{key}"')


@given(st.binary(max_size=300))
def test_any_bytes_are_one_key_or_refused(value):
    try:
        key = parse([value])
    except IdempotencyKeyInvalid:
        return
    assert value.strip(b" \t") in (key.encode(), f'"{key}"'.encode())
    assert 1 <= len(key) <= 255
    assert set(key) <= set(ALLOWED)


def test_white_space_around_the_value_belongs_to_the_header():
    assert parse([b'\t "order-4711" ']) == "order-4711"


def test_a_missing_key_is_told_from_a_wrong_one():
    with pytest.raises(IdempotencyKeyMissing):
        parse([])


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([b""], "empty"),
        ([b"  "], "empty"),
        ([b'""'], "empty"),
        ([b"two words"], "white space"),
        ([b'"two words"'], "white space"),
        ([b"a\x00b"], "control"),
        ([b"a\x7f"], "control"),
        (["schlüssel".encode()], "non-ASCII"),
        (["schlüssel".encode("latin-1")], "non-ASCII"),
        ([b'"open'], "never closed"),
        ([b'open"'], "quote"),
        ([b'"'], "never closed"),
        ([b'"a"b"'], "follows"),
        ([b'"a";b=1'], "follows"),
        ([b'"a", "b"'], "follows"),
        ([b"a,b"], "list"),
        ([b"a\\b"], "backslash"),
        ([b"a", b"b"], "exactly one"),
        ([b"a", b"a"], "exactly one"),
        ([b"k" * 256], "at most 255"),
        ([b'"' + b"k" * 256 + b'"'], "at most 255"),
    ],
)
def test_everything_else_is_refused_and_says_why(lines, says):
    with pytest.raises(IdempotencyKeyInvalid, match=says):
        parse(lines)


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=29, hours=23), timedelta(minutes=-4)])
def test_a_uuid7_within_the_retention_may_be_new(age):
    assert age_problem(uuid7_made_at(NOW - age), NOW, RETENTION) is None


@pytest.mark.parametrize("age", [timedelta(days=30, seconds=1), timedelta(days=3000), timedelta(minutes=-6)])
def test_a_uuid7_whose_replay_could_not_be_recognised_is_refused(age):
    key = uuid7_made_at(NOW - age)
    assert age_problem(key, NOW, RETENTION) is not None
    assert age_problem(key.upper(), NOW, RETENTION) is not None


@pytest.mark.parametrize(
    "key", ["order-4711", "0f8fad5b-d9cb-469f-a165-70867728950e", "00000000-0000-7000-c000-000000000000"]
)
def test_other_keys_have_no_age(key):
    assert age_problem(key, NOW, RETENTION) is None
