"""Responses -> XML, by version. (Parameters -> requests: `protocols.sru.parameters`.)

The order of the elements is that of the schemas: ``srw-types.xsd`` for 1.1 and 1.2,
``sruResponse.xsd`` and ``scan.xsd`` for 2.0. All that is sent is UTF-8 in NFC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from protocols.cql.diagnostics import MESSAGES
from protocols.sru.diagnostics import SET
from protocols.sru.messages import (
    AnyRequest,
    AnyResponse,
    Diagnostic,
    Escaping,
    ExplainRequest,
    ExplainResponse,
    Facet,
    FacetValue,
    RecordEntry,
    Request,
    ScanRequest,
    ScanResponse,
    ScanTerm,
    SearchRetrieveRequest,
    SearchRetrieveResponse,
    Version,
)
from protocols.sru.text import escaped, escaped_markup, normalised
from protocols.sru.xcql import NAMESPACE as XCQL_NAMESPACE

#: The schema of a record that is a diagnostic, as clients spell it.
DIAGNOSTIC_SCHEMA: Final = "info:srw/schema/1/diagnostics-v1.1"
#: The namespace of such a diagnostic in all versions, and of every diagnostic in 1.x.
_OLD_DIAGNOSTIC: Final = "http://www.loc.gov/zing/srw/diagnostic/"

_SEARCH_WS: Final = "http://docs.oasis-open.org/ns/search-ws/"
_FACETS: Final = f"{_SEARCH_WS}facetedResults"
_EXACT: Final = "info:srw/vocabulary/resultCountPrecision/1/exact"


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The names that a version uses. `version` is the element of that name, or empty."""

    response: str
    scan: str
    diagnostic: str
    version: str
    is_2: bool = False


def _dialect_of_1(version: Version) -> _Dialect:
    namespace = "http://www.loc.gov/zing/srw/"
    told = f"<zs:version>{version.value}</zs:version>"
    return _Dialect(namespace, namespace, _OLD_DIAGNOSTIC, told)


_DIALECTS: Final = {
    Version.V1_1: _dialect_of_1(Version.V1_1),
    Version.V1_2: _dialect_of_1(Version.V1_2),
    Version.V2_0: _Dialect(
        f"{_SEARCH_WS}sruResponse", f"{_SEARCH_WS}scan", f"{_SEARCH_WS}diagnostic", "", is_2=True
    ),
}

#: The parameters in an echoed request of 1.x and of 2.0, in order. ``""`` is the place of the query
#: as XCQL.
_ECHO_1: Final[dict[type[Request], tuple[str, ...]]] = {
    SearchRetrieveRequest: (
        *("query", "", "startRecord", "maximumRecords", "recordPacking", "recordSchema"),
        *("recordXPath", "resultSetTTL", "sortKeys"),
    ),
    ScanRequest: ("scanClause", "", "responsePosition", "maximumTerms"),
    ExplainRequest: ("recordPacking",),
}
_ECHO_2: Final[dict[type[Request], tuple[str, ...]]] = {
    SearchRetrieveRequest: (
        *("queryType", "query", "startRecord", "maximumRecords", "recordXMLEscaping"),
        *("recordPacking", "recordSchema", "resultSetTTL", "sortKeys", "renderedBy"),
        "httpAccept",
    ),
    ScanRequest: ("scanClause", "responsePosition", "maximumTerms", "httpAccept"),
    ExplainRequest: ("recordXMLEscaping", "recordPacking"),
}


def encode(response: AnyResponse) -> bytes:
    """The whole document, with its XML declaration."""
    dialect = _DIALECTS[response.request.version]
    namespace = dialect.response
    if isinstance(response, SearchRetrieveResponse):
        name, parts = "searchRetrieveResponse", _searched(response, dialect)
    elif isinstance(response, ScanResponse):
        name, parts = "scanResponse", _scanned(response, dialect)
        namespace = dialect.scan
    else:
        name, parts = "explainResponse", _explained(response, dialect)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<zs:{name} xmlns:zs="{namespace}">'
        f"{dialect.version}{''.join(parts)}</zs:{name}>\n"
    ).encode()


def _searched(response: SearchRetrieveResponse, dialect: _Dialect) -> Iterable[str]:
    request = response.request
    yield f"<zs:numberOfRecords>{response.number_of_records}</zs:numberOfRecords>"
    if response.records:
        records = "".join(_record(each, request.escaping, dialect) for each in response.records)
        yield f"<zs:records>{records}</zs:records>"
    if response.next_record_position is not None:
        yield f"<zs:nextRecordPosition>{response.next_record_position}</zs:nextRecordPosition>"
    yield _echo(request, response.x_query, dialect)
    yield _diagnostics(response.diagnostics, dialect)
    if dialect.is_2 and not response.diagnostics:
        yield f"<zs:resultCountPrecision>{_EXACT}</zs:resultCountPrecision>"
    if response.facets:
        facets = "".join(map(_facet, response.facets))
        yield f'<zs:facetedResults xmlns:facet="{_FACETS}">{facets}</zs:facetedResults>'


