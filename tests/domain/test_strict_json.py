"""What a body must be so that every reader of it sees the same value."""

import json
import random
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations_api.domain.strict_json import MAX_DEPTH, MAX_INTEGER, MalformedJson, parse, without_strings

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1,}',
        b"[1 2]",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"01",
        b"+1",
        b"1.",
        b".5",
        b"'a'",
        b"{a:1}",
        b"// c\n1",
        b"1 2",
        b"tru",
        b'"a\x01b"',
        b'"\\x41"',
        b'"a\nb"',
    ],
)
def test_what_is_not_json_is_refused(body):
    with pytest.raises(MalformedJson):
        parse(body)


@pytest.mark.parametrize(
    "body",
    [b'"\xff"', b'{"\xff":1}', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'\xef\xbb\xbf{"a":1}', '{"a":1}'.encode("utf-16")],
)
def test_what_is_not_utf8_is_refused(body):
    with pytest.raises(MalformedJson):
        parse(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a":1,"b":{"c":[{"d":1,"e":2,"d":3}]}}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":"\\u003a","a":1}',
        b'{"a":"\\u003A\\u003a","a":{"b":1},"a":2}',
        b'{"":1,"":2}',
        b'{"colon":"\\u003a","a":1,"a":2}',
        b'{"colon":"\\u003A","a":1,"a":2}',
        b'{"a":":","a":"::"}',
    ],
)
def test_duplicate_members_are_refused(body):
    with pytest.raises(MalformedJson, match="twice"):
        parse(body)


@given(JSON_VALUES, st.randoms(use_true_random=False))
def test_a_duplicate_is_found_wherever_it_is_hidden(value, random):
    body = json.dumps({"first": value, "twice": value, "last": value}, ensure_ascii=random.random() < 0.5)
    repeated = body[:-1] + ', "twice": 0}'
    assert parse(body.encode())["twice"] == value
    with pytest.raises(MalformedJson, match="twice"):
        parse(repeated.encode())


@pytest.mark.parametrize("body", [b'{"a":"\\u003a"}', b'{"\\u003a":"a:b"}', b'{"a":{"a":{"a":1}},"b":":a:"}'])
def test_colons_in_strings_are_not_taken_for_duplicates(body):
    assert parse(body) == json.loads(body)


@pytest.mark.parametrize("body", [b'"\\u0000"', b'{"a\\u0000":1}', b'["x",{"y":["z\\u0000"]}]', b'"\\\\\\u0000"'])
def test_nul_is_refused(body):
    with pytest.raises(MalformedJson, match="NUL"):
        parse(body)


def test_a_backslash_before_u0000_is_no_nul():
    assert parse(b'"\\\\u0000"') == "\\u0000"


@pytest.mark.parametrize(
    "body", [b'"\\ud800"', b'"\\udc00"', b'"\\ud800x"', b'"\\ud800\\ud800"', b'{"\\uDFFF":1}', b'"\\ude00\\ud83d"']
)
def test_lone_surrogates_are_refused(body):
    with pytest.raises(MalformedJson, match="pairs"):
        parse(body)


def test_paired_surrogates_are_one_character():
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize(
    "digits",
    ["9007199254740992", "-9007199254740992", str(2**63), str(2**64), str(-(2**64)), str(10**100), "9" * 5000],
    ids=lambda digits: digits[:25],
)
def test_integers_that_readers_would_round_are_refused(digits):
    for body in (digits, f"[{digits}]", f'{{"a":{{"b":{digits}}}}}'):
        with pytest.raises(MalformedJson):
            parse(body.encode())


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0, 123456789012345])
def test_integers_that_readers_keep_are_taken(number):
    assert parse(str(number).encode()) == number


@pytest.mark.parametrize("body", [b"1e400", b"-1e400", b"[1E999]"])
def test_numbers_that_are_not_finite_are_refused(body):
    with pytest.raises(MalformedJson):
        parse(body)


def test_long_digits_in_strings_and_fractions_are_no_large_integers():
    assert parse(b'["4111111111111111111", 0.12345678901234567]') == ["4111111111111111111", 0.12345678901234567]


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_nesting_is_bounded_exactly(opening, closing):
    per_unit = opening.count("[") + opening.count("{")
    deepest = MAX_DEPTH // per_unit
    assert parse((opening * deepest + "1" + closing * deepest).encode()) is not None
    with pytest.raises(MalformedJson, match="nested deeper"):
        parse((opening * (deepest + 1) + "1" + closing * (deepest + 1)).encode())


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_absurd_nesting_neither_crashes_nor_hangs(opening):
    with pytest.raises(MalformedJson, match="nested deeper"):
        parse(opening * 150_000)


def test_many_containers_side_by_side_are_not_nesting():
    body = b"[" + b",".join([b'{"a":[]}'] * 1000) + b"]"
    assert len(parse(body)) == 1000


@given(JSON_VALUES)
def test_whatever_a_client_can_write_strictly_is_read_as_it_was_meant(value):
    assert parse(json.dumps(value).encode()) == value
    assert parse(msgspec.json.encode(value)) == value


def test_random_bytes_are_read_or_refused_but_never_crash():
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    pieces = [
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"\\u",
        b"\\",
        b"00",
        b"d8",
        b"1",
        b"e",
        b".",
        b"-",
        b"\xff",
        b"a",
    ]
    for _ in range(20_000):
        body = b"".join(dice.choices(pieces, k=dice.randrange(12)))
        try:
            json.loads(body.decode())
        except (ValueError, RecursionError):
            with pytest.raises(MalformedJson):
                parse(body)
        else:
            accepts_or_refuses(body)


def accepts_or_refuses(body):
    try:
        parse(body)
    except MalformedJson:
        return


# -- what is left without strings ------------------------------------------------------------------------------------

STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_a_scan_for_numbers_and_braces_passes_over_strings_and_nothing_else(value, ascii, indent):
    text = json.dumps(value, ensure_ascii=ascii, indent=indent).encode("utf-8", "surrogatepass")
    assert without_strings(text) == STRING.sub(b"", text)


@pytest.mark.parametrize("text", [rb'"\\"', rb'"\\\""', rb'"\""', rb'"a\\\\"', rb'"\u0022"', rb'"\n\\"'])
def test_no_string_hides_a_number_that_not_everybody_reads(text):
    with pytest.raises(MalformedJson, match="beyond"):
        parse(b'{"a":' + text + b',"b":12345678901234567,"c":' + text + b"}")
    digits = b'{"a":' + text + b',"12345678901234567":"12345678901234567"}'
    assert parse(digits)["12345678901234567"] == "12345678901234567"
