"""The conversations under tests/transcripts/z3950, held with a real library.

A line with ``>`` is an APDU of the client, the lines with ``<`` after it what comes back:

    > init v3 search present 65536/1048576          < accepted v3 search present 65536/1048576
    > search NAME DATABASE: QUERY                   < 2 found
    > present NAME START+NUMBER SYNTAX ELEMENTS     < 1 records, then 2   <   usmarc Title
    > scan, sort, order, delete, close              < failed: CONDITION (ADDITIONAL INFORMATION)
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pymarc
import pytest

from protocols.z3950 import messages as m
from protocols.z3950.attributes import BIB_1
from protocols.z3950.codec import encode
from protocols.z3950.retrieval import SUTRS, USMARC, XML
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Z3950Settings
from tests.protocols.z3950.library import Client, a_library, records_of
from tests.protocols.z3950.pqf import search

TRANSCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "z3950").glob("*.txt"))
OPTIONS = {
    "search": 0, "present": 1, "delSet": 2, "scan": 7, "sort": 8, "extendedServices": 10,
    "namedResultSets": 14,
}  # fmt: skip
SYNTAXES = {"usmarc": USMARC, "xml": XML, "sutrs": SUTRS}


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


def _request(line: str) -> m.Apdu:
    word, _, rest = line.partition(" ")
    words = rest.split()
    if word == "init":
        options = sum(1 << OPTIONS[name] for name in words[1:-1])
        preferred, exceptional = map(int, words[-1].split("/"))
        versions = (1 << int(words[0][1:])) - 1
        return m.InitializeRequest(versions, options, preferred, exceptional)
    if word == "search":
        names, _, query = rest.partition(": ")
        result_set, database = names.split()
        return search(query, result_set_name=result_set, database_names=[database])
    if word == "present":
        result_set, positions, syntax, elements = words
        start, number = map(int, positions.split("+"))
        syntax = SYNTAXES.get(syntax, syntax)
        return m.PresentRequest(
            result_set, start, number, record_composition=elements, preferred_record_syntax=syntax
        )
    if word == "scan":
        term = m.AttributesPlusTerm([m.AttributeElement(1, 4)], words[0].encode())
        return m.ScanRequest(["Default"], term, 10, attribute_set=BIB_1)
    if word == "sort":
        return m.SortRequest(words, words[0], [m.SortKeySpec("title", 0, 1)])
    if word == "order":
        return m.ExtendedServicesRequest(1, words[0], 1)
    if word == "delete":
        return m.DeleteResultSetRequest(0, words)
    assert word == "close", line
    return m.Close(0)


def _shown(message: m.Apdu) -> Iterator[str]:
    if isinstance(message, m.InitializeResponse):
        names = [name for name, bit in OPTIONS.items() if message.options >> bit & 1]
        sizes = f"{message.preferred_message_size}/{message.exceptional_record_size}"
        version = message.protocol_version.bit_length()
        yield " ".join(["accepted" if message.result else "refused", f"v{version}", *names, sizes])
    elif isinstance(message, m.SearchResponse):
        if message.search_status:
            yield f"{message.result_count} found"
        else:
            yield f"failed: {_diagnostic(message.records)}"
    elif isinstance(message, m.PresentResponse):
        yield from _shown_present(message)
    elif isinstance(message, m.ScanResponse):
        assert message.entries is not None
        assert message.entries.nonsurrogate_diagnostics is not None
        yield f"scan failed: {_diagnostic(message.entries.nonsurrogate_diagnostics[0])}"
    elif isinstance(message, m.SortResponse):
        assert message.diagnostics is not None
        yield f"sort failed: {_diagnostic(message.diagnostics[0])}"
    elif isinstance(message, m.ExtendedServicesResponse):
        assert message.diagnostics is not None
        yield f"service failed: {_diagnostic(message.diagnostics[0])}"
    elif isinstance(message, m.DeleteResultSetResponse):
        statuses = [f"{each.id} {each.status}" for each in message.delete_list_statuses or ()]
        yield f"delete {message.delete_operation_status}: {', '.join(statuses)}"
    else:
        assert isinstance(message, m.Close)
        yield f"close {message.close_reason} {message.diagnostic_information or ''}".rstrip()


def _shown_present(message: m.PresentResponse) -> Iterator[str]:
    if not isinstance(message.records, m.ResponseRecords):
        yield f"failed: {_diagnostic(message.records)}"
        return
    partial = f", partial {message.present_status}" if message.present_status else ""
    count = message.number_of_records_returned
    yield f"{count} records, then {message.next_result_set_position}{partial}"
    syntaxes = {oid: name for name, oid in SYNTAXES.items()}
    for entry, data in zip(message.records.value, records_of(message), strict=True):
        assert isinstance(entry.record, m.External)
        syntax = syntaxes[entry.record.direct_reference or ""]
        yield f"  {syntax} {_title(syntax, bytes(data))}"


def _title(syntax: str, data: bytes) -> str:
    if syntax == "sutrs":
        return data.decode().partition("Title: ")[2].partition("\n")[0]
    if syntax == "xml":
        (record,) = pymarc.parse_xml_to_array(io.BytesIO(data))
    else:
        (record,) = pymarc.MARCReader(data)
    assert record is not None
    return str(record["245"]["a"])


def _diagnostic(record: object) -> str:
    assert isinstance(record, m.DefaultDiagFormat)
    return f"{record.condition} ({record.addinfo.value})"
