"""Operation, version and parameters: what is asked for, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sru.messages import ExplainRequest, ScanRequest, SearchRetrieveRequest, Version
from protocols.sru.parameters import MEDIA_TYPES, decode
from tests.protocols.sru.stage import (
    SCAN,
    SRU,
    SRW,
    VERSIONS,
    Schemas,
    Stage,
    details,
    numbers,
    value,
    version_of,
)

NEGOTIATED = {
    "": ("explainResponse", "2.0", []),
    "query=soil": ("searchRetrieveResponse", "2.0", []),
    "scanClause=soil": ("scanResponse", "2.0", []),
    "version=2.0&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "2.0", []),
    "version=2.0&operation=explain": ("explainResponse", "2.0", []),
    "version=1.1&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "1.1", []),
    "version=1.2&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "1.2", []),
    "version=1.9&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "1.2", []),
    "version=3.0&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "2.0", []),
    "version=1.0&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "1.1", [5]),
    "version=x&operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "1.2", [5]),
    "version=x&query=soil": ("searchRetrieveResponse", "2.0", [5]),
    "operation=searchRetrieve&query=soil": ("searchRetrieveResponse", "1.2", [7]),
    "operation=explain": ("explainResponse", "1.2", []),
    "version=1.1": ("explainResponse", "1.1", []),
    "version=1.2&query=soil": ("searchRetrieveResponse", "1.2", [7]),
    "version=1.2&operation=update": ("explainResponse", "1.2", [4]),
    "version=1.2&operation=searchRetrieve": ("searchRetrieveResponse", "1.2", [7]),
    "version=1.2&operation=scan": ("scanResponse", "1.2", [7]),
    "queryType=cql": ("searchRetrieveResponse", "2.0", [7]),
    "queryType=pqf&query=soil": ("searchRetrieveResponse", "2.0", [6]),
}


def pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (each.partition("=") for each in text.split("&"))]


@pytest.mark.parametrize("text", NEGOTIATED)
def test_operation_and_version(reading: Stage, schemas: Schemas, text: str) -> None:
    name, version, problems = NEGOTIATED[text]
    root = schemas.check(reading.ask(**dict(pairs(text) if text else [])))
    namespace = SRW if version != "2.0" else SCAN if name == "scanResponse" else SRU
    assert root.tag == namespace + name
    assert value(root, "version") == (None if version == "2.0" else version)
    assert numbers(root) == problems
    if problems == [5]:
        assert details(root) == ["2.0"]


#: Versions, parameters beside the query, and the diagnostics.
CHECKED = [
    (VERSIONS, {"startRecord": "0"}, [(6, "startRecord")]),
    (VERSIONS, {"startRecord": "x"}, [(6, "startRecord")]),
    (VERSIONS, {"startRecord": "-1"}, [(6, "startRecord")]),
    (VERSIONS, {"startRecord": "9" * 30}, [(6, "startRecord")]),
    (VERSIONS, {"maximumRecords": "-1"}, [(6, "maximumRecords")]),
    (VERSIONS, {"maximumRecords": "1.5"}, [(6, "maximumRecords")]),
    (VERSIONS, {"resultSetTTL": "300"}, []),
    (VERSIONS, {"resultSetTTL": "soon"}, [(6, "resultSetTTL")]),
    (VERSIONS, {"x-info-1-accept": "any", "x-pquery": "@attr 1=4 soil"}, []),
    (VERSIONS, {"stylesheet": "http://example.org/a.xsl"}, [(110, None)]),
    (VERSIONS, {"nothing": "1"}, [(8, "nothing")]),
    (VERSIONS, {"nothing": ""}, []),
    (VERSIONS, {"x": "1", "y": "2", "startRecord": "0"}, [(8, "x"), (8, "y"), (6, "startRecord")]),
    (VERSIONS, {"scanClause": "soil"}, [(8, "scanClause")]),
    (("1.1",), {"recordXPath": "/record"}, [(72, None)]),
    (("1.2", "2.0"), {"recordXPath": "/record"}, [(8, "recordXPath")]),
    (("1.1", "2.0"), {"sortKeys": "title"}, []),
    (("1.2",), {"sortKeys": "title"}, [(8, "sortKeys")]),
    (("1.1", "1.2"), {"recordPacking": "xml"}, []),
    (("1.1", "1.2"), {"recordPacking": "packed"}, [(71, "packed")]),
    (("1.1", "1.2"), {"recordXMLEscaping": "xml"}, [(8, "recordXMLEscaping")]),
    (("1.1", "1.2"), {"httpAccept": "text/xml"}, [(8, "httpAccept")]),
    (("1.1", "1.2"), {"facetLimit": "10"}, [(8, "facetLimit")]),
    (("2.0",), {"recordPacking": "packed"}, []),
    (("2.0",), {"recordPacking": "unpacked"}, [(71, "unpacked")]),
    (("2.0",), {"recordPacking": "xml"}, [(71, "xml")]),
    (("2.0",), {"recordXMLEscaping": "both"}, [(6, "recordXMLEscaping")]),
    (("2.0",), {"queryType": "CQL"}, []),
    (("2.0",), {"renderedBy": "client"}, []),
    (("2.0",), {"renderedBy": "server"}, [(6, "renderedBy")]),
    (("2.0",), {"responseType": "json"}, [(8, "responseType")]),
    (("2.0",), {"httpAccept": "application/sru+xml"}, []),
    (("2.0",), {"httpAccept": "text/html, */*;q=0.1"}, []),
    (("2.0",), {"httpAccept": "application/json"}, [(6, "httpAccept")]),
    (("2.0",), {"facetCount": "1"}, [(8, "facetCount")]),
]


@pytest.mark.parametrize(
    ("version", "given_", "expected"),
    [(version, given_, expected) for versions, given_, expected in CHECKED for version in versions],
)
def test_parameters_of_a_search(
    reading: Stage,
    schemas: Schemas,
    version: str,
    given_: dict[str, str],
    expected: list[tuple[int, str | None]],
) -> None:
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query="soil", **asked, **given_))
    assert numbers(root) == [number for number, _ in expected]
    assert details(root) == [told for _, told in expected if told]
    assert value(root, "numberOfRecords") == ("0" if expected else "2")


def test_a_parameter_given_twice() -> None:
    request = decode("catalogue", "", [("query", "a"), ("query", "b")])
    assert [(each.number, each.details) for each in request.problems] == [(6, "query")]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/xml"),
        ("*/*", "text/xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
        ("application/sru+xml", "application/sru+xml"),
        ("image/png", "text/xml"),
    ],
)
def test_the_media_type_follows_the_header(accept: str, media_type: str) -> None:
    assert decode("catalogue", "", [], accept).media_type == media_type
    asked = [("httpAccept", "application/sru+xml")]
    assert decode("catalogue", "", asked, accept).media_type == "application/sru+xml"


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from(
                    [
                        *("version", "operation", "query", "scanClause", "startRecord"),
                        *("maximumRecords", "recordPacking", "recordXMLEscaping", "sortKeys"),
                        *("httpAccept", "stylesheet", "facetLimit", "x-a", "responsePosition"),
                    ]
                ),
                st.text(max_size=8),
            ),
            st.one_of(
                st.sampled_from(
                    [*VERSIONS, "explain", "scan", "searchRetrieve", "1", "xml", "packed"]
                ),
                st.text(max_size=8),
            ),
        ),
        max_size=6,
    )
)
def test_every_list_of_parameters_is_a_request(parameters: list[tuple[str, str]]) -> None:
    request = decode("catalogue", "http://example.org/", parameters)
    assert type(request) in (ExplainRequest, ScanRequest, SearchRetrieveRequest)
    assert request.version in Version
    assert request.media_type in MEDIA_TYPES
