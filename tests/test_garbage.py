"""Garbage on every port: a protocol error or a close; the others, and the server, go on."""

from __future__ import annotations

import random
import socket

import pytest

from tests.servers import RunningServer, talk

NCIP = (
    b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip" version="2.02"><LookupUser>'
    b"<InitiationHeader><FromAgencyId><AgencyId>DK-1</AgencyId></FromAgencyId>"
    b"<ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId></InitiationHeader>"
    b"<AuthenticationInput><AuthenticationInputData>P0000001</AuthenticationInputData>"
    b"<AuthenticationDataFormatType>text/plain</AuthenticationDataFormatType>"
    b"<AuthenticationInputType>Barcode Id</AuthenticationInputType></AuthenticationInput>"
    b"<AuthenticationInput><AuthenticationInputData>987651234</AuthenticationInputData>"
    b"<AuthenticationDataFormatType>text/plain</AuthenticationDataFormatType>"
    b"<AuthenticationInputType>PIN</AuthenticationInputType></AuthenticationInput>"
    b"</LookupUser></NCIPMessage>"
)
SECRETS = ("987651234", "wrong-password-of-a-kiosk")


def _noise(seed: int, length: int) -> bytes:
    return random.Random(seed).randbytes(length)


GARBAGE = {
    "nothing": b"",
    "noise": _noise(1, 5000),
    "noise with line ends": b"\r".join(_noise(seed, 40) for seed in range(200)),
    "a megabyte without an end": b"A" * 1_000_000,
    "zeros": bytes(100_000),
    "ones": b"\xff" * 100_000,
    "TLS hello": bytes.fromhex("1603010200010001fc0303") + _noise(2, 500),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP with a wrong length": b"POST /ncip HTTP/1.1\r\nContent-Length: -5\r\n\r\n<a/>",
    "half an APDU": bytes.fromhex("b482001083020780"),
    "an APDU of two gigabytes": bytes.fromhex("b4847fffffff") + b"x" * 1000,
    "indefinite lengths for ever": b"\xb4\x80" + b"\x30\x80" * 50_000,
    "SIP2 without login": b"2300120261125    120000AODK-900100|AAP0000001|AC|AD987651234|\r",
    "SIP2 wrong login": b"9300CNkiosk|COwrong-password-of-a-kiosk|\r" * 5,
    "SIP2 bad checksum": b"9900802.00AY1AZ0000\r" * 20,
    "SIP2 cut fields": b"11YN2026\r17\r63001\r09N\r",
    "NCIP wrong PIN": NCIP,
    "NCIP cut": NCIP[:300],
    "XML bomb": b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><NCIPMessage>&b;</NCIPMessage>',
    "external entity": b'<!DOCTYPE n [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<NCIPMessage>&x;</NCIPMessage>",
    "XML nested deep": b"<a>" * 20_000 + b"</a>" * 20_000,
}


def _send(port: int, garbage: bytes) -> bytes:
    """What comes back within half a second of silence, or until the close."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        try:
            connection.sendall(garbage)
            connection.settimeout(0.2)
            while block := connection.recv(65536):
                received += block
        except OSError:
            pass
    return received


@pytest.mark.parametrize("name", sorted(GARBAGE))
def test_garbage_never_stops_the_server_and_never_gets_a_traceback(
    demo_server: RunningServer, name: str
) -> None:
    with socket.create_connection(("127.0.0.1", demo_server.sip2), 10) as neighbour:
        neighbour.sendall(b"9300CNkiosk|COkiosk|\r")
        assert neighbour.recv(100) == b"941\r"
        for port in (demo_server.sip2, demo_server.z3950, demo_server.http, demo_server.ncip):
            answer = _send(port, GARBAGE[name])
            assert b"Traceback" not in answer
            assert b'File "' not in answer
            assert b"root:" not in answer
        neighbour.sendall(b"9900802.00\r")
        assert neighbour.recv(1000).startswith(b"98")
    assert talk(demo_server.sip2, [b"9300CNkiosk|COkiosk|\r"], b"\r") == b"941\r"
    log = demo_server.log.read_text()
    assert "Traceback" not in log
    assert not [secret for secret in SECRETS if secret in log]
