"""Which addresses this process may connect to: public ones, and those that ``[outgoing]`` allows.

    [outgoing]
    allow = ["10.20.0.0/16:9100", "192.168.4.7", "[fd00::/8]:443"]

An entry is a network or an address, with a port where only that port is allowed; a network of IPv6
with a port is written in brackets. Without an entry no connection is made to an address that is
loopback, link-local, private, shared (RFC 6598), multicast, unspecified or reserved. An IPv4
address within an IPv6 address (mapped, NAT64, 6to4) is decided as that IPv4 address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated, Final, NamedTuple

from circulation.kernel.fitting import CLOSED, Checked
from circulation.languages.sentences import Sentence
from protocols.hosting.networks import Address, address_of

#: The section of tiro.toml, and its setting.
SECTION: Final = "outgoing"
SETTING: Final = "allow"

#: The only addresses of IPv6 that are given out to the Internet (RFC 4291, 2.4).
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: IPv4 addresses behind a translator (RFC 6052, 2.1).
_NAT64: Final = IPv6Network("64:ff9b::/96")
#: Networks of special use that `ipaddress` takes for public in some of its versions (RFC 6890).
_SPECIAL: Final = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


#: What tiro.toml allows to this process: there is one tiro.toml for one process.
_allowed: tuple[str, ...] = ()

_ENTRY: Final = re.compile(
    r"(?:\[([0-9A-Fa-f:./]+)\]|([0-9./]+))(?::([0-9]{1,5}))?|([0-9A-Fa-f:.]+(?:/[0-9]+)?)", re.ASCII
)


class AllowedNetwork(NamedTuple):
    """An entry of the setting; `port` is None where all ports are allowed."""

    network: IPv4Network | IPv6Network
    port: int | None


@lru_cache(maxsize=1024)
def parse_entry(text: str) -> AllowedNetwork:
    """Return the network and the port that an entry of the setting names. Raises ValueError."""
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    bracketed, plain, port, without_port = found.groups()
    if port is not None and not 0 < int(port) < 65536:
        raise ValueError(text)
    network = ip_network(bracketed or plain or without_port)
    return AllowedNetwork(network, None if port is None else int(port))


def _check_entry(text: str) -> str:
    try:
        parse_entry(text)
    except ValueError:
        raise ValueError(Sentence("NO_NETWORK_WITH_PORT", value=repr(text))) from None
    return text


@dataclass(frozen=True)
class OutgoingSettings:
    """Connections that this server makes to others: printers, partners, harvested sources, sinks,
    gateways, log-in providers and catalogues.

    `allow` lists the loopback, link-local and private addresses that it may connect to: a network
    or an address, with a port where only that port is allowed. Public addresses need no entry.
    `tiro check` lists the addresses in use that lack one, with the line to write.
    """

    __pydantic_config__ = CLOSED

    allow: tuple[Annotated[str, Checked(_check_entry)], ...] = ()


def is_public(address: Address) -> bool:
    """Return whether an address is given out to the Internet, for one host."""
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_UNICAST:
            return False
    elif any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def is_allowed(host: str, port: int, entries: Sequence[str]) -> bool:
    """Return whether this process may connect to the port of a numeric address."""
    address = address_of(host)
    if address is None:
        return False
    inner = _inner_address(address)
    if is_public(inner):
        return True
    return any(
        allowed.port in (None, port) and (address in allowed.network or inner in allowed.network)
        for allowed in map(parse_entry, entries)
    )


def set_allowed(entries: Sequence[str]) -> None:
    """Set the entries of ``[outgoing] allow`` for this process, which has none before."""
    global _allowed
    _allowed = tuple(entries)


def may_connect(host: str, port: int) -> bool:
    """Return whether this process may connect to the port of a numeric address."""
    return is_allowed(host, port, _allowed)


def is_refused(host: str, port: int) -> bool:
    """Return whether a host is written as an address that this process may not connect to."""
    return address_of(host) is not None and not may_connect(host, port)


def _inner_address(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to, else the address itself."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour is not None:
            return address.sixtofour
    return address


def format_entry(host: str, port: int) -> str:
    """Return the narrowest entry of the setting that allows an address and a port."""
    address = address_of(host)
    return f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
