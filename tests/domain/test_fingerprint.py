"""Two requests are the same exactly when the canonical JSON of their type and body is."""

import hashlib
import json
import struct

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from operations_api.domain.fingerprint import canonical, fingerprint
from operations_api.domain.strict_json import MAX_INTEGER, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | FLOATS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(VALUES)
@example({"\ue000": 1, "\U0001f600": 2})
@example({"": 1.0, '"': [":1.5"], "\x7f\x1f/": -0.0})
def test_the_canonical_form_is_that_of_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(st.integers(0, 2**64 - 1))
@example(0x0000000000000001)
@example(0x7FEFFFFFFFFFFFFF)
@example(0x444B1AE4D6E2EF50)  # 1e21, the first with an exponent
@example(0x444B1AE4D6E2EF4F)
@example(0x3EB0C6F7A0B5ED8D)  # 1e-6, the last without one
@example(0x3E7AD7F29ABCAF48)  # 1e-7
def test_every_double_is_written_as_ecmascript_does(bits):
    (number,) = struct.unpack(">d", struct.pack(">Q", bits))
    if number == number and abs(number) != float("inf"):
        assert canonical(number) == rfc8785.dumps(number)


@given(VALUES, TEXT)
def test_the_fingerprint_is_sha256_over_type_and_body(body, type):
    assert fingerprint(type, body) == hashlib.sha256(rfc8785.dumps([type, body])).digest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":2}', '{ "b" : 2 ,\n"a":1}'),
        ('{"a":1}', '{"a":1.0}'),
        ('{"a":100}', '{"a":1e2}'),
        ('{"a":0}', '{"a":-0.0}'),
        ('{"a":"\\u00e9"}', '{"a":"é"}'),
        ('{"a":"/"}', '{"a":"\\/"}'),
    ],
)
def test_spelling_does_not_matter(one, other):
    assert fingerprint("t", parse(one.encode())) == fingerprint("t", parse(other.encode()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":null}', "{}"),
        ('{"a":1}', '{"a":"1"}'),
        ('{"a":1}', '{"a":true}'),
        ('{"a":[1,2]}', '{"a":[2,1]}'),
        ('{"a":0.1}', '{"a":0.10000000000000002}'),
    ],
)
def test_meaning_does_matter(one, other):
    assert fingerprint("t", parse(one.encode())) != fingerprint("t", parse(other.encode()))


def test_the_type_is_part_of_it():
    assert fingerprint("place-order", {}) != fingerprint("charge-card", {})


@given(VALUES)
def test_the_canonical_form_reads_back_as_the_same_value(value):
    assert json.loads(canonical(value), parse_int=float) == value
