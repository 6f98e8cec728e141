"""Which addresses a webhook may be sent to. A URL is configuration, a name's addresses are whatever its owner sets.

So all addresses of the name are looked at, at every delivery, and the connection is made to the address that was
looked at (rule O1). An address inside the organisation needs a network in the endpoint's own `allow`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = (443, 8443)
"""The ports of public addresses that a webhook may use; inside an allowed network any port may be used."""

# Not for use on the public internet although `is_global` says they are, or a way round to an address that is not.
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that is given out of IPv6; NAT64 and site-local forms lie outside


@dataclass(frozen=True)
class Target:
    """Where to connect, and what name to ask for there."""

    scheme: str
    host: str
    port: int
    address: Address
    path: str


class Forbidden(Exception):
    """The URL or an address of it is not allowed; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_public(address: Address) -> bool:
    """Whether an address is a public unicast one, through every way of writing one address inside another."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST:
            return False
    if address.is_multicast or address.is_unspecified or address.is_loopback or address.is_reserved:
        return False
    return address.is_global and not any(address in network for network in _NEVER)


def judge(scheme: str, port: int, addresses: Iterable[Address], allow: Sequence[Network]) -> Address:
    """The address to connect to: the first, if every one is allowed. Raises `Forbidden`."""
    chosen = list(addresses)
    if not chosen:
        raise Forbidden("no-address")
    for address in chosen:
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        if any(inner in network for network in allow):
            continue
        if not is_public(address):
            raise Forbidden("address-not-allowed")
        if scheme != "https":
            raise Forbidden("https-needed")
        if port not in PORTS:
            raise Forbidden("port-not-allowed")
    return chosen[0]


async def resolve(url: str, allow: Sequence[Network]) -> Target:
    """Look at a URL and at every address of its host. Raises `Forbidden`, or `OSError` if the name is not known."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        raise Forbidden("url") from None
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.password or "%" in host:
        raise Forbidden("url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [_address(entry[4]) for entry in found]
    return Target(parts.scheme, host, port, judge(parts.scheme, port, addresses, allow), path)


def _address(place: tuple[object, ...]) -> Address:
    address = ip_address(str(place[0]))
    if isinstance(address, IPv6Address) and len(place) == 4 and place[3]:
        raise Forbidden("address-not-allowed")  # an address with a zone is a neighbour on a link
    return address
