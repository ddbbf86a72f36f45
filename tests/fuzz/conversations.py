"""Conversations: what is sent over one connection, made up at random from the words of ``dictionary.py``.

In each kind one part is strange and the rest is good enough to get there: a request that is wrong all over is refused
by the first line of code that it meets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_from_bytes

import msgspec
from hypothesis import strategies as st

from tests.fuzz.dictionary import (
    GOOD_BODIES,
    HEADERS,
    JSON_HAZARDS,
    MEMBERS,
    METHODS,
    NASTY,
    ODD_METHODS,
    QUERIES,
    ROUTES,
)
from tests.fuzz.wire import SPLIT

Field = tuple[bytes, bytes]


class Request(msgspec.Struct, frozen=True):
    """One request as it is sent; without ``framing`` the body is announced as it should be."""

    method: bytes = b"POST"
    target: bytes = b"/operations/note"
    headers: tuple[Field, ...] = ()
    body: bytes = b""
    framing: tuple[Field, ...] | None = None
    version: bytes = b"HTTP/1.1"
    line_end: bytes = b"\r\n"

    def sent(self, *, last: bool = True) -> bytes:
        """Its bytes, with what everybody sends unless it is among the headers. ``last`` asks the server to close."""
        framing = ((b"Content-Length", b"%d" % len(self.body)),) if self.framing is None else self.framing
        fields = [*_missing(self.headers, last=last), *self.headers, *framing]
        lines = [b" ".join([self.method, self.target, self.version]), *(b": ".join(field) for field in fields)]
        return self.line_end.join([*lines, b"", self.body])


def _missing(headers: tuple[Field, ...], *, last: bool) -> list[Field]:
    usual = [
        (b"Host", b"localhost"),
        (b"Authorization", b"Bearer @KEY@"),
        (b"Content-Type", b"application/json"),
        (b"Idempotency-Key", b"@MARK@-@NEW@"),
    ]
    given = {name for name, _ in headers}
    return [field for field in usual if field[0] not in given] + [(b"Connection", b"close")] * last


@st.composite
def mutated(draw: st.DrawFn, text: bytes) -> bytes:
    """Something put in, taken out, doubled or overwritten."""
    for _ in range(draw(st.integers(1, 3))):
        at, to = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        put = draw(st.sampled_from(NASTY) | st.binary(max_size=4) | st.just(b"") | st.just(text[at:to] * 2))
        text = text[:at] + put + text[to if draw(st.booleans()) else at :]
    return text


def _often_mutated(words: list[bytes]) -> st.SearchStrategy[bytes]:
    word = st.sampled_from(words)
    return word | word.flatmap(mutated) | st.sampled_from(NASTY) | st.binary(max_size=60)


_FIELDS: Final = st.one_of(
    [st.tuples(st.just(name), _often_mutated(values)) for name, values in HEADERS.items()]
    + [st.tuples(_often_mutated(list(HEADERS)), st.sampled_from(NASTY))]
)
_ROUTES: Final = st.sampled_from(ROUTES) | st.tuples(
    st.sampled_from(METHODS + ODD_METHODS), st.sampled_from([path for _, path in ROUTES])
)
_BODIES: Final = st.sampled_from(GOOD_BODIES)
_PARAMETERS: Final = st.one_of(
    [st.tuples(st.just(name), _often_mutated(values)).map(b"=".join) for name, values in QUERIES.items()]
)


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """Strange header lines to good routes."""
    lines = draw(st.lists(_FIELDS, min_size=1, max_size=6) | _FIELDS.map(lambda field: [field] * 120))
    body = draw(_BODIES)
    return Request(*draw(_ROUTES), tuple(lines), body).sent()


@st.composite
def targets(draw: st.DrawFn) -> bytes:
    """Strange methods, paths and query strings, mostly encoded: the server itself refuses the raw ones."""
    method, path = draw(_ROUTES)
    as_sent = draw(st.sampled_from([_encoded, _encoded, _encoded, bytes]))
    if draw(st.booleans()):
        path = as_sent(draw(mutated(path)))
    target = draw(st.sampled_from([b""] * 6 + [b"http://localhost", b"https://evil.example", b"//", b"*"])) + path
    if parameters := draw(st.lists(_PARAMETERS, max_size=4)):
        target += b"?" + b"&".join(as_sent(parameter) for parameter in parameters)
    return Request(method, target, body=draw(_BODIES)).sent()


def _encoded(text: bytes) -> bytes:
    """Percent-encoded where the server would not read on; what is encoded already stays as it is."""
    return quote_from_bytes(text, safe="/?&=%:@,;+*'()").encode()


_LEAVES: Final = st.sampled_from(JSON_HAZARDS) | st.binary(max_size=8)
_VALUES: Final = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: b"[" + b",".join(items) + b"]")
        | st.lists(st.tuples(st.sampled_from(MEMBERS), inner), max_size=5).map(
            lambda members: b"{" + b",".join(b'"' + name + b'":' + value for name, value in members) + b"}"
        )
    ),
    max_leaves=8,
)
JSON: Final = (
    _BODIES.flatmap(mutated)
    | _VALUES
    | _VALUES.map(lambda value: b'{"input":{"anything":' + value + b"}}")
    | _VALUES.map(lambda value: b'{"input":{"text":"a"},"labels":' + value + b"}")
    | st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe", b" " * 5000]).map(lambda start: start + GOOD_BODIES[0])
    | st.integers(0, len(GOOD_BODIES[0])).map(lambda end: GOOD_BODIES[0][:end])
    | st.sampled_from([b'{"input":{"text":"' + b"x" * 1_100_000 + b'"}}', b"[" * 1_000_000, b"\x00" * 1_048_576])
)
"""JSON texts, or what somebody takes for one."""


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Strange bodies to the routes that take one."""
    takers = [(b"POST", b"/operations/note"), (b"PUT", b"/operations/note/@ID@"), (b"PATCH", b"/operations/@ID@"),
              (b"POST", b"/operations/@ID@/resolve"), (b"POST", b"/operations/@ID@/force-close"),
              (b"POST", b"/operations/note?validate_only=true"), (b"POST", b"/operations/@ID@/cancel")]  # fmt: skip
    method, target = draw(st.sampled_from(takers))
    return Request(method, target, ((b"If-Match", b"*"),), draw(JSON)).sent()


