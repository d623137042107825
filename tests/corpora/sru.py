"""SRU in all versions, Explain, and the forms of records that it and OAI-PMH serve: content
models of our own of what their documents say."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.corpora.grammars import schema, write

_WS = "http://docs.oasis-open.org/ns/search-ws/"
_OLD = "http://www.loc.gov/zing/srw/"
_SLIM = "http://www.loc.gov/MARC21/slim"

_DIAGNOSTIC = "diagnostic: uri, details?, message?"
#: 1.1 and 1.2; the order is fixed.
_SRU_1 = """
searchRetrieveResponse: version, numberOfRecords, resultSetId?, resultSetIdleTime?, records?, \
nextRecordPosition?, echoedSearchRetrieveRequest?, diagnostics?, extraResponseData?
scanResponse: version, terms?, echoedScanRequest?, diagnostics?, extraResponseData?
explainResponse: version, record, echoedExplainRequest?, diagnostics?, extraResponseData?
echoedSearchRetrieveRequest: version, query, xQuery, startRecord?, maximumRecords?, \
recordPacking?, recordSchema?, recordXPath?, resultSetTTL?, sortKeys?, xSortKeys?, stylesheet?, \
extraRequestData?
echoedScanRequest: version, scanClause, xScanClause, responsePosition?, maximumTerms?, \
stylesheet?, extraRequestData?
echoedExplainRequest: version, recordPacking?, stylesheet?, extraRequestData?
record: recordSchema, recordPacking, recordData, recordIdentifier?, recordPosition?, \
extraRecordData?
recordPacking: one of string xml
"""
_SRU_2 = """
searchRetrieveResponse: version?, numberOfRecords, resultSetId?, resultSetIdleTime?, records?, \
nextRecordPosition?, echoedSearchRetrieveRequest?, diagnostics?, extraResponseData?, \
resultSetTTL?, resultCountPrecision?, facetedResults?, searchResultAnalysis?
explainResponse: version?, record, echoedExplainRequest?, diagnostics?, extraResponseData?
echoedSearchRetrieveRequest: version?, queryType?, query?, xQuery?, startRecord?, \
maximumRecords?, recordXMLEscaping?, recordPacking?, recordSchema?, facetParameters?, \
resultSetTTL?, sortKeys?, xSortKeys?, stylesheet?, renderedBy?, extraRequestParameter*, \
httpAccept?, responseType?
echoedExplainRequest: version?, recordXMLEscaping?, recordPacking?, stylesheet?
record: recordSchema, recordPacking?, recordXMLEscaping?, recordData, recordIdentifier?, \
recordPosition?, extraRecordData?
recordPacking: one of packed unpacked
recordXMLEscaping: one of string xml
facetedResults: facets:facet*
"""
_SCAN_2 = """
scanResponse: terms?, echoedScanRequest?, diagnostics?, extraResponseData?
echoedScanRequest: scanClause?, xScanClause?, responsePosition?, maximumTerms?, httpAccept?, \
stylesheet?, extraRequestData?
"""
_TERMS = """
terms: term+
term: value, numberOfRecords?, displayTerm?, whereInList?{url}, extraTermData?
whereInList: one of first last only inner
"""
_BOTH = """
numberOfRecords: nonNegativeInteger
resultSetIdleTime: positiveInteger
nextRecordPosition: positiveInteger
recordPosition: positiveInteger
records: record+
diagnostics: diag:diagnostic+
recordData: any
xQuery: any
xScanClause: any
extraRecordData: any
extraResponseData: any
extraRequestData: any
extraTermData: any
"""
_FACETS = """
facet: facetDisplayLabel?, facetDescription?, index, relation?, terms
terms: term+
term: actualTerm, query?, requestUrl?, count
count: nonNegativeInteger
"""
_EXPLAIN = """
explain: serverInfo, databaseInfo?, metaInfo?, indexInfo?, {search}schemaInfo?, configInfo?
serverInfo: host, port, database, authentication? @protocol @version @transport{method}
port: positiveInteger
databaseInfo: title+, description*
title: text @lang? @primary?
indexInfo: set*, index+
set: title* @name @identifier
index: title*, map+, configInfo? @search @scan @sort
map: name+
name: text @set
searchInfo: queryExample*, queryType*
queryType: queryTypeName, URI
schemaInfo: schema+
schema: title* @identifier @name @sort @retrieve
configInfo: (default | setting | supports)+
default: text @type
setting: text @type
supports: text @type
"""
_MARC = """
collection: record*
record: leader?, controlfield*, datafield* @type? @id?{form}
leader: text
controlfield: text @tag @id?
datafield: subfield+ @tag @ind1{often} @ind2{often} @id?
subfield: text @code @id?
"""
_OPAC = """
opacRecord: bibliographicRecord, holdings?
bibliographicRecord: any
holdings: holding*
holding: typeOfRecord?, encodingLevel?, format?, receiptAcqStatus?, generalRetention?, \
completeness?, dateOfReport?, nucCode?, localLocation?, shelvingLocation?, callNumber?, \
shelvingData?, copyNumber?, publicNote?, reproductionNote?, termsUseRepro?, enumAndChron?, \
volumes?, circulations?
circulations: circulation*
circulation: availableNow, availabilityDate?, availableThru?, restrictions?, itemId?, \
renewable, onHold, enumAndChron?, midspine?, temporaryLocation?
availableNow: empty @value
renewable: empty @value
onHold: empty @value
"""
_HOLDINGS = """
holdings: holding+, resource?
holding: institutionIdentifier, physicalLocation?, physicalAddress?, electronicAddress?, \
holdingSimple, summaryPolicy?, summaryHistory?
holdingSimple: copiesSummary?, copyInformation*
copiesSummary: copiesCount, status*, reservationQueueLength?, onOrderCount?
copiesCount: nonNegativeInteger
reservationQueueLength: nonNegativeInteger
copyInformation: pieceIdentifier?, resourceIdentifier?, form?, sublocation*, shelfLocator?, \
electronicLocator?, note*, enumerationAndChronology?, availabilityInformation?
availabilityInformation: status
status: availabilityStatus?, availableCount?, availableFor?, dateTimeAvailable?, \
earliestDispatchDate?
availabilityStatus: one of 0 1 2 3
availableFor: one of 0 1 2 3 4 5 6
availableCount: nonNegativeInteger
dateTimeAvailable: dateTime
earliestDispatchDate: dateTime
resource: resourceIdentifier
institutionIdentifier: value, typeOrSource
pieceIdentifier: value, typeOrSource
resourceIdentifier: value, typeOrSource
form: value, typeOrSource
typeOrSource: (text)
"""
_DC_ELEMENTS = "http://purl.org/dc/elements/1.1/"
_DC = [
    "title",
    "creator",
    "subject",
    "description",
    "publisher",
    "contributor",
    "date",
    "type",
    "format",
    "identifier",
    "source",
    "language",
    "relation",
    "coverage",
    "rights",
]


def make(folder: Path, chance: Random) -> None:
    """``sru-schema`` below a folder."""
    del chance  # nothing is drawn
    root = folder / "sru-schema"
    old = {"diag": (f"{_OLD}diagnostic/", "diagnostic.xsd")}
    write(root / "v1/diagnostic.xsd", schema(_DIAGNOSTIC, f"{_OLD}diagnostic/"))
    text = _SRU_1 + _TERMS.format(url="") + _BOTH
    write(root / "v1/srw-types.xsd", schema(text, _OLD, others=old))
    new = {
        "diag": (f"{_WS}diagnostic", "diagnostic.xsd"),
        "facets": (f"{_WS}facetedResults", "facetedResults.xsd"),
    }
    write(root / "lc-2.0/diagnostic.xsd", schema(_DIAGNOSTIC, f"{_WS}diagnostic"))
    write(root / "lc-2.0/facetedResults.xsd", schema(_FACETS, f"{_WS}facetedResults"))
    scan = _SCAN_2 + _TERMS.format(url=", requestURL?") + _BOTH
    scan = scan.replace("records: record+\n", "").replace("recordData: any\n", "")
    write(root / "lc-2.0/scan.xsd", schema(scan, f"{_WS}scan", others=new))
    seen = new | {"scan": (f"{_WS}scan", "scan.xsd")}
    write(root / "lc-2.0/sruResponse.xsd", schema(_SRU_2 + _BOTH, f"{_WS}sruResponse", others=seen))
    zeerex = "http://explain.z3950.org/dtd/2.0/"
    one = _EXPLAIN.format(search="", method=" @method")
    write(root / "explain/zeerex-2.0.xsd", schema(one, zeerex))
    two = _EXPLAIN.format(search="searchInfo?, ", method="")
    write(root / "lc-2.0/explain.xsd", schema(two, zeerex))
    marc = root / "marcxchange"
    write(marc / "MARC21slim.xsd", schema(_MARC.format(form="", often=""), _SLIM))
    exchange = _MARC.format(form=" @format?", often="?")
    write(marc / "marcxchange-1-1.xsd", schema(exchange, "info:lc/xmlns/marcxchange-v1"))
    write(root / "holdings/opacxml.xsd", schema(_OPAC))
    write(root / "holdings/ISOholdings_V1.0.xsd", schema(_HOLDINGS))
    dc = {"dc": (_DC_ELEMENTS, "simpledc20021212.xsd")}
    text = f"dc: ({' | '.join(f'dc:{name}' for name in _DC)})*"
    write(root / "v1/dc-schema.xsd", schema(text, "info:srw/schema/1/dc-schema", others=dc))
