"""LookupUser, LookupItem and LookupVersion over a real library."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import update

from catalogue.database import Statement, Transaction, change
from catalogue.marc.iso2709 import build
from catalogue.schema import records
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import find_patron
from protocols.ncip.codec import encode
from protocols.ncip.handling import lookups
from protocols.ncip.messages import Amount, Code
from protocols.ncip.models.accounts import CreateUserFiscalTransaction, FiscalTransactionInformation
from protocols.ncip.subjects.users import folded
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.ncip import asking
from tests.protocols.ncip.stage import (
    HEADER,
    PARTNER,
    SETTINGS,
    N,
    Stage,
    elements,
    item,
    message,
    problem_types,
    text_of,
    typed,
    user,
)

PIN_HASH = hashed("1234")
EVERYTHING = elements(
    "UserElementType",
    "Name Information",
    "User Address Information",
    "Date Of Birth",
    "User Language",
    "User Privilege",
    "Block Or Trap",
    "User Id",
)


def look_up_user(body: str) -> str:
    return f"<LookupUser>{HEADER}{body}</LookupUser>"


def look_up_item(body: str) -> str:
    return f"<LookupItem>{HEADER}{body}</LookupItem>"


def test_a_user_with_everything_that_is_known(stage: Stage) -> None:
    card = a_patron(
        stage.library,
        "P0000001",
        pin_hash=PIN_HASH,
        birth_date=date(1984, 5, 6),
        email="ida@example.dk",
        phone="+4512345678",
        expires=date(2027, 1, 31),
    )
    answer = stage.ask(look_up_user(user(card) + EVERYTHING))
    assert answer.tag == f"{N}LookupUserResponse"
    assert text_of(answer, "UserId/UserIdentifierValue") == "P0000001"
    assert text_of(answer, "UserId/UserIdentifierType") == "Barcode"
    fields = answer.find(f"{N}UserOptionalFields")
    assert fields is not None
    name = "NameInformation/PersonalNameInformation/"
    assert text_of(fields, name + "StructuredPersonalUserName/GivenName") == "Ida"
    assert text_of(fields, name + "StructuredPersonalUserName/Surname") == "Ørsted"
    assert text_of(fields, name + "UnstructuredPersonalUserName") == "Ida Ørsted"
    addresses = [
        (
            text_of(each, "ElectronicAddress/ElectronicAddressType"),
            text_of(each, "ElectronicAddress/ElectronicAddressData"),
        )
        for each in fields.iter(f"{N}UserAddressInformation")
    ]
    assert addresses == [("mailto", "ida@example.dk"), ("tel", "+4512345678")]
    assert text_of(fields, "DateOfBirth") == "1984-05-06T00:00:00+00:00"
    assert text_of(fields, "UserLanguage") == "dan"
    privileges = [
        (
            text_of(each, "AgencyId"),
            text_of(each, "AgencyUserPrivilegeType"),
            text_of(each, "ValidToDate"),
            text_of(each, "UserPrivilegeStatus/UserPrivilegeStatusType"),
        )
        for each in fields.iter(f"{N}UserPrivilege")
    ]
    until = "2027-01-31T23:59:59+01:00"
    assert privileges == [
        ("DK-900100", "adult", until, None),
        ("DK-900100", "PROFILE", until, "adult"),
        ("DK-900100", "STATUS", None, "ACTIVE"),
    ]
    assert fields.find(f"{N}BlockOrTrap") is None
    assert text_of(fields, "UserId/UserIdentifierValue") == "P0000001"


def test_a_user_with_nothing_asked_for_is_an_identifier(stage: Stage) -> None:
    answer = stage.ask(look_up_user(user(a_patron(stage.library))))
    assert [each.tag for each in answer] == [f"{N}ResponseHeader", f"{N}UserId"]


def test_only_what_is_asked_for_is_told(stage: Stage) -> None:
    card = a_patron(stage.library, email="ida@example.dk", birth_date=date(1984, 5, 6))
    body = user(card) + elements("UserElementType", "  user LANGUAGE ", "Shoe Size")
    fields = stage.ask(look_up_user(body)).find(f"{N}UserOptionalFields")
    assert fields is not None
    assert [each.tag for each in fields] == [f"{N}UserLanguage"]


def test_the_header_is_turned_round(stage: Stage) -> None:
    header = HEADER.replace("<AgencyId>DK-710100", '<AgencyId ncip:Scheme="urn:isil">DK-710100')
    header = header.replace(
        "<InitiationHeader>", "<InitiationHeader><FromSystemId>a</FromSystemId>"
    )
    answer = stage.ask(f"<LookupUser>{header}{user('nobody')}</LookupUser>")
    assert text_of(answer, "ResponseHeader/FromAgencyId/AgencyId") == "DK-900100"
    assert text_of(answer, "ResponseHeader/ToAgencyId/AgencyId") == "DK-710100"
    assert text_of(answer, "ResponseHeader/ToSystemId") == "a"
    agency = answer.find(f"{N}ResponseHeader/{N}ToAgencyId/{N}AgencyId")
    assert agency is not None
    assert agency.get(f"{N}Scheme") == "urn:isil"


def test_words_for_addresses_can_be_the_partners_own(stage: Stage) -> None:
    partner = replace(PARTNER, email_type="emailAddress")
    stage.use(replace(SETTINGS, partners=(partner,)))
    card = a_patron(stage.library, email="ida@example.dk")
    body = user(card) + elements("UserElementType", "User Address Information")
    answer = stage.ask(look_up_user(body))
    assert answer.findtext(f".//{N}ElectronicAddressType") == "emailAddress"


@pytest.mark.parametrize(
    "inputs",
    [
        typed("Barcode Id", "P0000001") + typed("PIN", "1234"),
        typed("PIN", "1234") + typed("Barcode", "P0000001"),
        typed("User ID", "P0000001") + typed("Password", "1234"),
        typed("username", "P0000001") + typed("password", "1234"),
        user("P0000001") + typed("pin", "1234"),
        user("P0000001") + typed("User Id", "P0000001") + typed("PIN", "1234"),
        typed("username", "P0000001"),
    ],
)
def test_a_user_is_named_in_many_ways(stage: Stage, inputs: str) -> None:
    a_patron(stage.library, "P0000001", pin_hash=PIN_HASH)
    answer = stage.ask(look_up_user(inputs))
    assert text_of(answer, "UserId/UserIdentifierValue") == "P0000001"


@pytest.mark.parametrize("wrong", ["9999", "", "12345"])
def test_a_wrong_pin(stage: Stage, wrong: str) -> None:
    a_patron(stage.library, "P0000001", pin_hash=PIN_HASH)
    body = typed("Barcode Id", "P0000001") + typed("PIN", wrong) + EVERYTHING
    answer = stage.ask(look_up_user(body))
    assert problem_types(answer) == ["User Authentication Failed"]
    assert text_of(answer, "Problem/ProblemElement") == "AuthenticationInputData"
    assert text_of(answer, "Problem/ProblemValue") is None
    assert "Ørsted" not in (answer.xpath("string()"))


def test_a_pin_does_not_open_the_record_of_another_user(stage: Stage) -> None:
    a_patron(stage.library, "P0000001", pin_hash=PIN_HASH)
    a_patron(stage.library, "P0000002", pin_hash=hashed("5678"))
    body = user("P0000002") + typed("Barcode Id", "P0000001") + typed("PIN", "1234")
    answer = stage.ask(look_up_user(body))
    assert text_of(answer, "UserId/UserIdentifierValue") == "P0000001"


@pytest.mark.parametrize(
    ("body", "kind", "element", "value"),
    [
        (user("P9999999"), "Unknown User", "UserIdentifierValue", "P9999999"),
        (typed("Barcode Id", "P9999999"), "Unknown User", "AuthenticationInputData", None),
        ("", "Needed Data Missing", "UserId", None),
        (user(""), "Needed Data Missing", "UserId", None),
        (typed("PIN", "1234"), "Needed Data Missing", "AuthenticationInputData", None),
    ],
)
def test_nobody(stage: Stage, body: str, kind: str, element: str, value: str | None) -> None:
    answer = stage.ask(look_up_user(body))
    assert problem_types(answer) == [kind]
    assert text_of(answer, "Problem/ProblemElement") == element
    assert text_of(answer, "Problem/ProblemValue") == value


def test_blocks_say_what_may_not_be_done_but_not_why(stage: Stage) -> None:
    card = a_patron(stage.library)

    def block(transaction: Transaction) -> None:
        patron = find_patron(transaction, card)
        assert patron is not None
        block_patron(
            stage.library.act(transaction, UNATTENDED),
            patron,
            BlockReason.DEBT,
            message="owes 500",
        )

    stage.library.write(block)
    wanted = elements("UserElementType", "Block Or Trap", "User Privilege")
    answer = stage.ask(look_up_user(user(card) + wanted))
    blocks = [text_of(each, "BlockOrTrapType") for each in answer.iter(f"{N}BlockOrTrap")]
    assert blocks == ["Block Check Out", "Block Renewal", "Block Request Item", "Block Recall"]
    since = answer.findtext(f".//{N}BlockOrTrap/{N}ValidFromDate")
    assert since == "2026-11-25T12:00:00+01:00"
    assert answer.findtext(f".//{N}UserPrivilegeStatusType", namespaces=None) == "adult"
    assert "BLOCKED" in [each.text for each in answer.iter(f"{N}UserPrivilegeStatusType")]
    assert "500" not in answer.xpath("string()")


def test_loans_and_requests(stage: Stage) -> None:
    card = a_patron(stage.library)
    barcodes = [an_item(stage.library, title=f"Bind {n}", on_loan_to=card) for n in range(3)]
    answer = stage.ask(
        look_up_user(
            user(card) + "<LoanedItemsDesired/><RequestedItemsDesired/><UserFiscalAccountDesired/>"
        )
    )
    assert text_of(answer, "LoanedItemsCount/LoanedItemCountValue") == "3"
    assert text_of(answer, "LoanedItemsCount/CirculationStatus") == "On Loan"
    loaned = {
        (text_of(each, "ItemId/ItemIdentifierValue"), text_of(each, "Title"))
        for each in answer.iter(f"{N}LoanedItem")
    }
    assert loaned == {(barcode, f"Bind {n}") for n, barcode in enumerate(barcodes)}
    due = datetime.fromisoformat(answer.findtext(f".//{N}LoanedItem/{N}DateDue") or "")
    assert due.utcoffset() is not None
    assert due.date() == date(2026, 12, 23)
    assert text_of(answer, "RequestedItemsCount/RequestedItemCountValue") == "0"
    assert text_of(answer, "UserFiscalAccount/AccountBalance/MonetaryValue") == "0"
    assert text_of(answer, "UserFiscalAccount/AccountBalance/CurrencyCode") == "DKK"


def test_everything_in_one_answer(stage: Stage) -> None:
    """Loans, holds, charges, blocks and privileges, as discovery and brokers want them at once."""
    library = stage.library
    card = a_patron(library, "P0000001")
    patron_id = library.read(lambda transaction: find_patron(transaction, card))
    assert patron_id is not None
    lent = [an_item(library, on_loan_to=card) for _ in range(5)]
    a_hold(library, card, an_item(library, title="Vildanden"))
    charged = CreateUserFiscalTransaction(
        asking.HEADER,
        user_id=asking.user(card),
        fiscal_transaction_information=FiscalTransactionInformation(
            fiscal_action_type=Code("Assess"),
            fiscal_transaction_type=Code("Service Charge"),
            amount=Amount(Code("DKK"), 2_500),
        ),
    )
    assert not problem_types(stage.schemas.check(stage.answer(encode(charged))))
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), patron_id, BlockReason.OTHER
        )
    )
    flags = "<LoanedItemsDesired/><RequestedItemsDesired/><UserFiscalAccountDesired/>"
    answer = stage.ask(look_up_user(user(card) + EVERYTHING + flags))
    loans = answer.findall(f"{N}LoanedItem")
    assert [text_of(each, "ItemId/ItemIdentifierValue") for each in loans] == lent
    assert text_of(answer, "LoanedItemsCount/LoanedItemCountValue") == "5"
    assert text_of(answer, "RequestedItem/Title") == "Vildanden"
    assert text_of(answer, "UserFiscalAccount/AccountBalance/MonetaryValue") == "2500"
    assert len(answer.findall(f"{N}UserFiscalAccount/{N}AccountDetails")) == 1
    fields = "UserOptionalFields/"
    assert text_of(answer, f"{fields}UserPrivilege/AgencyUserPrivilegeType") == "adult"
    assert text_of(answer, f"{fields}BlockOrTrap/BlockOrTrapType") == "Block Check Out"


def test_a_long_list_of_loans_is_cut_and_its_count_is_right(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = a_patron(stage.library)
    for _ in range(3):
        an_item(stage.library, on_loan_to=card)
    monkeypatch.setattr(lookups, "LOANED_ITEMS", 2)
    answer = stage.ask(look_up_user(user(card) + "<LoanedItemsDesired/>"))
    assert text_of(answer, "LoanedItemsCount/LoanedItemCountValue") == "3"
    assert len(list(answer.iter(f"{N}LoanedItem"))) == 2


# Items


def test_an_item_with_everything_that_is_known(stage: Stage) -> None:
    barcode = an_item(
        stage.library,
        "I0000001",
        title="Peters jul",
        author="Krohn, Johan",
        call_number="39.1 Kro",
        department="Børn",
        location="Jul",
    )
    answer = stage.ask(look_up_item(item(barcode)))
    assert text_of(answer, "ItemId/ItemIdentifierValue") == "I0000001"
    assert text_of(answer, "ItemId/ItemIdentifierType") == "Item Barcode"
    fields = answer.find(f"{N}ItemOptionalFields")
    assert fields is not None
    assert text_of(fields, "BibliographicDescription/Title") == "Peters jul"
    assert text_of(fields, "BibliographicDescription/Author") == "Krohn, Johan"
    assert text_of(fields, "CirculationStatus") == "Available On Shelf"
    assert text_of(fields, "HoldQueueLength") == "0"
    assert text_of(fields, "ItemDescription/CallNumber") == "39.1 Kro"
    assert text_of(fields, "ItemDescription/CopyNumber") == "I0000001"
    assert text_of(fields, "Location/LocationType") == "Permanent Location"
    levels = [
        (text_of(each, "LocationNameLevel"), text_of(each, "LocationNameValue"))
        for each in fields.iter(f"{N}LocationNameInstance")
    ]
    assert levels == [("1", "Hovedbiblioteket"), ("2", "Børn"), ("3", "Jul")]
    assert text_of(fields, "DateDue") is None


def test_only_the_item_elements_asked_for_are_told(stage: Stage) -> None:
    body = item(an_item(stage.library)) + elements("ItemElementType", "circulation status")
    fields = stage.ask(look_up_item(body)).find(f"{N}ItemOptionalFields")
    assert fields is not None
    assert [each.tag for each in fields] == [f"{N}CirculationStatus"]
    body = item("I0000001") + elements("ItemElementType", "Security Marker")
    assert stage.ask(look_up_item(body)).find(f"{N}ItemOptionalFields") is None


def test_an_item_on_loan_has_a_date_and_a_borrower(stage: Stage) -> None:
    card = a_patron(stage.library)
    barcode = an_item(stage.library, on_loan_to=card)
    body = look_up_item(item(barcode) + "<CurrentBorrowerDesired/>")
    answer = stage.ask(body)
    assert answer.findtext(f".//{N}CirculationStatus") == "On Loan"
    assert (answer.findtext(f".//{N}DateDue") or "").startswith("2026-12-23T")
    borrower = "ItemTransaction/CurrentBorrower/UserId/UserIdentifierValue"
    assert text_of(answer, borrower) == card
    stage.use(replace(SETTINGS, partners=(replace(PARTNER, sees_borrowers=False),)))
    assert stage.ask(body).find(f"{N}ItemTransaction") is None


def test_an_item_on_its_way(stage: Stage) -> None:
    barcode = an_item(stage.library)
    stage.library.check_in(barcode, at=stage.library.other)
    answer = stage.ask(look_up_item(item(barcode)))
    assert answer.findtext(f".//{N}CirculationStatus") == "In Transit Between Library Locations"


@pytest.mark.parametrize(
    ("body", "kind", "element", "value"),
    [
        (item("I9999999"), "Unknown Item", "ItemIdentifierValue", "I9999999"),
        (item("' or 1=1 --"), "Unknown Item", "ItemIdentifierValue", "' or 1=1 --"),
        (item(""), "Needed Data Missing", "ItemIdentifierValue", None),
        ("", "Needed Data Missing", "ItemId", None),
        (
            "<RequestId><RequestIdentifierValue>R1</RequestIdentifierValue></RequestId>",
            "Unknown Item",
            "RequestIdentifierValue",
            "R1",
        ),
    ],
)
def test_no_item(stage: Stage, body: str, kind: str, element: str, value: str | None) -> None:
    answer = stage.ask(look_up_item(body))
    assert problem_types(answer) == [kind]
    assert text_of(answer, "Problem/ProblemElement") == element
    assert text_of(answer, "Problem/ProblemValue") == value


# Versions


UNIQUE = "<UniqueAgencyId><Scheme>s</Scheme><Value>{}</Value></UniqueAgencyId>"
PARTIES = (
    f"<FromAgencyId>{UNIQUE.format('DK-1')}</FromAgencyId>"
    f"<ToAgencyId>{UNIQUE.format('DK-2')}</ToAgencyId>"
)
ASKED_OUTRIGHT = (
    f'<NCIPVersionMessage version="x"><LookupVersion>{PARTIES}</LookupVersion></NCIPVersionMessage>'
)
VERSION_3 = (
    '<NCIPMessage version="http://www.niso.org/ncip/v3_0/ncip_v3_0.xsd"><LookupItem>'
    f"<InitiationHeader>{PARTIES}</InitiationHeader></LookupItem></NCIPMessage>"
)


@pytest.mark.parametrize("document", [ASKED_OUTRIGHT, VERSION_3])
def test_versions_are_told_to_anybody(stage: Stage, document: str) -> None:
    root = stage.schemas.check(stage.answer(document.encode()))
    assert root.findtext(".//FromAgencyId/UniqueAgencyId/Value") == "DK-2"
    assert root.findtext(".//ToAgencyId/UniqueAgencyId/Value") == "DK-1"
    versions = [each.text or "" for each in root.iter("VersionSupported")]
    assert [each.rpartition("/")[2] for each in versions] == [
        "ncip_v2_02.xsd",
        "ncip_v2_01.xsd",
        "ncip_v2_0.xsd",
        "ncip_v1_01.dtd",
        "ncip_v1_0.dtd",
    ]
    assert "LookupItem" in [each.text for each in root.iter("ServiceSupported")]


def test_an_answer_to_2_0_is_valid_in_2_0(stage: Stage) -> None:
    barcode = an_item(stage.library, on_loan_to=a_patron(stage.library))
    version = "http://www.niso.org/ncip/v2_0/imp1/xsd/ncip_v2_0.xsd"
    answer = stage.answer(message(look_up_item(item(barcode)), version))
    root = stage.schemas.check(answer, "2.0")
    assert root.get(f"{N}version") == version
    stage.schemas.check(answer, "2.02")


@pytest.mark.parametrize("text", ["Name Information", " nameInformation", "NAME-INFORMATION"])
def test_types_are_compared_without_case_and_blanks(text: str) -> None:
    assert folded(text) == "nameinformation"


@change
def _describe(*, record_format: str, data: bytes, number: str | None) -> Statement:
    return update(records).values(
        format=record_format,
        data=data,
        control_number=number,
        year=1866,
    )


@pytest.mark.parametrize(
    ("kind", "tag", "content", "isbn"),
    [
        ("marc21", b"020", b"  \x1fa0-306-40615-2 (pbk.)", "9780306406157"),
        (
            "marc21",
            b"020",
            b"  \x1fz0306406152\x1fa978-87-02-00000-8 :\x1fcKr. 99",
            "9788702000008",
        ),
        ("marc21", b"021", b"  \x1fa0306406152", None),
        ("danmarc2", b"021", b"00\x1fa87-00-34216-5\x1fcib.", "9788700342163"),
        ("danmarc2", b"021", b"00\x1fe9780306406157", "9780306406157"),
        ("unimarc", b"010", b"  \x1fa0-306-40615-2", "9780306406157"),
    ],
)
def test_what_the_record_says(
    stage: Stage, kind: str, tag: bytes, content: bytes, isbn: str | None
) -> None:
    barcode = an_item(stage.library)
    data = build(b" " * 24, [(b"001", b"x1"), (tag, content)])
    stage.library.write(
        lambda transaction: _describe(transaction, record_format=kind, data=data, number="x1")
    )
    wanted = elements("ItemElementType", "Bibliographic Description")
    answer = stage.ask(look_up_item(item(barcode) + wanted))
    description = answer.find(f".//{N}BibliographicDescription")
    assert description is not None
    found = text_of(description, "BibliographicItemId/BibliographicItemIdentifier")
    code = text_of(description, "BibliographicItemId/BibliographicItemIdentifierCode")
    assert (found, code) == (isbn, isbn and "ISBN")
    number = "BibliographicRecordId/BibliographicRecordIdentifier"
    assert text_of(description, number) == "x1"
    assert text_of(description, "BibliographicRecordId/AgencyId") == "DK-900100"
    assert text_of(description, "PublicationDate") == "1866"


def test_a_look_up_leaves_nothing_to_the_collector(stage: Stage) -> None:
    """What refers to itself stays until the next collection, which then holds up everybody."""
    card, book = a_patron(stage.library), an_item(stage.library)
    documents = [message(look_up_user(user(card))), message(look_up_item(item(book)))]
    for document in documents:
        stage.answer(document)
    gc.collect()
    gc.disable()
    try:
        for document in documents * 5:
            stage.answer(document)
        assert gc.collect() == 0
    finally:
        gc.enable()
