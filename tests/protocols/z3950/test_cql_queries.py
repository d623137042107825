"""Type-104 queries in CQL: found, in order, and refused as Bib-1 says it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pymarc
import pytest

import protocols.cql
from protocols.cql.diagnostics import Srw
from protocols.z3950.association import Option
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.searching import SearchRequest, Type104
from protocols.z3950.queries.cql_queries import CONDITION, CQL
from protocols.z3950.records.forms import USMARC
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from tests.protocols.z3950.library import Client, Library, a_library, diagnostic_of, records_of
from tests.protocols.z3950.pqf import search
from tests.protocols.z3950.serving import a_server

GENERAL_STRING, UTF8_STRING, CONSTRUCTED = 0x1B, 0x0C, 0x20


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    with a_library(sqlite_url) as library:
        yield library


@pytest.fixture
def client(library: Library) -> Client:
    return library.client()


def string(text: str, tag: int = GENERAL_STRING) -> SingleAsn1Type:
    octets = text.encode()
    assert len(octets) < 0x80
    return SingleAsn1Type(bytes([tag, len(octets)]) + octets)


def request(
    text: str | SingleAsn1Type | bytes, language: str | None = CQL, name: str = "default"
) -> SearchRequest:
    encoding = string(text) if isinstance(text, str) else text
    asked = search("x", result_set_name=name)
    asked.query = Type104(External(encoding, direct_reference=language))
    return asked


def numbers(client: Client, name: str = "default") -> list[int]:
    found = client.session.association.result_sets[name]
    response = client.present(PresentRequest(name, 1, len(found), preferred_record_syntax=USMARC))
    read = [next(pymarc.MARCReader(bytes(each))) for each in records_of(response)]  # type: ignore[arg-type]
    return [int(record["001"].data.removeprefix("rec")) for record in read if record]


@pytest.mark.parametrize(
    ("cql", "pqf"),
    [
        ("title = soil", "@attr 1=4 soil"),
        ("dc.title = soil or dc.title = water", "@or @attr 1=4 soil @attr 1=4 water"),
        ("title = soil not title = water", "@not @attr 1=4 soil @attr 1=4 water"),
        ("cql.allRecords = 1", "@attr 1=1016 @attr 2=103 x"),
        ("title = so*", "@attr 1=4 @attr 5=1 so"),
    ],
)
def test_it_finds_what_the_same_in_rpn_finds(client: Client, cql: str, pqf: str) -> None:
    expected = client.search(search(pqf)).result_count
    assert expected > 0
    found = client.search(request(cql))
    assert (found.search_status, found.result_count) == (True, expected)


@pytest.mark.parametrize(
    "encoding",
    [
        string("title = soil", UTF8_STRING),
        b"title = soil",
        SingleAsn1Type(b"\x3b\x10\x1b\x06title \x1b\x06= soil"),
        SingleAsn1Type(b"\x3b\x80\x1b\x06title \x1b\x06= soil\x00\x00"),
    ],
)
def test_the_text_is_taken_in_any_string(client: Client, encoding: SingleAsn1Type | bytes) -> None:
    assert (
        client.search(request(encoding)).result_count
        == client.search(search("@attr 1=4 soil")).result_count
    )


def test_sort_by_orders_the_set(client: Client) -> None:
    client.search(request("cql.allRecords = 1 sortBy title"))
    assert numbers(client) == [4, 5, 1, 2, 3]
    client.search(request("cql.allRecords = 1 sortBy date/sort.descending", name="new"))
    assert numbers(client, "new") == [4, 3, 2, 1, 5]
    assert client.search(search("@set new", result_set_name="again")).result_count == 5


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("title = (", (108, None)),
        ('title = "open', (108, None)),
        ("nosuch = x", (114, "nosuch")),
        ("unknown.title = x", (121, "unknown")),
        ("title near x", (117, "near")),
        ("title =/fuzzy x", (117, "fuzzy")),
        ("title == soi*", (120, "soi*")),
        ("cql.resultSetId = a", (245, "")),
        ("title = x sortBy subject", (207, "subject")),
        ("title = x sortBy title date title", (212, "title,year,title")),
        (string("title = soil", 0x04), (108, "not a character string")),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_its_condition(
    client: Client, query: str | SingleAsn1Type, expected: tuple[int, str | None]
) -> None:
    condition, addinfo = diagnostic_of(client.search(request(query)))
    assert condition == expected[0]
    if expected[1] is not None:
        assert addinfo == expected[1]


@pytest.mark.parametrize("language", [None, "1.2.840.10003.16.1"])
def test_another_language_is_another_type(client: Client, language: str | None) -> None:
    condition, addinfo = diagnostic_of(client.search(request("title = x", language)))
    assert (condition, addinfo) == (107, language or "104")


def test_every_refusal_of_cql_has_a_condition() -> None:
    folder = Path(protocols.cql.__path__[0])
    sources = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    raised = {
        name
        for source in sources
        for name in re.findall(r"\bSrw\.([A-Z_]+)", source.partition("\nMESSAGES")[0])
    }
    numbered = {int(n) for source in sources for n in re.findall(r"CqlError\((\d+)", source)}
    assert {Srw[name] for name in raised} | {Srw(number) for number in numbered} <= set(CONDITION)


def test_the_option_is_agreed_on(client: Client) -> None:
    assert client.session.association.options & Option.QUERY_TYPE_104


def test_yaz_client_searches_in_cql(program: Callable[[str], str], sqlite_url: str) -> None:
    with a_library(sqlite_url), a_server(sqlite_url) as port:
        printed = subprocess.run(
            [program("yaz-client"), f"127.0.0.1:{port}/catalogue"],
            input="querytype cql\nfind dc.title = soil\nfind nosuch = 1\nquit\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
    assert "Number of hits: 2" in printed
    assert "[114]" in printed
