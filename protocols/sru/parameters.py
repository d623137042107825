"""Parameters -> requests: those of each version, and their possible values. Total: any parameters
give a request, with a diagnostic in `problems` for each thing that is wrong. Parameters that begin
with ``x-`` are extensions; unknown ones are ignored, as all versions demand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.parser import LONGEST_QUERY
from protocols.sru.diagnostics import diagnostic_of
from protocols.sru.messages import (
    HIGHEST_VERSION,
    AnyRequest,
    Diagnostic,
    Escaping,
    ExplainRequest,
    Request,
    ScanRequest,
    SearchRetrieveRequest,
    Version,
)

#: The media types that responses may have; the first is the default.
MEDIA_TYPES: Final = ("text/xml", "application/xml", "application/sru+xml")

_NUMBER: Final = re.compile(r"\s*\+?([0-9]{1,18})\s*")
_VERSION: Final = re.compile(r"\s*([0-9]{1,4})\.([0-9]{1,4})\s*")
_VERSIONS: Final = {version.value: version for version in Version}
#: How much of a parameter a diagnostic shows.
_SHOWN: Final = 200

_OPERATIONS: Final[dict[str, type[AnyRequest]]] = {
    "searchRetrieve": SearchRetrieveRequest,
    "scan": ScanRequest,
    "explain": ExplainRequest,
}
#: The mandatory ones.
_MANDATORY: Final[dict[type[Request], str]] = {
    SearchRetrieveRequest: "query",
    ScanRequest: "scanClause",
}

_SEARCH: Final = (
    *("query", "startRecord", "maximumRecords", "recordPacking", "recordSchema"),
    *("resultSetTTL", "stylesheet"),
)
_SEARCH_2: Final = (
    *("recordXMLEscaping", "sortKeys", "queryType", "renderedBy", "httpAccept"),
    *("facetLimit", "facetStart", "facetSort"),
)
_SCAN: Final = ("scanClause", "responsePosition", "maximumTerms", "stylesheet")
_EXPLAIN: Final = ("recordPacking", "stylesheet")

#: The parameters of each request besides ``operation`` and ``version``, which are not in 2.0 but
#: are sent by its clients.
_ALLOWED: Final[dict[tuple[type[Request], Version], frozenset[str]]] = {
    (kind, version): frozenset(names)
    for kind, version, names in (
        (SearchRetrieveRequest, Version.V1_1, (*_SEARCH, "recordXPath", "sortKeys")),
        (SearchRetrieveRequest, Version.V1_2, _SEARCH),
        (
            SearchRetrieveRequest,
            Version.V2_0,
            (*_SEARCH, *_SEARCH_2),
        ),
        (ScanRequest, Version.V1_1, _SCAN),
        (ScanRequest, Version.V1_2, _SCAN),
        (ScanRequest, Version.V2_0, (*_SCAN, "httpAccept")),
        (ExplainRequest, Version.V1_1, _EXPLAIN),
        (ExplainRequest, Version.V1_2, _EXPLAIN),
        (ExplainRequest, Version.V2_0, (*_EXPLAIN, "recordXMLEscaping", "httpAccept")),
    )
}


def decode(
    database: str, base_url: str, parameters: Iterable[tuple[str, str]], accept: str = ""
) -> AnyRequest:
    """The request that the parameters stand for; `accept` is the header of that name."""
    problems: list[Diagnostic] = []
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            problems.append(Diagnostic(Srw.UNSUPPORTED_PARAMETER_VALUE, _shown(name)))
        elif value.strip():
            given[name] = value
    version = _version(given, problems)
    kind = _kind(given, version, problems)
    request = kind(version, database, base_url, problems=problems)
    request.media_type = _preferred(accept) or MEDIA_TYPES[0]
    _take(request, given)
    mandatory = _MANDATORY.get(kind)
    if mandatory is not None and mandatory not in given:
        problems.append(Diagnostic(Srw.MANDATORY_PARAMETER_NOT_SUPPLIED, mandatory))
    return request


def _version(given: dict[str, str], problems: list[Diagnostic]) -> Version:
    """The version to answer in: the one asked for, or the highest below it that there is."""
    operation = given.get("operation")
    text = given.get("version")
    if text is None:
        if operation is None:
            return HIGHEST_VERSION
        if operation != "explain":
            problems.append(Diagnostic(Srw.MANDATORY_PARAMETER_NOT_SUPPLIED, "version"))
        return Version.V1_2
    exact = _VERSIONS.get(text)
    if exact is not None:
        return exact
    match = _VERSION.fullmatch(text)
    if match is None:
        problems.append(Diagnostic(Srw.UNSUPPORTED_VERSION, HIGHEST_VERSION.value))
        return HIGHEST_VERSION if operation is None else Version.V1_2
    asked = f"{int(match[1])}.{int(match[2]):04}"
    known = [each for each in Version if each.value[:2] + each.value[2:].zfill(4) <= asked]
    if not known or len(match[1]) > 1:
        problems.append(Diagnostic(Srw.UNSUPPORTED_VERSION, HIGHEST_VERSION.value))
    return known[-1] if known else Version.V1_1


def _kind(given: dict[str, str], version: Version, problems: list[Diagnostic]) -> type[AnyRequest]:
    """The operation; in 2.0 it follows from the parameters."""
    operation = given.get("operation")
    if operation is not None:
        kind = _OPERATIONS.get(operation)
        if kind is None:
            problems.append(Diagnostic(Srw.UNSUPPORTED_OPERATION, _shown(operation)))
            return ExplainRequest
        return kind
    if "query" in given or "queryType" in given:
        kind = SearchRetrieveRequest
    elif "scanClause" in given:
        kind = ScanRequest
    else:
        return ExplainRequest
    if version is not Version.V2_0:
        problems.append(Diagnostic(Srw.MANDATORY_PARAMETER_NOT_SUPPLIED, "operation"))
    return kind


def _take(request: AnyRequest, given: dict[str, str]) -> None:
    """Puts the values into the request, and what is wrong with them into its problems."""
    allowed = _ALLOWED[type(request), request.version]
    taken: dict[str, str] = {}
    for name, value in given.items():
        if name in allowed:
            try:
                _PARSERS[name](request, value)
            except Refused as refused:
                request.problems.append(diagnostic_of(refused))
            else:
                if len(value) <= LONGEST_QUERY:  # longer ones are refused and not repeated
                    taken[name] = value
        elif name not in ("version", "operation") and not name.startswith("x-"):
            request.problems.append(Diagnostic(Srw.UNSUPPORTED_PARAMETER, _shown(name)))
    request.given = taken


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _preferred(accept: str) -> str:
    """The first of our media types in such a list; empty if there is none."""
    for part in accept.lower().split(","):
        name = part.partition(";")[0].strip()
        if name in MEDIA_TYPES:
            return name
        if name in ("*/*", "text/*"):
            return MEDIA_TYPES[0]
        if name == "application/*":
            return MEDIA_TYPES[1]
    return ""


def _number(name: str, value: str, least: int) -> int:
    match = _NUMBER.fullmatch(value)
    number = int(match[1]) if match else -1
    if number < least:
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, name)
    return number


# What is done with the value of each parameter, of a request that may have it

Parser = Callable[[Request, str], None]


def _kept(attribute: str, convert: Callable[[str], object]) -> Parser:
    """The request keeps what the value is converted to."""
    return lambda request, value: setattr(request, attribute, convert(value))


def _counted(attribute: str, name: str, least: int) -> Parser:
    return _kept(attribute, lambda value: _number(name, value, least))


def _record_packing(request: Request, value: str) -> None:
    if request.version is Version.V2_0:
        if value != "packed":
            raise Refused(Srw.UNSUPPORTED_PACKING, _shown(value))
        return
    try:
        request.escaping = Escaping(value)
    except ValueError:
        raise Refused(Srw.UNSUPPORTED_PACKING, _shown(value)) from None


def _record_xml_escaping(request: Request, value: str) -> None:
    try:
        request.escaping = Escaping(value)
    except ValueError:
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "recordXMLEscaping") from None


def _result_set_ttl(request: Request, value: str) -> None:
    _number("resultSetTTL", value, 0)  # a wish that cannot be met: there are no result sets


def _record_xpath(request: Request, value: str) -> None:
    raise Refused(Srw.XPATH_UNSUPPORTED)


def _stylesheet(request: Request, value: str) -> None:
    raise Refused(Srw.STYLESHEETS_UNSUPPORTED)


def _query_type(request: Request, value: str) -> None:
    if value.lower() != "cql":
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "queryType")


def _rendered_by(request: Request, value: str) -> None:
    if value != "client":
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "renderedBy")


def _http_accept(request: Request, value: str) -> None:
    preferred = _preferred(value)
    if not preferred:
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "httpAccept")
    request.media_type = preferred


_PARSERS: Final[dict[str, Parser]] = {
    "query": _kept("query", str),
    "startRecord": _counted("start_record", "startRecord", 1),
    "maximumRecords": _counted("maximum_records", "maximumRecords", 0),
    "recordSchema": _kept("record_schema", str.strip),
    "sortKeys": _kept("sort_keys", str),
    "facetLimit": _kept("facet_limit", str.strip),
    "facetStart": _kept("facet_start", str.strip),
    "facetSort": _kept("facet_sort", str.strip),
    "scanClause": _kept("scan_clause", str),
    "responsePosition": _counted("response_position", "responsePosition", 0),
    "maximumTerms": _counted("maximum_terms", "maximumTerms", 1),
    "recordPacking": _record_packing,
    "recordXMLEscaping": _record_xml_escaping,
    "resultSetTTL": _result_set_ttl,
    "recordXPath": _record_xpath,
    "stylesheet": _stylesheet,
    "queryType": _query_type,
    "renderedBy": _rendered_by,
    "httpAccept": _http_accept,
}
