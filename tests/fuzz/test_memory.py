"""What is sent leaves nothing behind: the API's process does not grow with what strangers send it."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from statistics import median

from tests.fuzz.conversations import Request
from tests.fuzz.target import Target

SEED = 20
WARM_UP_ROUNDS = 2
ROUNDS = 7
IN_A_ROUND = 72
LONG = 60_000
"""Bytes: were those of one kind kept, the process would grow by 4.3 MB in every round."""

REMEMBERED = 1024
IN_A_CONNECTION = 128
ADDRESS = 3_900
"""Bytes of a path, and as many of a query string: were they all kept, every round would make it grow by 8 MB."""

SENT_AHEAD = 200_000
"""Were each kept until its turn comes, the process would be more than twice as large."""

READS_NOTHING_SECONDS = 2
MAY_GROW_AHEAD = 1.5
"""What comes with one read from the socket is taken whole."""


def test_memory_does_not_grow_with_what_is_sent(target: Target) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    target.refresh()
    for _ in range(WARM_UP_ROUNDS):
        attack(target, dice)
    assert growth(target, lambda: attack(target, dice)) < IN_A_ROUND * LONG / 2


def test_memory_does_not_grow_with_the_addresses_that_are_asked_for(target: Target) -> None:
    """The router remembers the latest 1024 paths and query strings: when they are long, it is as large as it gets."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    target.refresh()
    ask(target, dice, 2 * REMEMBERED)
    assert growth(target, lambda: ask(target, dice, REMEMBERED)) < REMEMBERED * ADDRESS


def test_memory_does_not_grow_with_requests_that_are_sent_ahead_of_their_answers(target: Target) -> None:
    target.refresh()
    before = target.memory_bytes()
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        connection.settimeout(READS_NOTHING_SECONDS)
        with suppress(OSError):  # what it does not take it does not keep either
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" * SENT_AHEAD)
        assert target.memory_bytes() < MAY_GROW_AHEAD * before


def growth(target: Target, a_round: Callable[[], None]) -> float:
    """Bytes by which a round makes the process grow: once in a while the allocator takes ten megabytes for good, what
    is kept comes with every round.
    """
    held = [target.memory_bytes()]
    for _ in range(ROUNDS):
        a_round()
        held.append(target.memory_bytes())
    return median(after - before for before, after in pairwise(held))


def ask(target: Target, dice: random.Random, times: int) -> None:
    """Ask for so many addresses that nobody has asked for before, some over each connection."""
    for _ in range(times // IN_A_CONNECTION):
        requests = [asking(dice).sent(last=number == IN_A_CONNECTION - 1) for number in range(IN_A_CONNECTION)]
        assert len(target.answers(b"".join(requests))) == IN_A_CONNECTION


def asking(dice: random.Random) -> Request:
    return Request(b"GET", b"/operations/" + fresh(dice, ADDRESS) + b"?view=" + fresh(dice, ADDRESS))


def attack(target: Target, dice: random.Random) -> None:
    """One round: values that nobody has sent before, and bodies that cost most to read."""
    for conversation in answered(dice):
        assert target.answers(conversation)
    for conversation in left_early(dice):
        target.bears(conversation)


def answered(dice: random.Random) -> Iterator[bytes]:
    for requests in zip(*(strange(fresh(dice, LONG)) for _ in range(IN_A_ROUND)), strict=True):
        yield b"".join(request.sent(last=request is requests[-1]) for request in requests)
    yield Request(body=b'{"input":{"text":"' + fresh(dice, 1_000_000) + b'"}}', target=CHECKED).sent()
    yield Request(body=b'{"input":{"anything":' + b"[" * 1_000_000, target=CHECKED).sent()
    yield Request(body=b'{"input":{"anything":[' + b"{}," * 300_000 + b"{}]}}", target=CHECKED).sent()


def left_early(dice: random.Random) -> Iterator[bytes]:
    """The server closes before it has read the one, and we before the other has ended."""
    yield Request(body=b'{"input":{"text":"' + fresh(dice, 4_000_000) + b'"}}').sent()
    yield Request(b"GET", b"/operations/@ID@/events").sent()


CHECKED = b"/operations/note?validate_only=true"


def strange(value: bytes) -> list[Request]:
    """Wherever a value may stand that somebody could want to remember."""
    return [
        Request(b"GET", b"/operations", ((b"Authorization", b"Bearer " + value),)),
        Request(b"GET", b"/operations/@ID@", ((b"If-None-Match", b'"' + value + b'"'),)),
        Request(b"GET", b"/operations", ((b"Operations-Tenant", value),)),
        Request(target=CHECKED, headers=((b"Idempotency-Key", value),), body=b"{}"),
        Request(target=CHECKED, headers=((value, value),), body=b"{}"),
        Request(target=CHECKED, body=b'{"input":{},"' + value + b'":1}'),
        Request(target=CHECKED, body=b'{"input":{"text":"' + value + b'"}}'),
    ]


def fresh(dice: random.Random, length: int) -> bytes:
    """Visible characters that nobody has sent before."""
    return dice.randbytes(length // 2).hex().encode()
