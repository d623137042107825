"""Web servers that end TLS before this one, and say for whom they speak.

They say it in the headers that nginx, Caddy, HAProxy and Traefik agree on: X-Forwarded-For, to
which each adds whoever came to it, and X-Forwarded-Proto. They are believed at the addresses of
`[http] forwarders` alone, so that nobody else can pass for another caller: counts of wrong
passwords, lists of networks and logs go by what is found here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address

from protocols.hosting.networks import address_of, is_within


def caller(peer: Any, told: bytes | None, forwarders: Sequence[str]) -> Any:
    """Who asks, where one of `forwarders` is at the other end: the last entry of X-Forwarded-For
    that is not one of them itself. An entry that is no address is nobody's, so that no list of
    networks has it. The port is the connection's."""
    entries = [each.strip() for each in (told or b"").decode("latin-1").split(",") if each.strip()]
    if not entries:
        return peer
    hosts = [_without_port(each) for each in reversed(entries)]
    host = next((each for each in hosts if not is_within(forwarders, each)), hosts[-1])
    kind = IPv6Address if ":" in host else IPv4Address
    return kind("TCP", host, peer.port)


def is_https(told: bytes) -> bool:
    """Has the caller come by https, by the last entry of X-Forwarded-Proto?"""
    return told.rpartition(b",")[2].strip().lower() == b"https"


def _without_port(address: str) -> str:
    """Some write ``192.0.2.7:50000`` and ``[2001:db8::7]:50000``."""
    host = address[1:].partition("]")[0] if address[:1] == "[" else address.partition(":")[0]
    return host if address_of(host) is not None else address
