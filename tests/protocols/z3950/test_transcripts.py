"""The conversations under tests/transcripts/z3950, held with a real library.

A line with ``>`` is an APDU of the client, the lines with ``<`` after it what comes back:

    > init v3 search present 65536/1048576          < accepted v3 search present 65536/1048576
    > search NAME DATABASE: QUERY                   < 2 found
    > present NAME START+NUMBER SYNTAX ELEMENTS     < 1 records, then 2   <   usmarc Title
    > scan NUMBER@POSITION: QUERY                   < status 0, at 1    <   term 2
    > sort NAME+NAME NAME +KEY -KEY                 < sorted
    > order, delete, close                          < failed: CONDITION (ADDITIONAL INFORMATION)
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pymarc
import pytest

from protocols.z3950.codec import encode, read_value
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import Close, InitializeRequest, InitializeResponse
from protocols.z3950.messages.building_blocks import DefaultDiagFormat
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DeleteResultSetResponse,
    SortKeySpec,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.retrieval import PresentRequest, PresentResponse, ResponseRecords
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse, TermInfo
from protocols.z3950.messages.searching import AttributesPlusTerm, SearchResponse
from protocols.z3950.messages.structures import OpacRecord, TaggedElement
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.records.forms import GRS_1, OPAC, SUTRS, USMARC, XML
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Z3950Settings
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import External
from tests.protocols.z3950.library import Client, a_library, records_of
from tests.protocols.z3950.pqf import query, search

TRANSCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "z3950").glob("*.txt"))
OPTIONS = {
    "search": 0, "present": 1, "delSet": 2, "scan": 7, "sort": 8, "extendedServices": 10,
    "namedResultSets": 14,
}  # fmt: skip
SYNTAXES = {"usmarc": USMARC, "xml": XML, "sutrs": SUTRS, "opac": OPAC, "grs-1": GRS_1}


@pytest.fixture
def client(sqlite_url: str) -> Iterator[Client]:
    with a_library(sqlite_url) as library:
        yield Client(library.services, Z3950Session(Z3950Settings(), 0.0))


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 4


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, client: Client) -> None:
    happened: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            happened.append(line)
        elif line.startswith("> "):
            happened.append(line)
            for answered in client.send_all(encode(_request(line[2:]))):
                happened += [f"< {each}" for each in _shown(answered)]
    assert "\n".join(happened) == path.read_text(encoding="utf-8").rstrip()


def _request(line: str) -> Apdu:
    word, _, rest = line.partition(" ")
    words = rest.split()
    if word == "init":
        options = sum(1 << OPTIONS[name] for name in words[1:-1])
        preferred, exceptional = map(int, words[-1].split("/"))
        versions = (1 << int(words[0][1:])) - 1
        return InitializeRequest(versions, options, preferred, exceptional)
    if word == "search":
        names, _, text = rest.partition(": ")
        result_set, database = names.split()
        return search(text, result_set_name=result_set, database_names=[database])
    if word == "present":
        result_set, positions, syntax, elements = words
        start, number = map(int, positions.split("+"))
        syntax = SYNTAXES.get(syntax, syntax)
        return PresentRequest(
            result_set, start, number, record_composition=elements, preferred_record_syntax=syntax
        )
    if word == "scan":
        place, _, term = rest.partition(": ")
        number, position = map(int, place.split("@"))
        rpn = query(term).value.rpn
        assert isinstance(rpn, AttributesPlusTerm)
        return ScanRequest(
            ["Default"], rpn, number, preferred_position_in_response=position, attribute_set=BIB_1
        )
    if word == "sort":
        keys = [
            SortKeySpec(name, int(sign == "-"), 1)
            for sign, *rest in words[2:]
            if (name := "".join(rest))
        ]
        return SortRequest(words[0].split("+"), words[1], keys)
    if word == "order":
        return ExtendedServicesRequest(1, words[0], 1)
    if word == "delete":
        return DeleteResultSetRequest(0, words)
    assert word == "close", line
    return Close(0)


def _shown(message: Apdu) -> Iterator[str]:
    if isinstance(message, InitializeResponse):
        names = [name for name, bit in OPTIONS.items() if message.options >> bit & 1]
        sizes = f"{message.preferred_message_size}/{message.exceptional_record_size}"
        version = message.protocol_version.bit_length()
        yield " ".join(["accepted" if message.result else "refused", f"v{version}", *names, sizes])
    elif isinstance(message, SearchResponse):
        if message.search_status:
            yield f"{message.result_count} found"
        else:
            yield f"failed: {_diagnostic(message.records)}"
    elif isinstance(message, PresentResponse):
        yield from _shown_present(message)
    elif isinstance(message, ScanResponse):
        yield from _shown_scan(message)
    elif isinstance(message, SortResponse):
        if message.diagnostics:
            yield f"sort failed: {_diagnostic(message.diagnostics[0])}"
        else:
            yield "sorted"
    elif isinstance(message, ExtendedServicesResponse):
        assert message.diagnostics is not None
        yield f"service failed: {_diagnostic(message.diagnostics[0])}"
    elif isinstance(message, DeleteResultSetResponse):
        statuses = [f"{each.id} {each.status}" for each in message.delete_list_statuses or ()]
        yield f"delete {message.delete_operation_status}: {', '.join(statuses)}"
    else:
        assert isinstance(message, Close)
        yield f"close {message.close_reason} {message.diagnostic_information or ''}".rstrip()


def _shown_scan(message: ScanResponse) -> Iterator[str]:
    assert message.entries is not None
    if message.entries.nonsurrogate_diagnostics:
        yield f"scan failed: {_diagnostic(message.entries.nonsurrogate_diagnostics[0])}"
        return
    yield f"status {message.scan_status}, at {message.position_of_term}"
    for entry in message.entries.entries or ():
        assert isinstance(entry, TermInfo)
        assert isinstance(entry.term, bytes)
        yield f"  {entry.term.decode()} {entry.global_occurrences}"


def _shown_present(message: PresentResponse) -> Iterator[str]:
    if not isinstance(message.records, ResponseRecords):
        yield f"failed: {_diagnostic(message.records)}"
        return
    partial = f", partial {message.present_status}" if message.present_status else ""
    count = message.number_of_records_returned
    yield f"{count} records, then {message.next_result_set_position}{partial}"
    syntaxes = {oid: name for name, oid in SYNTAXES.items()}
    for entry, data in zip(message.records.value, records_of(message), strict=True):
        assert isinstance(entry.record, External)
        syntax = syntaxes[entry.record.direct_reference or ""]
        yield f"  {syntax} {_title(syntax, bytes(data))}"


def _title(syntax: str, data: bytes) -> str:
    if syntax == "sutrs":
        return data.decode().partition("Title: ")[2].partition("\n")[0]
    if syntax == "opac":
        opac = read_value(OpacRecord, data)
        assert opac.bibliographic_record is not None
        assert isinstance(opac.bibliographic_record.encoding, bytes)
        return _title("usmarc", opac.bibliographic_record.encoding)
    if syntax == "grs-1":
        _, start, end, _ = ber.header(data, 0, len(data), {})
        _, _, _, after = ber.header(data, start, end, {})
        _, _, _, last = ber.header(data, after, end, {})
        return str(read_value(TaggedElement, data[after:last]).content)  # the second is the title
    if syntax == "xml":
        (record,) = pymarc.parse_xml_to_array(io.BytesIO(data))
    else:
        (record,) = pymarc.MARCReader(data)
    assert record is not None
    return str(record["245"]["a"])


def _diagnostic(record: object) -> str:
    assert isinstance(record, DefaultDiagFormat)
    return f"{record.condition} ({record.addinfo.value})"
