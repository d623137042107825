"""Headers of the PROXY protocol: whole, in pieces, and what is none."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.hosting.proxy_protocol import LONGEST_LINE, Header, HeaderMalformed, read_header

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def block(command: int, family: int, addresses: bytes) -> bytes:
    return (
        SIGNATURE + bytes((0x20 | command, family)) + len(addresses).to_bytes(2, "big") + addresses
    )


V4 = socket.inet_aton("192.0.2.9") + socket.inet_aton("192.0.2.1") + b"\xc3\x50\x17\x71"
V6 = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::9")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + b"\xc3\x50\x17\x71"
)
GOOD = {
    b"PROXY TCP4 192.0.2.9 192.0.2.1 50000 6001\r\n": ("192.0.2.9", 50000),
    b"PROXY TCP6 2001:db8::9 2001:db8::1 50000 6001\r\n": ("2001:db8::9", 50000),
    b"PROXY UNKNOWN\r\n": (None, 0),
    b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n": (None, 0),
    block(1, 0x11, V4): ("192.0.2.9", 50000),
    block(1, 0x11, V4 + b"\x03\x00\x04abcd"): ("192.0.2.9", 50000),  # with more facts after it
    block(1, 0x21, V6): ("2001:db8::9", 50000),
    block(0, 0x00, b""): (None, 0),  # the proxy's own health check
    block(1, 0x31, b"/run/socket".ljust(216, b"\0")): (None, 0),
}


@pytest.mark.parametrize("header", GOOD)
def test_a_header_is_read_once_it_is_whole(header: bytes) -> None:
    for length in range(len(header)):
        assert read_header(header[:length]) is None
    host, port = GOOD[header]
    assert read_header(header) == Header(host, port, b"")
    assert read_header(header + b"9900802.00\r") == Header(host, port, b"9900802.00\r")


@pytest.mark.parametrize(
    "data",
    [
        b"9900802.00\r",
        b"\x16\x03\x01",
        b"PROXY TCP4 192.0.2.9 192.0.2.1 50000\r\n",
        b"PROXY TCP4 192.0.2.9 192.0.2.1 50000 6001 1\r\n",
        b"PROXY TCP4 2001:db8::9 2001:db8::1 50000 6001\r\n",
        b"PROXY TCP4 192.0.2.999 192.0.2.1 50000 6001\r\n",
        b"PROXY TCP4 192.0.2.9 192.0.2.1 70000 6001\r\n",
        b"PROXY TCP4 192.0.2.9 192.0.2.1 -1 6001\r\n",
        b"PROXY UDP4 192.0.2.9 192.0.2.1 1 2\r\n",
        b"PROXY \xff\xff\r\n",
        b"PROXY " + b"x" * LONGEST_LINE,
        block(2, 0x11, V4),
        block(1, 0x11, V4[:8]),
        SIGNATURE + b"\x11\x11\x00\x0c" + V4,
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_no_header_is_malformed(data: bytes) -> None:
    with pytest.raises(HeaderMalformed):
        read_header(data)


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_any_bytes_give_a_header_or_malformed_or_wait(header: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(header) - 1))
    spoilt = header[:at] + bytes((data.draw(st.integers(0, 255)),)) + header[at + 1 :]
    try:
        found = read_header(spoilt)
    except HeaderMalformed:
        return
    assert found is None or isinstance(found, Header)
    assert found is not None or len(spoilt) < 16 + 2048
