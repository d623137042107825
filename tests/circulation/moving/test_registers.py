"""Registers day by day: pupils and their classes, and what becomes of persons."""

from __future__ import annotations

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused
from circulation.patrons.consents import Consent, give_consent
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import number_of
from tests.builders.moving import OldSystem

MEMBERS = "login,cpr,first_name,last_name,born,email,school,role,class_path\n"
IDA = "idao1234,,Ida,Ørsted,2013-05-12,,151001,pupil,Islev Skole/7/7B\n"
BO = "boaa1234,0102121234,Bo,Åkjær,2012-02-01,,151001,pupil,Islev Skole/7/7B\n"
PIA = "piak1234,,Pia,Krøyer,1980-02-01,pia@example.org,151001,teacher,Islev Skole\n"
PERSONS = ("cpr", "first_name", "last_name", "care_of", "street", "number", "postal_code", "city",
           "municipality", "protected", "status")  # fmt: skip


@pytest.fixture
def register(old: OldSystem) -> OldSystem:
    IDENTIFIERS.put(old.library.circulation, IdentifierKey(b"k" * 16))
    return old


def members(register: OldSystem, *lines: str) -> tuple[int, int, int]:
    register.example("school-register", members__csv=MEMBERS + "".join(lines))
    found = register.deliver(may_be_shorter=True)["members"]
    return found.new, found.changed, found.gone


def classes(register: OldSystem) -> dict[str, str]:
    return dict(
        register.rows(
            "SELECT p.given_name, g.name FROM patron_group_members m"
            " JOIN patrons p ON p.id = m.patron_id JOIN patron_groups g ON g.id = m.group_id"
        )
    )


def test_a_school_year(register: OldSystem) -> None:
    library = register.library
    item = an_item(library)
    assert members(register, IDA, BO, PIA) == (3, 0, 0)
    assert classes(register) == {"Ida": "7B", "Bo": "7B", "Pia": "Islev Skole"}
    assert members(register, IDA, BO, PIA) == (0, 0, 0)
    assert isinstance(library.check_out("idao1234", item), CheckedOut)
    # In summer all go up, and one leaves.
    assert members(register, IDA.replace("7/7B", "8/8B"), PIA) == (0, 1, 1)
    assert classes(register) == {"Ida": "8B", "Pia": "Islev Skole"}
    library.check_in(item)
    library.pass_time(days=1)
    refused = library.check_out("boaa1234", item)
    assert isinstance(refused, Refused)
    assert refused.refusals[0].reason is Reason.PATRON_EXPIRED
    # He comes back.
    assert members(register, IDA.replace("7/7B", "8/8B"), BO, PIA) == (1, 0, 0)
    assert isinstance(library.check_out("boaa1234", item), CheckedOut)


def test_who_is_a_patron_already_is_not_registered_twice(register: OldSystem) -> None:
    card = a_patron(register.library, national_id="0102121234", family_name="Åkjær")
    assert members(register, BO) == (1, 0, 0)
    assert register.rows("SELECT count(*) FROM patrons") == [(1,)]
    assert isinstance(register.library.check_out("boaa1234", an_item(register.library)), CheckedOut)
    assert number_of(register.library, card) == number_of(register.library, "boaa1234")


def test_what_cannot_be_is_set_aside(register: OldSystem) -> None:
    wrong = PIA.replace("pia@example.org", "nobody")
    assert members(register, IDA, wrong, BO.replace("0102121234", "3902121234")) == (1, 0, 0)
    assert [each.reason for _, each in register.faults] == ["cannot be so", "cannot be so"]
    assert "3902121234" not in repr(register.faults)


def test_nobody_is_told(register: OldSystem) -> None:
    members(register, IDA, BO)
    assert len(register.rows("SELECT row_id FROM silent_rows")) == 2


def persons(register: OldSystem, *lines: str) -> tuple[int, int]:
    register.example("person-register", persons__csv="\n".join((",".join(PERSONS), *lines)))
    found = register.deliver()["persons"]
    return found.new + found.changed, found.set_aside


def test_what_the_register_of_persons_tells(register: OldSystem) -> None:
    library = register.library
    consenting = a_patron(library, national_id="0102801234")
    other = a_patron(library, national_id="0203811234")
    number = number_of(library, consenting)
    library.write(lambda t: give_consent(library.act(t), number, Consent.PERSON_REGISTRY))
    moved = "Ida Marie,Ny,,Søgade,3,2610,Rødovre,175"
    assert persons(
        register,
        f"0102801234,{moved},1,01",
        f"0203811234,{moved},,90",
        f"0304821234,{moved},,01",
    ) == (2, 1)
    assert register.rows("SELECT name, municipality, is_protected FROM patrons ORDER BY id") in (
        [("Ida Marie Ny", "175", True), ("Ida Ørsted", "", False)],
        [("Ida Marie Ny", "175", 1), ("Ida Ørsted", "", 0)],
    )
    assert register.rows("SELECT patron_id, street FROM patron_addresses") == [(number, "Søgade")]
    assert register.rows("SELECT patron_id, reason FROM patron_blocks") == [
        (number_of(library, other), "deceased")
    ]
    # The next day has others, and nobody is gone for that. A second move takes the first away.
    library.pass_time(days=1)
    assert persons(register, "0102801234,,,,Havnen,1,2610,Rødovre,,,01") == (1, 0)
    assert register.rows("SELECT street FROM patron_addresses") == [("Havnen",)]
