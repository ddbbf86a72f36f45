"""Where a request ends is never a matter of opinion: what a proxy could read otherwise is refused, and nothing runs.

Each of these hides a second request in what could be the first one's body. Whoever serves it has been smuggled past
the proxy's rules, and its answer goes to somebody else.
"""

from __future__ import annotations

import pytest

from tests.fuzz.target import Target

HEAD = b"""\
Host: localhost\r
Authorization: Bearer @KEY@\r
Content-Type: application/json\r
Idempotency-Key: outer-@ID@\r
"""
BODY = b'{"input":{}}'
HIDDEN = (
    b"POST /operations/note HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer @KEY@\r\n"
    b"Content-Type: application/json\r\nIdempotency-Key: hidden-@ID@\r\nContent-Length: 12\r\n\r\n" + BODY
)
CHUNKED = b"c\r\n" + BODY + b"\r\n0\r\n\r\n"

AMBIGUOUS = {
    "a length and chunks": b"Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n" + CHUNKED,
    "a length of nothing and chunks": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "two lengths": b"Content-Length: 12\r\nContent-Length: 0\r\n\r\n" + BODY,
    "a list of lengths": b"Content-Length: 12, 0\r\n\r\n" + BODY,
    "a length with a sign": b"Content-Length: +12\r\n\r\n" + BODY,
    "a negative length": b"Content-Length: -1\r\n\r\n" + BODY,
    "a hexadecimal length": b"Content-Length: 0xc\r\n\r\n" + BODY,
    "a length beyond all numbers": b"Content-Length: 18446744073709551628\r\n\r\n" + BODY,
    "a coding that is not the last": b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "a coding nobody knows": b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "a coding with a control byte": b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKED,
    "a space before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 12\r\n\r\n" + CHUNKED,
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 12\r\n\r\n" + CHUNKED,
    "a line feed alone": b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n" + CHUNKED,
    "a carriage return alone": b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n" + CHUNKED,
    "a chunk size with a prefix": b"Transfer-Encoding: chunked\r\n\r\n0xc\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a negative chunk size": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk size beyond all numbers": b"Transfer-Encoding: chunked\r\n\r\n1000000000000000c\r\n"
    + BODY
    + b"\r\n0\r\n\r\n",
    "a chunk longer than its size": b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk size ended by a line feed": b"Transfer-Encoding: chunked\r\n\r\nc\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk extension with a line feed": b"Transfer-Encoding: chunked\r\n\r\nc;a\nb\r\n" + BODY + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("told", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_whose_end_is_ambiguous_is_refused_and_ends_the_connection(target: Target, told: bytes) -> None:
    target.refresh()
    request = b"POST /operations/note HTTP/1.1\r\n" + HEAD + told
    answers = target.answers(request + HIDDEN)
    assert [answer.status for answer in answers] == [400]
    assert not started(target, b"hidden-@ID@")


@pytest.mark.parametrize(
    "told",
    [b"Content-Length: 12\r\n\r\n" + BODY, b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED],
    ids=["a length", "chunks"],
)
def test_requests_whose_end_is_clear_are_served_one_after_the_other(target: Target, told: bytes) -> None:
    target.refresh()
    last = HIDDEN.replace(b"Host", b"Connection: close\r\nHost")
    answers = target.answers(b"POST /operations/note HTTP/1.1\r\n" + HEAD + told + last)
    assert [answer.status for answer in answers] == [202, 202]
    assert started(target, b"hidden-@ID@")
    assert started(target, b"outer-@ID@")


def test_what_follows_chunks_is_no_header(target: Target) -> None:
    """A trailer that counted would get past a proxy that sets or removes that header."""
    target.refresh()
    trailer = b"Operations-Tenant: @THEIR-TENANT@\r\nIdempotency-Key: trailing-@ID@\r\n\r\n"
    told = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nc\r\n" + BODY + b"\r\n0\r\n" + trailer
    (answer,) = target.answers(b"POST /operations/note HTTP/1.1\r\n" + HEAD + told)
    assert answer.status in (202, 400)
    assert not started(target, b"trailing-@ID@")


def started(target: Target, key: bytes) -> bool:
    """Whether the attacker has an operation under this key."""
    request = b"GET /operations?idempotency_key=" + key + b" HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"
    (answer,) = target.answers(request)
    assert answer.status == 200
    return answer.body != b'{"operations":[],"next_page_token":null}'