_SIZES: Final = [b"0", b"1", b"-1", b"+1", b"0x1", b"1 ", b"1;a=b", b'1;a="\r\n"', b"1\n", b"f" * 16, b"f" * 17,
                 b"", b"g", b"00000000000000001", b"1;" + b"x" * 9000]  # fmt: skip
_LENGTHS: Final = [b"0", b"5", b"9999999", b"-1", b"+5", b"5, 5", b"5,6", b"0x5", b"1e1", b"9" * 20, b"", b"\xd9\xa1"]
_CODINGS: Final = [b"chunked", b"identity", b"gzip, chunked", b"chunked, gzip", b"Chunked", b"xchunked", b"chunked\x0b",
                   b"", b"chunked, chunked"]  # fmt: skip
_ANNOUNCED: Final = (
    st.sampled_from(_LENGTHS).map(lambda value: (b"Content-Length", value))
    | st.sampled_from(_CODINGS).map(lambda value: (b"Transfer-Encoding", value))
    | st.tuples(
        st.sampled_from([b"Transfer-Encoding ", b"Transfer-Encoding\t", b" Transfer-Encoding"]), st.just(b"chunked")
    )
    | st.sampled_from([(b"Content-Length ", b"5"), (b"Trailer", b"Authorization"), (b"TE", b"trailers")])
)
_VERSIONS: Final = [b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.1 ", b"", b"HTTP/1"]
_LINE_ENDS: Final = [b"\r\n"] * 8 + [b"\n", b"\r", b"\r\r\n", b"\r\n "]
_STARTS: Final = [b""] * 8 + [
    b"\r\n\r\n",
    b"\n",
    b" ",
    b"\x16\x03\x01\x02\x00\x01",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@st.composite
def framing(draw: st.DrawFn) -> bytes:
    """Bodies whose length is told wrongly, twice or not at all; chunks that are none; strange versions, line ends."""
    if draw(st.booleans()):
        body, told = draw(_chunked()), (b"Transfer-Encoding", b"chunked")
    else:
        body = draw(_BODIES)
        told = (b"Content-Length", b"%d" % len(body))
    announced = [*draw(st.sampled_from([[told]] * 4 + [[]])), *draw(st.just([]) | st.lists(_ANNOUNCED, max_size=2))]
    method, target = draw(st.sampled_from(_FRAMED))
    version, line_end = draw(st.sampled_from(_VERSIONS)), draw(st.sampled_from(_LINE_ENDS))
    request = Request(method, target, (), body, tuple(announced), version, line_end)
    return draw(st.sampled_from(_STARTS)) + request.sent()


_FRAMED: Final = [
    (b"POST", b"/operations/note"),
    (b"PUT", b"/operations/note/@ID@"),
    (b"GET", b"/operations/@ID@"),
    (b"POST", b"http://localhost/operations/note"),
]


@st.composite
def _chunked(draw: st.DrawFn) -> bytes:
    """A body in chunks, most of which are right."""
    text, body = b"", draw(_BODIES)
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
    sizes, ends = st.sampled_from([b""] * 12 + _SIZES), st.sampled_from([b"\r\n"] * 6 + [SPLIT + b"\r\n", b"", b"\n"])
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        if start < end:
            text += (draw(sizes) or b"%x" % (end - start)) + b"\r\n" + body[start:end] + draw(ends)
    return (
        text
        + b"0\r\n"
        + draw(st.sampled_from([b"\r\n"] * 4 + [b"", b"Injected: 1\r\n\r\n", b"Authorization: x\r\n\r\n"]))
    )


@st.composite
def pipelines(draw: st.DrawFn) -> bytes:
    """Several requests in one go, good ones and others, torn into segments, the last one perhaps without its end."""
    count = draw(st.integers(1, 5))
    requests = [
        Request(*draw(_ROUTES), draw(st.lists(_FIELDS, max_size=1).map(tuple)), draw(_BODIES)) for _ in range(count)
    ]
    text = b"".join(request.sent(last=request is requests[-1]) for request in requests)
    at = draw(st.integers(0, len(text)))
    torn = text[:at] + SPLIT + text[at:]
    return torn[: draw(st.integers(0, len(torn)))] if draw(st.booleans()) else torn


@st.composite
def rubbish(draw: st.DrawFn) -> bytes:
    """A good request with bytes of it changed, or no request at all."""
    good = Request(*draw(_ROUTES), body=draw(_BODIES)).sent()
    return draw(mutated(good) | st.binary(max_size=300))


KINDS: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "headers": headers(),
    "targets": targets(),
    "bodies": bodies(),
    "framing": framing(),
    "pipelines": pipelines(),
    "rubbish": rubbish(),
}


def every_word() -> Iterator[bytes]:
    """Each word of the dictionary by itself, where it belongs: chance may never come to one of them."""
    for name, values in HEADERS.items():
        for value in values:
            for method, path in ((b"POST", b"/operations/note"), (b"GET", b"/operations/@ID@")):
                yield Request(method, path, ((name, value),), GOOD_BODIES[0]).sent()
    for name, values in QUERIES.items():
        for value in [*values, *map(_encoded, NASTY)]:
            yield Request(b"GET", b"/operations?" + name + b"=" + value).sent()
    for word in NASTY:
        yield Request(b"GET", b"/operations/" + _encoded(word)).sent()
    for body in every_hazard():
        yield Request(body=body).sent()


def every_hazard() -> Iterator[bytes]:
    """Each hazard of JSON where anything may stand, where a text should, and as the name of a member."""
    for hazard in JSON_HAZARDS:
        yield b'{"input":{"anything":' + hazard + b"}}"
        yield b'{"input":{"text":' + hazard + b"}}"
        yield b'{"input":{},"labels":{"a":' + hazard + b"}}"
        if hazard.startswith(b'"'):
            yield b'{"input":{"anything":{' + hazard + b":1}}}"
            yield b'{"input":{},"labels":{' + hazard + b':"a"}}'
