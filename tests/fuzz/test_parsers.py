"""Each parser of what strangers send, alone: it never fails, and what it takes is what a reference takes for the same.

The references are the published parsers of structured fields (RFC 9651) and canonical JSON (RFC 8785), and Python's own
JSON with the rules of RFC 7493 added in the plainest way.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import http_sf
import pytest
import rfc8785
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from operations_api.domain.fingerprint import canonical
from operations_api.domain.idempotency_key import IdempotencyKeyInvalid
from operations_api.domain.idempotency_key import parse as parse_key
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.strict_json import MAX_DEPTH, MAX_INTEGER, MalformedJson
from operations_api.domain.strict_json import parse as parse_json
from operations_api.http import page_token
from operations_api.http.etags import condition, tag_of
from operations_api.http.in_flight import Room
from operations_api.http.limits import limit_headers
from operations_api.http.prefer import MAX_WAIT_SECONDS, Preferences
from operations_api.http.prefer import parse as parse_preferences
from operations_api.http.rate_limit import Standing
from operations_api.http.trace_context import traceparent
from tests.fuzz.conversations import JSON, every_hazard, mutated
from tests.fuzz.dictionary import HEADERS, JSON_HAZARDS, TRACE

SEED = 20
LATIN = st.text(st.characters(max_codepoint=255))
"""What a header's value can be once it is decoded."""

fuzzed = settings(max_examples=400, database=None, deadline=None)


def values_of(name: bytes) -> st.SearchStrategy[bytes]:
    words = st.sampled_from(HEADERS[name])
    return words | words.flatmap(mutated) | st.binary(max_size=40)


# -- the key ---------------------------------------------------------------------------------------------------------


@seed(SEED)
@fuzzed
@given(values_of(b"Idempotency-Key") | st.text('ab"\\,; =?1', max_size=6).map(str.encode))
def test_a_quoted_key_is_the_string_of_structured_fields_without_what_would_need_escaping(value: bytes) -> None:
    try:
        key = parse_key([value])
    except IdempotencyKeyInvalid:
        string = as_string(value)
        assert string is None or not 1 <= len(string) <= 255 or set(string) & set(' ",\\'), value
        return
    if value.strip(b" \t").startswith(b'"'):
        assert as_string(value.strip(b" \t")) == key


def as_string(value: bytes) -> str | None:
    """The string, where the whole value is one and nothing else (RFC 9651 section 3.3.3)."""
    try:
        item, parameters = http_sf.parse(value, tltype="item")
    except http_sf.StructuredFieldError:
        return None
    return item if type(item) is str and not parameters and value.strip(b" ").startswith(b'"') else None


# -- limits ----------------------------------------------------------------------------------------------------------

MANY = st.integers(1, 10**6)


@seed(SEED)
@fuzzed
@given(st.floats(0, 10**6), st.integers(0, 10**6), MANY, MANY)
def test_what_is_left_is_said_in_structured_fields(requests: float, room: int, per_second: int, limit: int) -> None:
    said = dict(limit_headers(Standing(True, requests, per_second), Room(True, room, limit)))
    policies, left = (http_sf.parse(said[name], tltype="list") for name in (b"ratelimit-policy", b"ratelimit"))
    assert policies == [
        ("tenant", {"q": per_second, "w": 1}),
        ("in-flight", {"q": limit, "qu": "concurrent-requests"}),
    ]
    assert left == [("tenant", {"r": int(requests), "t": 1}), ("in-flight", {"r": room})]


# -- Prefer ----------------------------------------------------------------------------------------------------------

PREFERENCES = st.dictionaries(
    st.sampled_from(["wait", "return", "respond-async", "handling", "x"]),
    st.integers(0, 99) | st.sampled_from([True, "minimal", "7", http_sf.Token("minimal"), http_sf.Token("strict")]),
    max_size=4,
)


@seed(SEED)
@fuzzed
@given(PREFERENCES)
def test_preferences_that_are_a_structured_dictionary_mean_the_same_in_it(wanted: dict[str, Any]) -> None:
    line = http_sf.ser(wanted) if wanted else ""
    read = {name: value for name, (value, _) in http_sf.parse(line.encode(), tltype="dictionary").items()}
    wait = str(read.get("wait"))
    assert parse_preferences([line]) == Preferences(
        wait=min(int(wait), MAX_WAIT_SECONDS) if wait.isdigit() else None,
        minimal=str(read.get("return")) == "minimal",
        respond_async=read.get("respond-async") is True,
    )


@seed(SEED)
@fuzzed
@given(st.lists(values_of(b"Prefer").map(lambda value: value.decode("latin-1")), max_size=3))
def test_any_preferences_are_read(lines: list[str]) -> None:
    wait = parse_preferences(lines).wait
    assert wait is None or 0 <= wait <= MAX_WAIT_SECONDS


# -- entity tags -----------------------------------------------------------------------------------------------------

TAGS = st.tuples(st.booleans(), st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=4)).map(
    lambda parts: (parts[0], re.sub('["\x7f-\x9f]', "", parts[1]))
)


