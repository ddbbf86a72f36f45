"""A webhook goes to no address that its writer could not have reached by itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from tests.webhooks.inbox import Inbox
from worker.addresses import AddressRefused, Guard, networks
from worker.courier import Courier

REFUSED = [
    "127.0.0.1", "127.8.9.10", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
]  # fmt: skip
PERMITTED = ["93.184.215.14", "8.8.8.8", "2606:4700::6810:84e5", "::ffff:8.8.8.8", "64:ff9b::808:808"]

OpenInbox = Callable[..., Inbox]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_on_the_public_internet_is_refused(address: str) -> None:
    assert not Guard(()).permits(ip_address(address))


@pytest.mark.parametrize("address", PERMITTED)
def test_what_is_public_is_permitted(address: str) -> None:
    assert Guard(()).permits(ip_address(address))


def test_a_setting_allows_networks_and_nothing_beside_them() -> None:
    guard = Guard(networks("10.1.0.0/16,::1/128"))
    assert [guard.permits(ip_address(each)) for each in ("10.1.2.3", "::1", "::ffff:10.1.2.3")] == [True] * 3
    assert [guard.permits(ip_address(each)) for each in ("10.2.0.1", "127.0.0.1", "fe80::1")] == [False] * 3


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "[::1]", "[::ffff:127.0.0.1]"])
async def test_nothing_is_sent_to_this_machine_however_it_is_written(open_inbox: OpenInbox, host: str) -> None:
    inbox = open_inbox()
    courier = Courier(Guard(()))
    reply = await courier.carry(await inbox.url(host=host), {}, b"{}")
    await courier.close()
    assert reply.status is None
    assert inbox.so_far() == []


async def test_a_name_is_resolved_once_and_the_connection_made_to_what_was_checked(
    open_inbox: OpenInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = open_inbox()
    courier = Courier(Guard(networks("127.0.0.1/32")))
    answers = ["127.0.0.1", "127.0.0.2", "127.0.0.2"]

    async def rebinding(host: str, port: int, **more: Any) -> list[Any]:
        if host != "rebinds.example":  # who connects to an address asks for it too
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    url = await inbox.url(host="rebinds.example")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebinding)
    first = await courier.carry(url, {}, b"{}")
    assert (first.status, len(answers)) == (200, 2), "one question, and its answer is where it went"
    second = await courier.carry(url, {}, b"{}")
    await courier.close()
    assert second.status is None
    assert "127.0.0.2" in str(second.failure)
    [request] = inbox.so_far()
    assert request["headers"]["host"].startswith("rebinds.example:")


async def test_one_refused_address_among_several_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(host: str, port: int, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        await Guard(()).address_of("mixed.example", 443)
