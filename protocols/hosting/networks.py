"""IP addresses and networks, as lists in a configuration name them: ``192.0.2.0/24``, ``::1``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final

from circulation.kernel.fitting import Checked
from circulation.languages.sentences import Sentence

Address = IPv4Address | IPv6Address


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError(Sentence("NO_NETWORK", value=repr(text))) from None
    return text


#: Where a host speaks to itself.
LOOPBACK: Final = ("127.0.0.0/8", "::1")
#: A setting: an address, or a network without bits beyond its mask.
Network = Annotated[str, Checked(_network)]


def address_of(host: str) -> Address | None:
    """The address; IPv4 mapped into IPv6 is IPv4. None for what is no address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=1024)
def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in networks)


def narrowest(networks: Sequence[str], host: str) -> int | None:
    """The prefix length of the narrowest network that the host is in; None where it is in none."""
    address = address_of(host)
    if address is None:
        return None
    lengths = [
        each.prefixlen + (96 if each.version == 4 else 0)
        for each in _parsed(tuple(networks))
        if address in each
    ]
    return max(lengths, default=None)


def is_within(networks: Sequence[str], host: str) -> bool:
    """Is the host in one of the networks?"""
    return narrowest(networks, host) is not None