def _facet(facet: Facet) -> str:
    values = "".join(map(_facet_value, facet.values))
    index = escaped(facet.index)
    return (
        f"<facet:facet><facet:facetDisplayLabel>{index}</facet:facetDisplayLabel>"
        f"<facet:index>{index}</facet:index>"
        f"<facet:relation>{facet.relation}</facet:relation>"
        f"<facet:terms>{values}</facet:terms></facet:facet>"
    )


def _facet_value(value: FacetValue) -> str:
    found_by = ""
    if value.query:
        found_by = (
            f"<facet:query>{escaped(value.query)}</facet:query>"
            f"<facet:requestUrl>{escaped(value.url)}</facet:requestUrl>"
        )
    return (
        f"<facet:term><facet:actualTerm>{escaped(value.text)}</facet:actualTerm>{found_by}"
        f"<facet:count>{value.count}</facet:count></facet:term>"
    )


def _scanned(response: ScanResponse, dialect: _Dialect) -> Iterable[str]:
    if response.terms:
        yield f"<zs:terms>{''.join(map(_term, response.terms))}</zs:terms>"
    yield _echo(response.request, response.x_scan_clause, dialect)
    yield _diagnostics(response.diagnostics, dialect)


def _explained(response: ExplainResponse, dialect: _Dialect) -> Iterable[str]:
    yield _record(response.record, response.request.escaping, dialect)
    yield _echo(response.request, "", dialect)
    yield _diagnostics(response.diagnostics, dialect)


def _record(entry: RecordEntry, escaping: Escaping, dialect: _Dialect) -> str:
    if isinstance(entry.data, Diagnostic):
        schema, data = DIAGNOSTIC_SCHEMA, _diagnostic(entry.data, _OLD_DIAGNOSTIC)
    else:
        schema, data = entry.schema, normalised(entry.data.decode("utf-8", "replace"))
    if escaping is Escaping.STRING:
        data = escaped_markup(data)
    packing = escaping.value
    if dialect.is_2:
        packing = f"packed</zs:recordPacking><zs:recordXMLEscaping>{packing}"
    closing = "</zs:recordXMLEscaping>" if dialect.is_2 else "</zs:recordPacking>"
    identifier = position = ""
    if dialect.is_2 and entry.identifier:
        identifier = f"<zs:recordIdentifier>{escaped(entry.identifier)}</zs:recordIdentifier>"
    if entry.position:
        position = f"<zs:recordPosition>{entry.position}</zs:recordPosition>"
    return (
        f"<zs:record><zs:recordSchema>{escaped(schema)}</zs:recordSchema>"
        f"<zs:recordPacking>{packing}{closing}<zs:recordData>{data}</zs:recordData>"
        f"{identifier}{position}</zs:record>"
    )


def _term(term: ScanTerm) -> str:
    where = f"<zs:whereInList>{term.where_in_list}</zs:whereInList>" if term.where_in_list else ""
    return (
        f"<zs:term><zs:value>{escaped(term.value)}</zs:value>"
        f"<zs:numberOfRecords>{term.number_of_records}</zs:numberOfRecords>{where}</zs:term>"
    )


def _echo(request: AnyRequest, x_cql: str, dialect: _Dialect) -> str:
    """The echoed request, if the schema allows one and there is anything in it."""
    names = (_ECHO_2 if dialect.is_2 else _ECHO_1)[type(request)]
    if "" in names and not x_cql:
        return ""  # 1.x has no echo without XCQL, and only CQL has XCQL
    name = type(request).__name__
    told = "".join(
        _x_cql(request, x_cql) if not each else f"<zs:{each}>{escaped(value)}</zs:{each}>"
        for each in names
        if (value := request.given.get(each, "")) or not each
    )
    if not told:
        return ""
    version = "" if dialect.is_2 else dialect.version
    return f"<zs:echoed{name}>{version}{told}</zs:echoed{name}>"


def _x_cql(request: AnyRequest, x_cql: str) -> str:
    name = "xScanClause" if isinstance(request, ScanRequest) else "xQuery"
    return f'<zs:{name} xmlns:xcql="{XCQL_NAMESPACE}">{x_cql}</zs:{name}>'


def _diagnostics(diagnostics: Sequence[Diagnostic], dialect: _Dialect) -> str:
    if not diagnostics:
        return ""
    told = "".join(_diagnostic(each, dialect.diagnostic) for each in diagnostics)
    return f"<zs:diagnostics>{told}</zs:diagnostics>"


def _diagnostic(diagnostic: Diagnostic, namespace: str) -> str:
    details = escaped(diagnostic.details)
    details = f"<diag:details>{details}</diag:details>" if details else ""
    return (
        f'<diag:diagnostic xmlns:diag="{namespace}"><diag:uri>{SET}{diagnostic.number}</diag:uri>'
        f"{details}<diag:message>{MESSAGES[diagnostic.number]}</diag:message></diag:diagnostic>"
    )
