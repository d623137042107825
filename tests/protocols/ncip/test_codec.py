"""Reading what clients really send, and writing what the schema allows."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from protocols.ncip.codec import MalformedMessage, decode, encode
from protocols.ncip.messages import (
    Code,
    FromAgencyId,
    ItemId,
    LookupVersion,
    OtherService,
    Problem,
    Refusal,
    Request,
    ResponseHeader,
    ToAgencyId,
    UserId,
)
from protocols.ncip.models.circulation import (
    CheckInItem,
    CheckOutItem,
    CheckOutItemResponse,
    RenewItem,
)
from protocols.ncip.models.items import BibliographicDescription, ItemOptionalFields
from protocols.ncip.models.lookups import LookupItem, LookupItemResponse, LookupUser
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.wire.dialects import NAMESPACE, NEWEST, VERSIONS, Dialect, version_digits
from protocols.ncip.wire.reading import read_code
from protocols.wire.xml_documents import DEPTH, DOCUMENT_BYTES
from tests.protocols.ncip.stage import HEADER, VERSION, Schemas, item, message, typed, user

LOOKUP = "<LookupItem><ItemId><ItemIdentifierValue>I1</ItemIdentifierValue></ItemId></LookupItem>"
DOCTYPE_1 = (
    '<!DOCTYPE NCIPMessage PUBLIC "-//NISO//NCIP DTD Version 1//EN" '
    '"http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd">'
)
READ = LookupItem(item_id=ItemId(item_identifier_value="I1"))


def request(document: bytes | str) -> Request:
    data = document.encode() if isinstance(document, str) else document
    return decode(data).request


def refused(document: bytes | str) -> Problem:
    with pytest.raises(MalformedMessage) as caught:
        request(document)
    return caught.value.problem


def kind_of(problem: Problem) -> str:
    assert problem.problem_type is not None
    return problem.problem_type.value


@pytest.mark.parametrize(
    "document",
    [
        message(LOOKUP),
        f'<NCIPMessage xmlns="{NAMESPACE}" version="{VERSION}">{LOOKUP}</NCIPMessage>',
        f'<NCIPMessage xmlns="{NAMESPACE}">{LOOKUP}</NCIPMessage>',
        f'<NCIPMessage xmlns="{NAMESPACE}" version="5.6">{LOOKUP}</NCIPMessage>',
        f'<NCIPMessage xmlns="{NAMESPACE}" version="1.0">{LOOKUP}</NCIPMessage>',
        f'<NCIPMessage version="2.02">{LOOKUP}</NCIPMessage>',
        f"<NCIPMessage>{LOOKUP}</NCIPMessage>",
        f'<ns1:NCIPMessage xmlns:ns1="{NAMESPACE}">'
        + LOOKUP.replace("</", "</ns1:").replace("<", "<ns1:").replace("<ns1:/ns1:", "</ns1:")
        + "</ns1:NCIPMessage>",
        f'<NCIPMessage xmlns="{NAMESPACE}" ncip:version="{VERSION}">{LOOKUP}</NCIPMessage>',
        f'{DOCTYPE_1}<NCIPMessage version="2.0">{LOOKUP}</NCIPMessage>',
        f"\n\n<?xml version='1.0' encoding='utf-16'?><NCIPMessage>{LOOKUP}</NCIPMessage>",
        f"<?xml version='1.0'?><NCIPMessage>{LOOKUP}</NCIPMessage>".encode("utf-16"),
        b"\xef\xbb\xbf" + message(LOOKUP),
        message(LOOKUP.replace("I1", "I\x01\x0b1")),
        message(LOOKUP.replace("I1", "I&#x1;&#11;1")),
        message(LOOKUP.replace("I1", "\n  I1 ")),
        message(LOOKUP.replace("<ItemId>", "text in between <ItemId> and <!-- a comment -->")),
        message(LOOKUP.replace("<ItemId>", "<Sent><By/>a vendor</Sent><ItemId>")),
        message(LOOKUP.replace("I1", "I<!-- in the midst -->1")),
        message(LOOKUP.replace("I1", "<![CDATA[I1]]>")),
    ],
    ids=lambda document: str(document)[-60:],
)
def test_one_message_in_many_spellings(document: bytes | str) -> None:
    assert request(document) == READ


def test_elements_in_any_order_and_empty_ones() -> None:
    read = request(
        message(
            "<LookupUser><UserElementType> Name  Information </UserElementType>"
            "<UserElementType/><LoanedItemsDesired/><UserId><UserIdentifierValue>P1"
            "</UserIdentifierValue><UserIdentifierType></UserIdentifierType></UserId>"
            + typed("PIN", "")
            + HEADER
            + "</LookupUser>"
        )
    )
    assert isinstance(read, LookupUser)
    assert read.user_id == UserId(user_identifier_value="P1")
    assert read.user_element_type == (Code("Name  Information"),)
    assert read.loaned_items_desired
    assert not read.requested_items_desired
    assert read.authentication_input[0].authentication_input_data is None
    assert read.initiation_header is not None
    assert read.initiation_header.to_agency_id is not None
    assert read.initiation_header.to_agency_id.agency_id == Code("DK-900100")


@pytest.mark.parametrize(
    "agency",
    [
        '<AgencyId ncip:Scheme="urn:isil">DK-1</AgencyId>',
        '<AgencyId Scheme="urn:isil">DK-1</AgencyId>',
        "<AgencyId><Scheme>urn:isil</Scheme><Value>DK-1</Value></AgencyId>",
    ],
)
def test_a_value_keeps_its_scheme(agency: str) -> None:
    document = message(LOOKUP.replace("<ItemId>", f"<ItemId>{agency}"))
    read = request(document)
    assert isinstance(read, LookupItem)
    assert read.item_id is not None
    assert read.item_id.agency_id == Code("DK-1", "urn:isil")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01T12:00:00Z", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01T13:00:00.5+01:00", datetime(2026, 12, 1, 12, 0, 0, 500000, UTC)),
        ("2026-31-12T12:00:00Z", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("", None),
        ("2026-13-32", None),
        ("next week", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_dates(text: str, moment: datetime | None) -> None:
    found = decode(check_out_until(text))
    assert isinstance(found.request, CheckOutItem)
    assert found.request.desired_date_due == moment
    assert not found.has_local_times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01", datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)),
        ("2026-12-01T12:00:00", datetime(2026, 12, 1, 11, tzinfo=UTC)),
        # Midnight is the end of the day that it begins, whoever writes it.
        ("2026-12-01T00:00:00", datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)),
        ("2026-12-01T00:00:00Z", datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)),
        ("2026-12-01T00:00:00-05:00", datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)),
        ("2026-31-12", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_local_times_are_taken_rightly_where_the_zone_is_known(text: str, moment: datetime) -> None:
    assert decode(check_out_until(text)).has_local_times
    found = decode(check_out_until(text), ZoneInfo("Europe/Copenhagen"))
    assert isinstance(found.request, CheckOutItem)
    assert found.request.desired_date_due == moment
    assert not found.has_local_times


def check_out_until(text: str) -> bytes:
    return message(
        f"<CheckOutItem>{user('P1')}{item('I1')}<DesiredDateDue>{text}</DesiredDateDue>"
        "</CheckOutItem>"
    )


@pytest.mark.parametrize("kind", [CheckInItem, RenewItem, CheckOutItem])
def test_a_service_without_anything_is_read_all_the_same(kind: type) -> None:
    assert request(message(f"<{kind.__name__}/>")) == kind()


def test_a_service_that_is_not_offered_keeps_its_header() -> None:
    read = request(message(f"<CreateAgency>{HEADER}<AgencyId/></CreateAgency>"))
    assert isinstance(read, OtherService)
    assert read.service == "CreateAgency"
    assert read.initiation_header is not None


@pytest.mark.parametrize(
    ("document", "kind", "element"),
    [
        (b"", "Invalid Message Syntax Error", None),
        (b"It works!", "Invalid Message Syntax Error", None),
        (b"<html><body/></html>", "Invalid Message Syntax Error", "NCIPMessage"),
        (message(""), "Invalid Message Syntax Error", "NCIPMessage"),
        (message(LOOKUP)[:-20], "Invalid Message Syntax Error", None),
        (message(LOOKUP + LOOKUP), "Invalid Message Syntax Error", "NCIPMessage"),
        (message("<DestroyItem/>"), "Unknown Element", "DestroyItem"),
        (message("<LookupUserResponse/>"), "Protocol Error", "LookupUserResponse"),
        (message("<Problem/><Problem/>"), "Protocol Error", "Problem"),
        (message("<Ext><ThatVendor/></Ext>"), "Unsupported Service", "Ext"),
        (b"<NCIPMessage>\xe6\xf8</NCIPMessage>", "Invalid Message Syntax Error", None),
        (message("&#xD800;" + LOOKUP), "Invalid Message Syntax Error", None),
    ],
)
def test_what_is_no_request(document: bytes, kind: str, element: str | None) -> None:
    problem = refused(document)
    assert (kind_of(problem), problem.problem_element) == (kind, element)


def test_bare_ampersands_are_read_as_themselves() -> None:
    read = request(message(LOOKUP.replace("I1", "A&B &amp; C&nbsp;")))
    assert isinstance(read, LookupItem)
    assert read.item_id is not None
    assert read.item_id.item_identifier_value == "A&B & C&nbsp;"


def test_a_declared_single_byte_encoding_is_believed() -> None:
    text = f"<?xml version='1.0' encoding='ISO-8859-1'?><NCIPMessage>{LOOKUP}</NCIPMessage>"
    read = request(text.replace("I1", "Ærø").encode("latin-1"))
    assert isinstance(read, LookupItem)
    assert read.item_id is not None
    assert read.item_id.item_identifier_value == "Ærø"


@pytest.mark.parametrize(
    "document",
    [
        '<NCIPMessage version="3.0"/>',
        '<NCIPMessage xmlns="http://www.niso.org/2030/ncip"/>',
        "<NCIPMessage><LookupVersion/></NCIPMessage>",
        f'<NCIPMessage xmlns="{NAMESPACE}"><LookupVersion/></NCIPMessage>',
        '<NCIPVersionMessage version="x"><LookupVersion/></NCIPVersionMessage>',
    ],
)
def test_another_version_asks_for_the_versions(document: str) -> None:
    assert request(document) == LookupVersion()


AGENCY_1 = "<UniqueAgencyId><Scheme>urn:s</Scheme><Value>{}</Value></UniqueAgencyId>"
HEADER_1 = (
    f"<InitiationHeader><FromAgencyId>{AGENCY_1.format('A')}</FromAgencyId>"
    f"<ToAgencyId>{AGENCY_1.format('B')}</ToAgencyId></InitiationHeader>"
)
LOOKUP_1 = (
    f"<LookupItem>{HEADER_1}<UniqueItemId>{AGENCY_1.format('B')}"
    "<ItemIdentifierValue>I1</ItemIdentifierValue></UniqueItemId></LookupItem>"
)


@pytest.mark.parametrize(
    ("start", "version", "doctype"),
    [
        (f'{DOCTYPE_1}<NCIPMessage version="{VERSIONS[1, 0]}">', (1, 0), DOCTYPE_1),
        (f'<NCIPMessage version="{VERSIONS[1, 1]}">', (1, 1), ""),
        (f"{DOCTYPE_1}<NCIPMessage>", (1, 0), DOCTYPE_1),
        ("<NCIPMessage>", (1, 0), ""),  # by the look of the identifiers
    ],
)
def test_version_1_is_read_and_answered(
    start: str, version: tuple[int, int], doctype: str, schemas: Schemas
) -> None:
    incoming = decode(f"{start}{LOOKUP_1}</NCIPMessage>".encode())
    assert isinstance(incoming.request, LookupItem)
    assert incoming.request.item_id == ItemId(Code("B", "urn:s"), None, "I1")
    assert incoming.dialect.version == version
    found = problem(ProblemType.UNKNOWN_ITEM, "no item", "ItemIdentifierValue", "I1")
    header = ResponseHeader(
        from_agency_id=FromAgencyId(Code("B", "urn:s")), to_agency_id=ToAgencyId(Code("A", "urn:s"))
    )
    answer = encode(Refusal("LookupItem", (found,), header), incoming.dialect)
    root = schemas.check(answer, "1.0")
    assert root.get("version") == VERSIONS[version]
    assert doctype in answer.decode()
    error = root.find("LookupItemResponse/Problem/ProcessingError")
    assert error is not None
    assert error.findtext("ProcessingErrorType/Value") == "Unknown Item"
    assert "lookupitemprocessingerror" in str(error.findtext("ProcessingErrorType/Scheme"))
    names = [each.text for each in error.iter("ElementName")]
    assert names == ["UniqueItemId", "ItemIdentifierValue"]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("http://www.niso.org/ncip/v2_0/imp1/xsd/ncip_v2_0.xsd", (2, 0)),
        ("http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd", (2, 2)),
        ("http://www.niso.org/schemas/ncip/v2_0/ncip_v2_01.xsd", (2, 1)),
        ("2.02", (2, 2)),
        ("2.2", (2, 2)),
        ("http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd", (1, 0)),
        ("http://ncip.envisionware.com/documentation/ncip_v1_01.dtd", (1, 1)),
        ("", None),
        ("http://www.niso.org/2008/ncip", None),
    ],
)
def test_version_digits(text: str, digits: tuple[int, int] | None) -> None:
    assert version_digits(text) == digits


# Attacks


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS = {
    "bomb": f'<!DOCTYPE n [<!ENTITY e0 "lol">{BOMB}]><NCIPMessage>&e9;</NCIPMessage>',
    "bomb in an attribute": f'<!DOCTYPE n [<!ENTITY e0 "l">{BOMB}]><NCIPMessage version="&e9;"/>',
    "external": '<!DOCTYPE n [<!ENTITY x SYSTEM "file:///etc/passwd">]><NCIPMessage>&x;'
    "</NCIPMessage>",
    "parameter": '<!DOCTYPE n [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><NCIPMessage/>',
    "deep": "<NCIPMessage>" + "<a>" * 10_000 + "</a>" * 10_000 + "</NCIPMessage>",
    "deep without an end": "<a>" * 10_000,
    "just too deep": "<a>" * (DEPTH + 1) + "</a>" * (DEPTH + 1),
    "many attributes": "<NCIPMessage " + "".join(f"a{n}='' " for n in range(100_000)) + ">",
    "declarations": "<?xml " * 300_000,
    "ampersands": "<NCIPMessage>" + "&" * 500_000,
    "references": "<NCIPMessage>&#" + "0" * 1_000_000 + "</NCIPMessage>",
    "prefixes": "<a:b " + " ".join(f"p{n}:x=''" for n in range(20_000)) + "/>",
    "too long": "<NCIPMessage>" + " " * DOCUMENT_BYTES + "</NCIPMessage>",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_bounded_time(name: str) -> None:
    start = time.process_time()
    problem = refused(ATTACKS[name])
    assert time.process_time() - start < 1.0
    assert kind_of(problem) == "Invalid Message Syntax Error"
    assert "root:" not in str(problem)


def test_a_100_megabyte_document_is_refused_unread() -> None:
    document = b"<" * 100_000_000
    start = time.process_time()
    assert "longer" in str(refused(document))
    assert time.process_time() - start < 0.1


def test_an_external_dtd_is_not_loaded() -> None:
    document = (
        '<!DOCTYPE NCIPMessage SYSTEM "file:///dev/zero">'
        f'<NCIPMessage version="2.0">{LOOKUP}</NCIPMessage>'
    )
    assert request(document) == READ


def test_the_refusal_of_broken_xml_quotes_nothing_of_it() -> None:
    document = message(f"<LookupUser>{typed('PIN', '4711</x>')}</LookupUser>")
    assert "4711" not in str(refused(document))


@given(st.binary(max_size=300) | st.text("<>/&;=\"' NCIPMessage:xmlnsv2", max_size=200))
def test_any_bytes_give_a_message_or_one_refusal(data: bytes | str) -> None:
    try:
        request(data)
    except MalformedMessage as error:
        encode(Refusal(None, (error.problem,)), error.dialect)


# Writing

DUE = datetime(2026, 12, 23, 23, 59, 59, tzinfo=timezone(timedelta(hours=1)))
RESPONSE = CheckOutItemResponse(
    item_id=ItemId(item_identifier_value="I1"),
    user_id=UserId(user_identifier_value="P1"),
    date_due=DUE,
    renewal_count=0,
    item_optional_fields=ItemOptionalFields(
        BibliographicDescription(title='R&D <"Ærø">\r\x00\ud800'),
        circulation_status=Code("On Loan", 'urn:"s"&'),
        date_due=DUE,
    ),
)


def test_text_is_written_as_it_is_and_times_with_their_zone(schemas: Schemas) -> None:
    root = schemas.check(encode(RESPONSE))
    assert root.findtext(".//{*}Title") == 'R&D <"Ærø">\r'
    assert root.findtext(".//{*}DateDue") == "2026-12-23T23:59:59+01:00"
    status = root.find(".//{*}CirculationStatus")
    assert status is not None
    assert status.get(f"{{{NAMESPACE}}}Scheme") == 'urn:"s"&'


def test_an_answer_is_one_line_of_utf_8() -> None:
    assert b"\n" not in encode(RESPONSE)
    assert encode(RESPONSE).startswith(b'<?xml version="1.0" encoding="UTF-8"?><NCIPMessage ')


@pytest.mark.parametrize(
    ("version", "schema"), [((2, 0), "2.0"), ((2, 1), "2.01"), (NEWEST, "2.02")]
)
def test_each_version_has_only_its_own_elements(
    version: tuple[int, int], schema: str, schemas: Schemas
) -> None:
    root = schemas.check(encode(RESPONSE, Dialect(version, VERSIONS[version])), schema)
    is_in_item = root.find(".//{*}ItemOptionalFields/{*}DateDue") is not None
    assert is_in_item == (version == NEWEST)


@pytest.mark.parametrize("prefix", ["", "ns1", "ncip", "n-2"])
def test_prefixes(prefix: str, schemas: Schemas) -> None:
    answer = encode(RESPONSE, Dialect(prefix=prefix))
    root = schemas.check(answer)
    assert root.prefix == (prefix or None)
    assert etree.tostring(root) == etree.tostring(schemas.check(answer))


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        (VERSIONS[2, 0], VERSIONS[2, 0]),
        ("http://www.niso.org/ncip/v2_02/imp1/xsd/ncip_v2_02.xsd",) * 2,
        ("2.02", "2.02"),
        ("5.6", VERSIONS[NEWEST]),
        ("", VERSIONS[NEWEST]),
        ("2.0" + "x" * 1000, VERSIONS[NEWEST]),
    ],
)
def test_the_answer_says_the_version_of_the_question(attribute: str, expected: str) -> None:
    assert decode(message(LOOKUP, attribute)).dialect.version_attribute == expected


def test_an_answer_that_lacks_something_is_not_written() -> None:
    with pytest.raises(ValueError, match="ItemIdentifierValue"):
        encode(LookupItemResponse(item_id=ItemId()))
    with pytest.raises(ValueError, match="zone"):
        encode(CheckOutItemResponse(date_due=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_secrets_are_in_no_repr() -> None:
    secret = "<FromAgencyAuthentication>s3cret</FromAgencyAuthentication>"
    header = HEADER.replace("<ToAgencyId>", secret + "<ToAgencyId>")
    inputs = typed("Barcode Id", "P0000001") + typed("PIN", "987651234")
    read = request(message(f"<LookupUser>{header}{inputs}</LookupUser>"))
    assert isinstance(read, LookupUser)
    assert read.initiation_header is not None
    assert read.initiation_header.from_agency_authentication == "s3cret"
    for hidden in ("987651234", "P0000001", "s3cret"):
        assert hidden not in repr(read)


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ("http://oclc.org/ncip/schemes/agencyid.scm", True),
        ("http://h:8080/a?b=c#d", True),
        ("urn:isbn:123", True),
        ("our own list", True),
        ("0ttp://oclc.org/ncip/schemes/agencyid.scm", False),
        ("http://h:8a80/", False),
        ("a#b#c", False),
        ("%zz", False),
    ],
)
def test_a_scheme_that_is_no_uri_is_not_told_back(scheme: str, told: bool) -> None:
    element = etree.fromstring(f'<AgencyId Scheme="{scheme}">DK-900100</AgencyId>')
    assert read_code(element) == Code("DK-900100", scheme if told else None)