@seed(SEED)
@fuzzed
@given(st.lists(TAGS, min_size=1, max_size=5), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_a_list_of_tags_is_read_as_it_was_written(tags: list[tuple[bool, str]], comma: str) -> None:
    line = comma.join(f'{"W/" if weak else ""}"{opaque}"' for weak, opaque in tags)
    read = condition([line])
    assert read is not None
    assert read.tags == {f'"{opaque}"' for _, opaque in tags}
    assert read.strong == {f'"{opaque}"' for weak, opaque in tags if not weak}


@seed(SEED)
@fuzzed
@given(values_of(b"If-Match").map(lambda value: value.decode("latin-1")) | LATIN)
@example('x"3"')
@example('"3"x')
@example('"a"3"')
@example('"a, "3"')
@example('w/"3"')
def test_only_a_whole_element_of_a_list_is_a_tag(line: str) -> None:
    read = condition([line])
    assert read is not None
    if read.anything:
        assert line.strip() == "*"
        return
    elements = elements_of(line)
    assert read.strong <= elements
    assert all(tag in elements or f"W/{tag}" in elements for tag in read.tags)
    assert not read.matches_version(3) or {tag_of(3), tag_of(3, full=True)} & elements


def elements_of(line: str) -> set[str]:
    """The parts between those commas that are not within quotes; an open quote never ends."""
    return {element.strip(" \t") for element in re.findall(r'(?:[^,"]|"[^"]*"|"[^"]*$)+', line)}


# -- page tokens -----------------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds of naive ones
FILTERS = st.dictionaries(st.sampled_from(["type", "status", "label"]), st.text(max_size=3), max_size=2)


@seed(SEED)
@fuzzed
@given(MOMENTS, st.uuids(), FILTERS, FILTERS, st.sampled_from(["us", "them"]))
def test_a_token_is_read_back_under_its_own_tenant_and_filters_alone(
    at: datetime, id: UUID, filters: dict[str, str], others: dict[str, str], tenant: str
) -> None:
    token = page_token.issue("us", filters, (at, id))
    if (tenant, others) == ("us", filters):
        assert page_token.read(token, tenant, others) == (at, id)
    else:
        with pytest.raises(ValidationFailed):
            page_token.read(token, tenant, others)


@seed(SEED)
@fuzzed
@given(st.text(max_size=60) | st.text("AZaz09-_=/+\n", max_size=60))
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(ValidationFailed):
        page_token.read(token, "us", {})


@seed(SEED)
@fuzzed
@given(MOMENTS, st.uuids(), st.data())
def test_a_token_that_was_written_otherwise_is_refused(at: datetime, id: UUID, data: st.DataObject) -> None:
    token = page_token.issue("us", {}, (at, id))
    place = data.draw(st.integers(0, len(token)))
    with pytest.raises(ValidationFailed):
        page_token.read(token[:place] + data.draw(st.sampled_from("!\n =.")) + token[place:], "us", {})


# -- JSON ------------------------------------------------------------------------------------------------------------


@seed(SEED)
@fuzzed
@given(JSON)
def test_json_is_read_as_the_plainest_strict_reader_does(body: bytes) -> None:
    reads_as_plainly(body)


@pytest.mark.parametrize("body", [*JSON_HAZARDS, *every_hazard()], ids=lambda body: repr(body[:40]))
def test_each_hazard_of_json_is_read_as_the_plainest_strict_reader_does(body: bytes) -> None:
    reads_as_plainly(body)


def reads_as_plainly(body: bytes) -> None:
    try:
        expected = plainly_read(body)
    except (ValueError, RecursionError):
        with pytest.raises(MalformedJson):
            parse_json(body)
        return
    value = parse_json(body)
    assert repr(value) == repr(expected) or value == expected
    assert canonical(value) == rfc8785.dumps(expected)


def plainly_read(body: bytes) -> Any:
    """RFC 8259 and 7493, and what Postgres cannot store. Raises ``ValueError`` and ``RecursionError``."""
    value = json.loads(body.decode(), object_pairs_hook=once, parse_constant=refuse, parse_int=small)
    check(value, 0)
    return value


def once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(members)) < len(members):
        raise ValueError("a member twice")
    return dict(members)


def refuse(word: str) -> Any:
    raise ValueError(word)


def small(digits: str) -> int:
    if abs(int(digits)) > MAX_INTEGER:
        raise ValueError(digits)
    return int(digits)


def check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL")
        value.encode()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not finite")
    if isinstance(value, list | dict):
        if depth == MAX_DEPTH:
            raise ValueError("too deep")
        for child in [*value, *value.values()] if isinstance(value, dict) else value:
            check(child, depth + 1)


# -- traceparent -----------------------------------------------------------------------------------------------------


@seed(SEED)
@fuzzed
@given(values_of(b"traceparent").map(lambda value: value.decode("latin-1")) | LATIN.map(lambda more: LATER + more))
def test_a_trace_that_is_kept_can_be_sent_on_as_a_header(line: str) -> None:
    kept = traceparent([line])
    assert kept is None or (kept == line and re.fullmatch("[!-~]{55,255}", kept))


LATER = "cc" + TRACE.decode()[2:] + "-"
