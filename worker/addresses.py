"""Where a webhook may go: names are resolved here, and only to an address that was looked at is a connection made.

A client writes the URL, so it must not lead to what only this machine or its network can reach. That is looked at when
the connection is made, for a name may resolve to something else every time it is asked for.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from operations_api.domain.errors import OperationsError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64: Final = ip_network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address, which a translator connects to."""


class AddressRefused(OperationsError):
    """A name or address leads to where webhooks may not go."""


def networks(text: str | None) -> list[Network]:
    """Those that a setting names, separated by commas."""
    return [ip_network(each) for each in (text or "").split(",") if each]


class Guard:
    """Refuses what is not on the public internet, but for the networks that a setting ``allowed``."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed

    async def address_of(self, host: str, port: int) -> str:
        """An address of this host that may be connected to. Raises ``AddressRefused``, and ``OSError`` for no name.

        One address that is refused refuses the name: who mixes them does so to be let through.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        for address in addresses:
            if not self.permits(address):
                raise AddressRefused(
                    f"{address} is not on the public internet, or not for one receiver; "
                    "OPERATIONS_WEBHOOK_NETWORKS can allow its network"
                )
        return str(addresses[0])

    def permits(self, address: Address) -> bool:
        """Whether this address is public or allowed; one that stands for another is looked at as that one."""
        real = _meant(address)
        return any(real in network for network in self._allowed) or _is_public(real)


def _meant(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _is_public(address: Address) -> bool:
    local = address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified
    return address.is_global and not (local or address.is_multicast or address.is_reserved)
