"""The Z39.50 client: against Tiro, YAZ and Zebra, and against servers that are none."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pymarc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.z3950.asking.client import Client, Diagnostic, Login, TargetRefused
from protocols.z3950.asking.origin import AssociationEnded, Origin, TargetError
from protocols.z3950.codec import encode
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    InitializeRequest,
    InitializeResponse,
)
from protocols.z3950.messages.result_sets import DeleteResultSetRequest
from protocols.z3950.messages.searching import SearchResponse
from protocols.z3950.queries.pqf import attributes, query, term
from protocols.z3950.records.forms import SUTRS, USMARC, XML
from protocols.z3950.wire.asn1 import External
from tests.protocols.listeners import Behaviour, a_listener, dripping, endless, saying, silent
from tests.protocols.z3950.library import a_library
from tests.protocols.z3950.serving import a_server
from tests.protocols.z3950.zebra import modules
from tests.servers import free_ports

Program = Callable[[str], str]

#: Agrees to everything.
WELCOME = encode(InitializeResponse(0b111, 0xFFFF, 1 << 20, 1 << 20, True))
PATIENCE = 0.4


@pytest.fixture(scope="module")
def tiro(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[int]:
    path = tmp_path_factory.mktemp("z3950-client") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    with a_library(f"sqlite:///{path}"):
        pass
    with a_server(f"sqlite:///{path}") as port:
        yield port


@contextmanager
def started(port: int, *command: str, folder: Path) -> Iterator[int]:
    """A foreign server, once it accepts connections."""
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=os.environ)
    try:
        for _ in range(100):
            try:
                Client.connect("127.0.0.1", port, timeout=2).close()
                break
            except TargetError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def octets(found: External | Diagnostic) -> bytes:
    assert isinstance(found, External), found
    assert isinstance(found.encoding, bytes)
    return found.encoding


# Against real servers


def test_searches_and_fetches_from_tiro(tiro: int) -> None:
    with Client.connect("127.0.0.1", tiro) as client:
        assert client.search("Default", query("@attr 1=7 9788700000018")) == 1
        (found,) = client.present(1, 1)
        record = pymarc.Record(octets(found))
        assert record.title == "Soil and water"
        assert client.search(["catalogue"], query("@attr 1=4 soil"), result_set="two") == 2
        assert len(client.present(1, 2, result_set="two")) == 2
        (xml,) = client.present(2, 1, syntax=XML, element_set="marcxml", result_set="two")
        assert octets(xml).startswith(b"<")
        (by_schema,) = client.present(
            2, 1, syntax=XML, schema="http://www.loc.gov/MARC21/slim", result_set="two"
        )
        assert octets(by_schema) == octets(xml)
        client.delete("two")
        with pytest.raises(TargetRefused) as refused:
            client.present(1, 1, result_set="two")
        assert refused.value.diagnostics[0].condition in (27, 30)


def test_scans_tiro(tiro: int) -> None:
    with Client.connect("127.0.0.1", tiro) as client:
        entries = client.scan("Default", term(attributes("@attr 1=4 @attr 4=2"), "soil"), 3)
    assert entries[0] == ("soil", 2)
    assert len(entries) == 3


def test_diagnostics_are_told_and_the_association_goes_on(tiro: int) -> None:
    with Client.connect("127.0.0.1", tiro) as client:
        with pytest.raises(TargetRefused, match="use attribute unsupported: 9999") as refused:
            client.search("Default", query("@attr 1=9999 soil"))
        assert refused.value.diagnostics == (Diagnostic(114, "9999"),)
        with pytest.raises(TargetRefused, match="109"):
            client.search("nowhere", query("soil"))
        with pytest.raises(TargetRefused, match="114"):
            client.scan("Default", term(attributes("@attr 1=9999"), "soil"), 3)
        assert client.search("Default", query("@attr 1=4 soil")) == 2
        assert not client.is_over


def test_an_empty_set_has_nothing_to_present(tiro: int) -> None:
    with Client.connect("127.0.0.1", tiro) as client:
        assert client.search("Default", query("@attr 1=7 1")) == 0
        with pytest.raises(TargetRefused, match="13"):
            client.present(1, 1)


def test_searches_yaz(program: Program, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    (tmp_path / "dummy-words").write_text("computer:3\ncooking:2\nsoil:1\n")
    command = (program("yaz-ztest"), f"tcp:127.0.0.1:{port}")
    with started(port, *command, folder=tmp_path), Client.connect("127.0.0.1", port) as client:
        assert client.agreed is not None
        assert client.agreed.implementation_name == "GFS/YAZ"
        assert client.search("Default", query("@attr 1=4 computer")) > 0
        found = client.present(1, 2)
        assert pymarc.Record(octets(found[0])).title == "How to program a computer"
        (text,) = client.present(1, 1, syntax=SUTRS)
        assert isinstance(text, External)
        assert client.scan("Default", term([], "cooking"), 3)[1] == ("cooking", 2)
        with pytest.raises(TargetRefused, match="109"):
            client.search("nowhere", query("x"))


def test_searches_zebra(program: Program, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    index = program("zebraidx")
    settings = tmp_path / "zebra.cfg"
    (tmp_path / "register").mkdir()
    settings.write_text(
        f"profilePath: {tmp_path}:/usr/share/idzebra-2.0/tab\n"
        f"modulePath: {modules()}\n"
        "attset: bib1.att\nrecordType: grs.marcxml.marc21\nencoding: utf-8\n"
        f"register: {tmp_path}/register:1G\nstoreData: 1\n"
    )
    record = pymarc.Record(leader="00000nam a2200000 i 4500", force_utf8=True)
    record.add_field(pymarc.Field("001", data="42"))
    record.add_field(
        pymarc.Field("245", pymarc.Indicators("1", "0"), [pymarc.Subfield("a", "Bøger og soil")])
    )
    (tmp_path / "one.mrc").write_bytes(record.as_marc())
    for verb in (["init"], ["update", "one.mrc"]):
        subprocess.run(
            [index, "-c", str(settings), *verb], cwd=tmp_path, check=True, capture_output=True
        )
    command = (program("zebrasrv"), "-c", str(settings), f"tcp:127.0.0.1:{port}")
    with started(port, *command, folder=tmp_path), Client.connect("127.0.0.1", port) as client:
        assert client.search("Default", query("@attr 1=4 soil")) == 1
        (found,) = client.present(1, 1, syntax=USMARC)
        assert pymarc.Record(octets(found)).title == "Bøger og soil"


# Against others


def failure_of(behave: Behaviour, timeout: float = PATIENCE, most: int = 1 << 20) -> str:
    """Why the search failed, which it must within its time."""
    begun = time.monotonic()
    with (
        a_listener(behave) as port,
        pytest.raises(AssociationEnded) as ended,
        Client.connect("127.0.0.1", port, timeout=timeout, maximum_response_size=most) as client,
    ):
        client.search("Default", query("soil"))
    assert time.monotonic() - begun < 3 * timeout + 1
    return str(ended.value)


HUGE = b"\xb7\x84\x7f\xff\xff\xff"


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "this is no Z39.50"),
        (saying(b"\x00" * 100), "this is no Z39.50"),
        (saying(HUGE), "an APDU of more than 1048576 octets"),
        (saying(b"\xb5\x03\x01\x01\xff"), "this is no Z39.50"),
        (saying(encode(SearchResponse(1, 0, 1, True))), "not InitializeResponse"),
        (saying(encode(Close(CloseReason.RESOURCES, "too busy"))), "resources .too busy."),
        (silent, "did not answer in time"),
        (lambda connection: None, "broke"),
        (dripping(b"\xb5\x84\x00\x08\x00\x00", b"\x00"), "did not answer in time"),
        (endless(b"\xb5\x80", b"\x04\x82\xff\xff" + b"x" * 0xFFFF), "more than 1048576 octets"),
    ],
)
def test_a_bad_server_costs_its_time_and_no_more(behave: Behaviour, why: str) -> None:
    message = failure_of(behave)
    assert re.search(why, message), message


def test_a_server_that_goes_silent_after_init() -> None:
    assert failure_of(saying(WELCOME)) == "the target did not answer in time"


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    with pytest.raises(AssociationEnded, match="no answer from 127"):
        Client.connect("127.0.0.1", port, timeout=PATIENCE)


def test_who_is_not_let_in_is_told() -> None:
    refusal = encode(InitializeResponse(0b111, 0, 1024, 1024, False))
    with a_listener(saying(refusal)) as port, pytest.raises(TargetRefused, match="let us in"):
        Client.connect("127.0.0.1", port, login=Login("me", "secret"), timeout=PATIENCE)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Login("me", "secret"))


@given(st.binary(max_size=200))
def test_any_octets_are_a_response_or_the_end(data: bytes) -> None:
    origin = Origin(1 << 16)
    origin.request(InitializeRequest(0b111, 0b11, 1024, 1024))
    try:
        answer = origin.receive_data(data)
    except AssociationEnded:
        assert origin.is_over
    else:
        assert answer is None or isinstance(answer, InitializeResponse)


def test_a_response_may_come_in_any_pieces() -> None:
    origin = Origin()
    origin.request(InitializeRequest(0b111, 0b11, 1024, 1024))
    answers = [origin.receive_data(WELCOME[at : at + 1]) for at in range(len(WELCOME))]
    assert answers[:-1] == [None] * (len(WELCOME) - 1)
    assert isinstance(answers[-1], InitializeResponse)


def test_one_request_is_under_way_at_a_time() -> None:
    origin = Origin()
    origin.request(InitializeRequest(0b111, 0b11, 1024, 1024))
    with pytest.raises(RuntimeError):
        origin.request(Close(0))


def test_after_the_end_nothing_is_asked() -> None:
    origin = Origin()
    origin.request(Close(0))
    assert isinstance(origin.receive_data(encode(Close(0))), Close)
    with pytest.raises(AssociationEnded):
        origin.request(DeleteResultSetRequest(1))
