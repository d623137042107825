"""The PROXY protocol, versions 1 and 2: how a load balancer says for whom it speaks.

Version 1 is a line of text, version 2 a binary block (HAProxy's specification, sections 2.1 and
2.2). Without IO: `read_header` takes what has come so far. Only a trusted proxy may be believed,
which is for the caller to check (`protocols.hosting.fronts`).

`twisted.protocols.haproxy` is not used: it believes every peer, makes the conversation before the
caller is known, wants the first 16 octets in one piece, and takes any word for an address.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple

#: The longest line of version 1, and the longest block of version 2 that is read.
LONGEST_LINE: Final = 107
LONGEST_BLOCK: Final = 2048
_SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_START: Final = 16
#: Family and transport of version 2 -> octets of an address.
_TCP: Final = {0x11: 4, 0x21: 16}


class HeaderMalformed(Exception):
    """What came is no header of the PROXY protocol."""


class Header(NamedTuple):
    """Whom the proxy speaks for, and what came after the header.

    `host` is None where the proxy speaks for itself (health checks) or does not know.
    """

    host: str | None
    port: int
    rest: bytes


def read_header(data: bytes) -> Header | None:
    """The header at the start of `data`; None while it is not whole. Raises HeaderMalformed."""
    if data[: len(_SIGNATURE)] == _SIGNATURE[: len(data)]:
        return _read_block(data)
    if data[:6] == b"PROXY "[: len(data)]:
        return _read_line(data)
    raise HeaderMalformed("there is none")


def _read_line(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0:
        if len(data) >= LONGEST_LINE:
            raise HeaderMalformed("the line has no end")
        return None
    words, rest = data[:end].split(b" "), data[end + 2 :]
    if words[1:2] == [b"UNKNOWN"]:
        return Header(None, 0, rest)
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise HeaderMalformed("the line is none of TCP4, TCP6 and UNKNOWN")
    try:
        source = ip_address(words[2].decode("ascii"))
        ip_address(words[3].decode("ascii"))
        ports = [int(word) for word in words[4:] if word.isdigit() and len(word) <= 5]
    except ValueError as error:
        raise HeaderMalformed("an address is none") from error
    if len(ports) != 2 or max(ports) > 65535 or source.version != int(words[1][3:]):
        raise HeaderMalformed("a port or the version of an address is wrong")
    return Header(str(source), ports[0], rest)


def _read_block(data: bytes) -> Header | None:
    if len(data) < _START:
        return None
    version, command = data[12] >> 4, data[12] & 0x0F
    if version != 2 or command > 1:
        raise HeaderMalformed("its version or command is unknown")
    length = int.from_bytes(data[14:16], "big")
    if length > LONGEST_BLOCK:
        raise HeaderMalformed("it is too long")
    if len(data) < _START + length:
        return None
    block, rest = data[_START : _START + length], data[_START + length :]
    octets = _TCP.get(data[13])
    if command == 0 or octets is None:
        return Header(None, 0, rest)
    if len(block) < 2 * octets + 4:
        raise HeaderMalformed("its addresses are cut short")
    kind = IPv4Address if octets == 4 else IPv6Address
    port = int.from_bytes(block[2 * octets : 2 * octets + 2], "big")
    return Header(str(kind(block[:octets])), port, rest)
