"""Server-Sent Events in whatever pieces they come (WHATWG HTML section 9.2.6)."""

from __future__ import annotations

import pytest

from operations_api.client.events import Event, EventParser

STREAM = (
    b"\xef\xbb\xbfretry: 2000\n\n: still here\n\n"
    b"id: 1\ndata: one\n\n"
    b"id:2\r\ndata:two\r\ndata: more\r\n\r\n"
    b"data: \xe2\x80\xa8 a line separator is text\r\r"
    b"event: named\nid: a\0b\ndata\n\n"
    b"nothing: known\n\n"
    b"data: half an event"
)
EVENTS = [
    Event("1", b"one"),
    Event("2", b"two\nmore"),
    Event("2", b"\xe2\x80\xa8 a line separator is text"),
    Event("2", b""),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_stream_is_its_events_however_it_is_cut(size: int) -> None:
    parser = EventParser()
    chunks = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [event for chunk in chunks for event in parser.feed(chunk)] == EVENTS
