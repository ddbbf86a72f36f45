"""Preferences are parsed as RFC 7240 says, and nothing a client writes there can fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations_api.http.prefer import MAX_WAIT_SECONDS, Preferences, parse


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Preferences()),
        (["wait=10"], Preferences(wait=10)),
        (["WAIT=10"], Preferences(wait=10)),
        (['wait="10"'], Preferences(wait=10)),
        (["wait = 10 ; x=1"], Preferences(wait=10)),
        (["wait=0"], Preferences(wait=0)),
        (["wait=31"], Preferences(wait=MAX_WAIT_SECONDS)),
        (["wait=" + "9" * 500], Preferences(wait=MAX_WAIT_SECONDS)),
        (["wait=10, wait=20"], Preferences(wait=10)),
        (["wait=10", "wait=20"], Preferences(wait=10)),
        (["wait"], Preferences()),
        (["wait=-1"], Preferences()),
        (["wait=1.5"], Preferences()),
        (["wait=soon, return=minimal"], Preferences(minimal=True)),
        (["return=minimal"], Preferences(minimal=True)),
        (['return="minimal"; foo="a, wait=9"'], Preferences(minimal=True)),
        (["return=representation"], Preferences()),
        (["respond-async, wait=5"], Preferences(wait=5, respond_async=True)),
        (["respond-async=yes"], Preferences()),
        (['foo="unclosed, wait=5'], Preferences(wait=5)),
        ([",,;;==, wait=5"], Preferences(wait=5)),
        (["a;" + " " * 100_000 + "!"], Preferences()),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_header_means_what_the_rfc_says(lines, expected):
    assert parse(lines) == expected


@given(st.lists(st.text(st.characters(max_codepoint=255))))
def test_nothing_a_client_writes_fails(lines):
    preferences = parse(lines)
    assert preferences.wait is None or 0 <= preferences.wait <= MAX_WAIT_SECONDS


def test_what_was_honoured_is_said():
    asked = Preferences(wait=5, minimal=True, respond_async=True)
    assert asked.applied(minimal=True) == [("Preference-Applied", "respond-async, wait=5, return=minimal")]
    assert asked.applied(minimal=False) == [("Preference-Applied", "respond-async, wait=5")]
    assert Preferences().applied(minimal=True) == []
