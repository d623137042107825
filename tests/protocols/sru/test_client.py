"""The SRU client: against Tiro in every version, and against servers that are none."""

from __future__ import annotations

import re
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sru.answers import Diagnostic, ServerError, ServerRefused, read_answer
from protocols.sru.client import Client
from protocols.sru.messages import Version
from tests.protocols.listeners import Behaviour, a_listener, dripping, endless, saying, silent
from tests.servers import RunningServer, free_ports

PATIENCE = 0.4
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def answering(body: bytes, head: bytes = OK) -> Behaviour:
    return saying(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def asked_of(behave: Behaviour, **options: object) -> object:
    with (
        a_listener(behave) as port,
        Client(f"http://127.0.0.1:{port}/sru", timeout=PATIENCE, **options) as client,  # type: ignore[arg-type]
    ):
        return client.search("soil")


def url_of(server: RunningServer) -> str:
    return f"http://127.0.0.1:{server.http}/sru/Default"


@pytest.mark.parametrize("version", Version)
def test_searches_tiro(demo_server: RunningServer, version: Version) -> None:
    with Client(url_of(demo_server), version=version) as client:
        found = client.search('dc.title="things fall apart"', schema="marcxml", number=2)
        assert found.count == len(found.records) == 1
        (record,) = found.records
        assert record.data.startswith(b"<")
        assert b"9780679446231" in record.data
        assert record.diagnostic is None
        many = client.search("cql.allRecords=1", number=3, start=2)
        assert many.count > 200
        assert [each.position for each in many.records] == [2, 3, 4]


@pytest.mark.parametrize("version", Version)
def test_diagnostics_are_raised(demo_server: RunningServer, version: Version) -> None:
    with Client(url_of(demo_server), version=version) as client:
        with pytest.raises(ServerRefused) as refused:
            client.search("dc.nothing=x")
        assert [each.number for each in refused.value.diagnostics] == [16]
        assert client.search("dc.title=nothingofthesort").count == 0


def test_a_kept_connection_that_was_closed_is_opened_again(demo_server: RunningServer) -> None:
    with Client(url_of(demo_server)) as client:
        assert client.search("dc.title=things").count
        connection = client._client._connection
        assert connection is not None
        assert connection.sock is not None
        connection.sock.shutdown(socket.SHUT_RDWR)
        assert client.search("dc.title=things").count


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (saying(b"SSH-2.0-nothing\r\n\r\n"), "no HTTP"),
        (silent, "in time"),
        (lambda connection: None, "broke off|no connection"),
        (dripping(OK + b"\r\n", b" "), "in time"),
        (dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "in time"),
        (endless(OK + b"\r\n", b" " * 65536), "more than 100000 octets"),
        (answering(b"x", b"HTTP/1.1 503 Busy\r\n"), "503 Busy"),
        (answering(b"<html><br></html>"), "no well-formed XML"),
        (answering(b"<explainResponse/>"), "not a searchRetrieveResponse"),
        (answering(b"<searchRetrieveResponse/>"), "how many"),
        (
            answering(b'<!DOCTYPE x [<!ENTITY a "aa">]><searchRetrieveResponse/>'),
            "has a DTD",
        ),
    ],
)
def test_a_bad_server_costs_its_time_and_no_more(behave: Behaviour, why: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ServerError) as error:
        asked_of(behave, maximum_response_size=100_000)
    assert re.search(why, str(error.value)), error.value
    assert time.monotonic() - begun < 3 * PATIENCE + 1


def test_an_answer_may_be_redirected_but_not_for_ever(demo_server: RunningServer) -> None:
    target = f"{url_of(demo_server)}?version=1.2&operation=searchRetrieve&query=dc.title%3Dthings"
    head = b"HTTP/1.1 302 Found\r\nLocation: " + target.encode() + b"\r\n"
    answer = asked_of(answering(b"", head))
    assert getattr(answer, "count", 0) > 0
    with pytest.raises(ServerError, match="redirects more"):
        asked_of(answering(b"", b"HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\n"))
    with pytest.raises(ServerError, match="not an address"):
        asked_of(answering(b"", b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"))


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    with pytest.raises(ServerError, match="no answer from"):
        Client(f"http://127.0.0.1:{port}/").search("x")


@pytest.mark.parametrize("url", ["ftp://example.org/", "http:///x", "http://a b/", "x"])
def test_only_addresses_of_http_are_asked(url: str) -> None:
    with pytest.raises(ServerError, match="not an address"):
        Client(url)


def test_records_packed_as_strings_and_surrogates() -> None:
    found = read_answer(
        b"""<zs:searchRetrieveResponse xmlns:zs="http://www.loc.gov/zing/srw/">
        <zs:numberOfRecords>2</zs:numberOfRecords><zs:records>
        <zs:record><zs:recordSchema>marcxml</zs:recordSchema>
        <zs:recordData>&lt;record&gt;&lt;/record&gt;</zs:recordData></zs:record>
        <zs:record><zs:recordSchema>info:srw/schema/1/diagnostics-v1.1</zs:recordSchema>
        <zs:recordData><diagnostic xmlns="http://www.loc.gov/zing/srw/diagnostic/">
        <uri>info:srw/diagnostic/1/67</uri><details>7</details></diagnostic></zs:recordData>
        <zs:recordPosition>2</zs:recordPosition></zs:record></zs:records>
        </zs:searchRetrieveResponse>"""
    )
    assert found.records[0].data == b"<record></record>"
    assert found.records[1].diagnostic == Diagnostic("info:srw/diagnostic/1/67", "7")
    assert found.records[1].position == 2


def test_a_diagnostic_beside_records_is_a_warning() -> None:
    found = read_answer(
        b"<searchRetrieveResponse><numberOfRecords>3</numberOfRecords><diagnostics><diagnostic>"
        b"<uri>info:srw/diagnostic/1/8</uri></diagnostic></diagnostics></searchRetrieveResponse>"
    )
    assert [each.number for each in found.warnings] == [8]


@given(st.binary(max_size=300))
def test_any_octets_are_an_answer_or_an_error(data: bytes) -> None:
    with pytest.raises(ServerError):
        read_answer(data)
