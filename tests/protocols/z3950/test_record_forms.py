"""Records of every format as clients ask for them: syntaxes, schemas, charsets, lengths."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator

import pymarc
import pytest

from catalogue.formats.exchange import DANMARC2, DANMARC2_LATIN_1
from catalogue.marc.iso2709 import build
from catalogue.records import Record
from protocols.z3950.charsets import NEGOTIATION
from protocols.z3950.codec import encode_value, read_value
from protocols.z3950.messages.association import InitializeRequest, InitializeResponse
from protocols.z3950.messages.building_blocks import (
    DefaultDiagFormat,
    OtherInformationItem,
    SchemaUri,
    Specification,
    SurrogateDiagnostic,
    V2Addinfo,
    V3Addinfo,
)
from protocols.z3950.messages.retrieval import (
    CompSpec,
    ElementSetNames,
    PresentRequest,
    PresentResponse,
    ResponseRecords,
)
from protocols.z3950.messages.structures import OriginProposal, PrivateCharacterSet, TargetResponse
from protocols.z3950.records.forms import DANMARC, GRS_1, OPAC, SUTRS, UNIMARC, USMARC, XML
from protocols.z3950.records.retrieval import PresentStatus
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Account, Z3950Settings
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from tests.builders.pins import hashed
from tests.contracts.test_record_formats import ORDINARY
from tests.protocols.z3950.library import (
    INIT,
    Client,
    Library,
    a_library,
    diagnostic_of,
    marc_record,
    records_of,
)
from tests.protocols.z3950.pqf import search
from tests.protocols.z3950.serving import a_server

#: The numbers of the records, by format, behind the two of MARC 21.
FORMATS = {"danmarc2": 3, "unimarc": 4}
SURROGATE = 238


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    with a_library(sqlite_url, 1) as library:
        library.add(too_long())
        for kind in FORMATS:
            library.add(ORDINARY[kind], record_format=kind)
        yield library


def too_long() -> bytes:
    """A record of 110,000 bytes, which ISO 2709 has no form for."""
    head = b"00000nam a2200000 i 4500"
    notes = [(b"500", b"  \x1fa" + b"water " * 1_500)] * 12
    return build(head, [(b"001", b"long"), (b"245", b"10\x1faSoil of great length"), *notes])


def present(client: Client, start: int, number: int, **fields: object) -> PresentResponse:
    if not client.session.association.result_sets:
        assert client.search(search("@attr 1=1016 @attr 2=103 x")).result_count == 4
    return client.present(PresentRequest("default", start, number, **fields))  # type: ignore[arg-type]


def data_of(response: PresentResponse) -> bytes:
    (data,) = records_of(response)
    return bytes(data)


def test_each_record_comes_in_its_own_syntax(library: Library) -> None:
    client = library.client()
    for kind, position, syntax in (("danmarc2", 3, DANMARC), ("unimarc", 4, UNIMARC)):
        found = data_of(present(client, position, 1, preferred_record_syntax=syntax))
        if kind == "danmarc2":
            assert found == DANMARC2.render(Record(1, kind, ORDINARY[kind], "", "", None, None))
        else:
            assert found == ORDINARY[kind]
        assert data_of(present(client, position, 1)) == found, "without a syntax it is the same"
        told = present(client, position, 1, preferred_record_syntax=USMARC)
        assert diagnostic_of_first(told) == (SURROGATE, USMARC)
        for anything in (SUTRS, OPAC, GRS_1, XML):
            assert data_of(present(client, position, 1, preferred_record_syntax=anything))


def diagnostic_of_first(response: PresentResponse) -> tuple[int, str]:
    assert isinstance(response.records, ResponseRecords)
    record = response.records.value[0].record
    assert isinstance(record, SurrogateDiagnostic)
    told = record.value
    assert isinstance(told, DefaultDiagFormat)
    assert isinstance(told.addinfo, str | V2Addinfo | V3Addinfo)
    text = told.addinfo if isinstance(told.addinfo, str) else told.addinfo.value
    return told.condition, text


@pytest.mark.parametrize("position", [1, *FORMATS.values()])
@pytest.mark.parametrize(
    ("schema", "root"),
    [
        ("dc", b"<srw_dc:dc "),
        ("info:srw/schema/1/dc-v1.1", b"<srw_dc:dc "),
        ("MODS", b"<mods "),
        ("info:srw/schema/1/mods-v3.6", b"<mods "),
        ("marcxchange", b'<record xmlns="info:lc/xmlns/marcxchange-v1"'),
        ("opacxml", b"<opacRecord><bibliographicRecord><record "),
        ("F", b"<record "),
    ],
)
def test_xml_schemas_of_every_record(
    library: Library, position: int, schema: str, root: bytes
) -> None:
    client = library.client()
    asked: list[ElementSetNames | CompSpec] = [schema]
    if schema != "F":
        specification = Specification(SchemaUri(schema), "F" if schema != "opacxml" else None)
        asked.append(CompSpec(False, generic=specification))
    for composition in asked:
        found = data_of(
            present(
                client, position, 1, preferred_record_syntax=XML, record_composition=composition
            )
        )
        assert found.startswith(root)


# Character sets

MARC_8 = bytes.fromhex("a214060a2a8648ce130f8768510181064d4152432d38")  # as yaz-client says it


def init_with(*sets: bytes, in_records: bool = True) -> InitializeRequest:
    proposal = OriginProposal([PrivateCharacterSet(each) for each in sets], None, in_records)
    proposed = External(
        SingleAsn1Type(encode_value(proposal, b"\xa1")), direct_reference=NEGOTIATION
    )
    return InitializeRequest(
        INIT.protocol_version, INIT.options, 1 << 20, 1 << 20,
        other_info=[OtherInformationItem(proposed)],
    )  # fmt: skip


def name_of(charset: str) -> bytes:
    named = MARC_8[2:-7] + bytes((len(charset),)) + charset.encode()
    return MARC_8[:1] + bytes((len(named),)) + named


def test_marc_8_is_negotiated_and_served(library: Library) -> None:
    library.add(marc_record(4))
    client = Client(library.services, Z3950Session(Z3950Settings(), 0.0))
    response = client.send(init_with(MARC_8))
    assert isinstance(response, InitializeResponse)
    (item,) = response.other_info or ()
    assert isinstance(item.information, External)
    assert isinstance(item.information.encoding, SingleAsn1Type)
    answer = read_value(TargetResponse, item.information.encoding.value, b"\xa2")
    assert answer == TargetResponse(PrivateCharacterSet(MARC_8), None, True)
    assert client.search(search("@attr 1=1003 dorte")).result_count == 1
    found = data_of(client.present(PresentRequest("default", 1, 1)))
    assert found[9:10] == b" "
    assert pymarc.Record(found)["245"]["a"] == "Bøger og læsere"
    opac = data_of(client.present(PresentRequest("default", 1, 1, preferred_record_syntax=OPAC)))
    assert b"B\xb2ger og l\xb5sere" in opac
    xml = data_of(client.present(PresentRequest("default", 1, 1, preferred_record_syntax=XML)))
    assert "Bøger og læsere".encode() in xml


@pytest.mark.parametrize(
    ("init", "charset"),
    [
        (init_with(MARC_8, in_records=False), "utf-8"),
        (init_with(name_of("latin1")), "iso-8859-1"),
        (init_with(name_of("ISO-8859-1")), "iso-8859-1"),
        (init_with(name_of("EBCDIC")), "utf-8"),
        (init_with(name_of("EBCDIC"), name_of("Marc8")), "marc-8"),
        (init_with(b"\xa3\x00"), "utf-8"),
        (INIT, "utf-8"),
    ],
)
def test_what_is_agreed_on(library: Library, init: InitializeRequest, charset: str) -> None:
    assert library.client(init).session.association.record_charset == charset


def test_an_account_has_its_charset_and_a_negotiated_one_goes_before(library: Library) -> None:
    password = hashed("secret")
    accounts = (Account("old", password, record_charset="marc-8"), Account("new", password))
    for user, everybody, charset in (
        ("old", "utf-8", "marc-8"),
        ("new", "utf-8", "utf-8"),
        ("new", "iso-8859-1", "iso-8859-1"),
    ):
        init = InitializeRequest(
            INIT.protocol_version,
            INIT.options,
            1 << 20,
            1 << 20,
            id_authentication=f"{user}/secret",
        )
        client = library.client(init, record_charset=everybody, accounts=accounts)
        assert client.session.association.account is not None
        assert client.session.association.record_charset == charset


def test_danmarc2_in_latin_1(library: Library) -> None:
    client = library.client(init_with(name_of("iso-8859-1")))
    found = data_of(present(client, 3, 1, preferred_record_syntax=DANMARC))
    record = Record(1, "danmarc2", ORDINARY["danmarc2"], "", "", None, None)
    assert found == DANMARC2_LATIN_1.render(record)
    marc21 = data_of(present(client, 1, 1, preferred_record_syntax=USMARC))
    assert marc21[9:10] == b"a", "MARC 21 has no Latin-1"


# Longer than ISO 2709 can say


@pytest.mark.parametrize("syntax", [USMARC, OPAC])
def test_a_record_too_long_is_replaced_and_its_neighbours_come(
    library: Library, syntax: str
) -> None:
    response = present(library.client(), 1, 2, preferred_record_syntax=syntax)
    assert response.present_status == PresentStatus.SUCCESS
    assert response.number_of_records_returned == 2
    assert isinstance(response.records, ResponseRecords)
    first, second = (each.record for each in response.records.value)
    assert isinstance(first, External)
    assert isinstance(second, SurrogateDiagnostic)
    assert isinstance(second.value, DefaultDiagFormat)
    assert second.value.condition == SURROGATE


def test_a_record_too_long_is_replaced_in_a_piggyback_too(library: Library) -> None:
    request = search("@attr 1=4 soil", small_set_upper_bound=10, medium_set_present_number=10)
    response = library.client().search(request)
    assert response.search_status
    assert (response.result_count, response.number_of_records_returned) == (2, 2)
    assert isinstance(response.records, ResponseRecords)
    first, second = (each.record for each in response.records.value)
    assert isinstance(first, External)
    assert first.encoding == marc_record(1)
    assert isinstance(second, SurrogateDiagnostic)


@pytest.mark.parametrize("schema", ["marcxml", "mods", "dc", "opacxml", "marcxchange"])
def test_a_record_too_long_comes_as_xml(library: Library, schema: str) -> None:
    response = present(
        library.client(), 2, 1, preferred_record_syntax=XML, record_composition=schema
    )
    assert b"Soil of great length" in data_of(response)
    for syntax in (SUTRS, GRS_1):
        found = present(library.client(), 2, 1, preferred_record_syntax=syntax)
        assert b"Soil of great length" in data_of(found)
    brief = present(library.client(), 2, 1, preferred_record_syntax=USMARC, record_composition="B")
    assert pymarc.Record(data_of(brief))["245"]["a"] == "Soil of great length"


def test_a_wrong_syntax_is_still_refused(library: Library) -> None:
    response = present(library.client(), 1, 1, preferred_record_syntax="1.2.840.10003.5.25")
    assert diagnostic_of(response) == (239, "1.2.840.10003.5.25")


# A real client


def test_yaz_client_asks_for_each(
    library: Library, sqlite_url: str, program: Callable[[str], str]
) -> None:
    library.add(marc_record(4))
    commands = """
        find @attr 1=1003 dorte
        format usmarc
        show 1
        format xml
        elements mods
        show 1
        elements dc
        show 1
        find @attr 1=4 store
        format danmarc
        elements F
        show 1
        find @attr 1=4 soil
        format usmarc
        show 1+2
        quit
    """
    with a_server(sqlite_url, record_charset="marc-8") as port:
        ran = subprocess.run(
            [program("yaz-client"), f"127.0.0.1:{port}"],
            input=(re.sub(" {8}", "", commands).strip() + "\n").encode(),
            capture_output=True,
            timeout=20,
        )
    told = ran.stdout
    assert re.search(rb"\n00\d{3}nam  22", told), "leader/09 is blank"
    assert b"B\xb2ger og l\xb5sere" in told
    assert b"<mods xmlns=" in told
    assert "<dc:title>Bøger og læsere</dc:title>".encode() in told
    assert "Det ¤store @@ &".encode() in told
    assert b"[238]" in told
    assert b"Soil and water" in told
