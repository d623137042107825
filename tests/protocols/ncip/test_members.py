"""CreateUser, UpdateUser, DeleteUser and AuthenticateUser, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database
from protocols.ncip.codec import encode
from protocols.ncip.messages import AuthenticationInput
from protocols.ncip.models.users import AuthenticateUser
from protocols.ncip.wire.dialects import VERSIONS, Dialect
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.ncip import asking
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import (
    SETTINGS,
    N,
    Schemas,
    Stage,
    elements,
    problem_types,
    text_of,
    typed,
    user,
)

NAME = (
    "<NameInformation><PersonalNameInformation><StructuredPersonalUserName><GivenName>Ida"
    "</GivenName><Surname>Brun</Surname></StructuredPersonalUserName></PersonalNameInformation>"
    "</NameInformation>"
)
ADULT = (
    "<UserPrivilege><AgencyId>DK-900100</AgencyId><AgencyUserPrivilegeType>adult"
    "</AgencyUserPrivilegeType><ValidToDate>2030-12-31T23:59:59+01:00</ValidToDate></UserPrivilege>"
)
BIRTH = "<DateOfBirth>1990-05-17T00:00:00Z</DateOfBirth>"
EVERYTHING = elements(
    "UserElementType",
    "Name Information",
    "User Address Information",
    "Date Of Birth",
    "User Language",
    "User Privilege",
    "Block Or Trap",
)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def electronic(kind: str, data: str) -> str:
    return (
        "<UserAddressInformation><UserAddressRoleType>Home</UserAddressRoleType><ElectronicAddress>"
        f"<ElectronicAddressType>{kind}</ElectronicAddressType><ElectronicAddressData>{data}"
        "</ElectronicAddressData></ElectronicAddress></UserAddressInformation>"
    )


def postal(*lines: str) -> str:
    text = "&#10;".join(lines)
    return (
        "<UserAddressInformation><UserAddressRoleType>Home</UserAddressRoleType><PhysicalAddress>"
        "<UnstructuredAddress><UnstructuredAddressType>Newline-Delimited Text"
        f"</UnstructuredAddressType><UnstructuredAddressData>{text}</UnstructuredAddressData>"
        "</UnstructuredAddress><PhysicalAddressType>Postal Address</PhysicalAddressType>"
        "</PhysicalAddress></UserAddressInformation>"
    )


def create(who: str, *more: str) -> str:
    return service("CreateUser", who, NAME, *more)


def look_up(stage: Stage, card: str) -> dict[str, list[str]]:
    answer = stage.ask(service("LookupUser", user(card), EVERYTHING))
    found: dict[str, list[str]] = {}
    for element in answer.iter():
        if element.text:
            found.setdefault(str(element.tag).removeprefix(N), []).append(element.text)
    return found


def test_a_new_user_can_borrow_with_card_and_pin(stage: Stage) -> None:
    who = typed("Barcode Id", "NEW-1") + typed("PIN", "8351")
    more = postal("Strandvej 1", "9999 Havn") + electronic("mailto", "ida@example.dk")
    answer = stage.ask(create(who, more, BIRTH, "<UserLanguage>eng</UserLanguage>", ADULT))
    assert text_of(answer, "UserId/UserIdentifierValue") == "NEW-1"
    told = look_up(stage, "NEW-1")
    assert told["Surname"] == ["Brun"]
    assert told["DateOfBirth"] == ["1990-05-17T00:00:00+00:00"]
    assert told["UserLanguage"] == ["eng"]
    assert told["ElectronicAddressData"] == ["ida@example.dk"]
    assert told["UnstructuredAddressData"] == ["Strandvej 1\n9999 Havn"]
    assert told["AgencyUserPrivilegeType"][0] == "adult"
    assert told["ValidToDate"][0].startswith("2030-12-31")
    barcode = an_item(stage.library)
    lent = service(
        "CheckOutItem",
        who,
        f"<ItemId><ItemIdentifierValue>{barcode}</ItemIdentifierValue></ItemId>",
    )
    assert not problem_types(stage.ask(lent))
    assert problem_types(stage.ask(create(user("NEW-1"), ADULT))) == ["Duplicate User"]


def test_a_user_without_a_number_gets_one(stage: Stage) -> None:
    card = text_of(stage.ask(create("", ADULT)), "UserId/UserIdentifierValue")
    assert card
    assert look_up(stage, card)["Surname"] == ["Brun"]


def test_a_user_who_is_blocked_from_the_beginning(stage: Stage) -> None:
    block = (
        "<BlockOrTrap><AgencyId>DK-1</AgencyId><BlockOrTrapType>Block Check Out</BlockOrTrapType>"
        "</BlockOrTrap>"
    )
    stage.ask(create(user("NEW-1"), ADULT, block))
    assert "Block Check Out" in look_up(stage, "NEW-1")["BlockOrTrapType"]
    gone = f"<DeleteUserFields>{block}</DeleteUserFields>"
    assert not problem_types(stage.ask(service("UpdateUser", user("NEW-1"), gone)))
    assert "BlockOrTrapType" not in look_up(stage, "NEW-1")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("", "Needed Data Missing"),
        (electronic("fax", "1") + ADULT, "Element Rule Violated"),
        ("<UserLanguage>xxx</UserLanguage>" + ADULT, "Element Rule Violated"),
    ],
)
def test_no_user_comes_of_that(stage: Stage, more: str, problem: str) -> None:
    assert problem_types(stage.ask(create(user("NEW-1"), more))) == [problem]
    assert problem_types(stage.ask(service("LookupUser", user("NEW-1")))) == ["Unknown User"]


def test_a_pin_that_is_too_easy(stage: Stage) -> None:
    who = typed("Barcode Id", "NEW-1") + typed("PIN", "1111")
    answer = stage.ask(create(who, ADULT))
    assert problem_types(answer) == ["Element Rule Violated"]
    text = "".join(answer.itertext())
    assert "1111" not in text
    assert "a PIN does not repeat one character" in text


def test_a_user_is_changed(stage: Stage) -> None:
    card = a_patron(stage.library, email="old@example.dk", phone="12345678")
    added = f"<AddUserFields>{NAME}{electronic('mailto', 'new@example.dk')}</AddUserFields>"
    deleted = f"<DeleteUserFields>{electronic('tel', '12345678')}</DeleteUserFields>"
    assert not problem_types(stage.ask(service("UpdateUser", user(card), deleted, added)))
    told = look_up(stage, card)
    assert told["Surname"] == ["Brun"]
    assert told["ElectronicAddressData"] == ["new@example.dk"]


def test_what_cannot_be_is_refused_together_with_the_elements_at_fault(stage: Stage) -> None:
    card = a_patron(stage.library)
    added = (
        f"<AddUserFields>{electronic('mailto', 'nonsense')}{electronic('tel', 'abc')}"
        "<DateOfBirth>2085-01-01T00:00:00Z</DateOfBirth></AddUserFields>"
    )
    answer = stage.ask(service("UpdateUser", user(card), added))
    assert problem_types(answer) == ["Unable To Add Element"] * 3
    assert look_up(stage, card).get("ElectronicAddressData", []) == []


def test_a_new_pin_needs_the_old_one_where_it_is_given(stage: Stage) -> None:
    card = a_patron(stage.library, pin_hash=hashed("8351"))
    added = f"<AddUserFields>{typed('PIN', '7294')}</AddUserFields>"
    wrong = typed("Barcode Id", card) + typed("PIN", "0000")
    right = typed("Barcode Id", card) + typed("PIN", "8351")
    assert problem_types(stage.ask(service("UpdateUser", wrong, added))) == [
        "User Authentication Failed"
    ]
    assert not problem_types(stage.ask(service("UpdateUser", right, added)))
    new = typed("Barcode Id", card) + typed("PIN", "7294")
    assert not problem_types(stage.ask(service("LookupUser", new)))


def test_what_every_user_has_is_not_taken_away(stage: Stage) -> None:
    card = a_patron(stage.library)
    gone = f"<DeleteUserFields>{NAME}{BIRTH}</DeleteUserFields>"
    answer = stage.ask(service("UpdateUser", user(card), gone))
    assert problem_types(answer) == ["Unable To Delete Element"]


def test_a_user_goes_when_nothing_is_open(stage: Stage) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    stage.library.check_out(card, barcode)
    assert problem_types(stage.ask(service("DeleteUser", user(card)))) == ["User Access Denied"]
    stage.library.check_in(barcode)
    assert not problem_types(stage.ask(service("DeleteUser", user(card))))
    assert problem_types(stage.ask(service("DeleteUser", user(card)))) == ["Unknown User"]


@pytest.mark.parametrize(
    ("inputs", "problems"),
    [
        (asking.typed("P0000001"), []),
        (asking.typed("P0000001", "0000"), ["User Authentication Failed"]),
        (asking.typed("P0000009"), ["Unknown User"]),
        (asking.typed("P0000001")[:1], ["Needed Data Missing"]),
        (asking.typed("P0000001")[1:], ["Needed Data Missing"]),
    ],
    ids=["right", "wrong PIN", "nobody", "no PIN", "no card"],
)
def test_credentials_in_version_1(
    stage: Stage, inputs: tuple[AuthenticationInput, ...], problems: list[str]
) -> None:
    a_patron(stage.library, "P0000001", pin_hash=asking.PIN_HASH)
    asked = AuthenticateUser(asking.HEADER, inputs)
    answer = stage.schemas.check(stage.answer(encode(asked, Dialect((1, 0), VERSIONS[1, 0]))))
    assert problem_types(answer) == problems
    assert (answer.findtext(".//UserIdentifierValue") == "P0000001") == (not problems)
