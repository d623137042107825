"""Registers day by day: pupils and their classes, and what becomes of persons."""

from __future__ import annotations

from datetime import date

import pytest

from catalogue.database import Transaction
from circulation.accounts.status import patron_status
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused
from circulation.moving.example_plans import read_example
from circulation.patrons.changes import change_patron
from circulation.patrons.consents import give_consent
from circulation.patrons.groups import add_group, join_group
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.kinds import Consent
from circulation.patrons.personal_erasure import erase_person
from tests.builders.bookings import a_booking, a_set
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import charge, number_of, total
from tests.builders.holds import a_hold, outcome_of, shelf
from tests.builders.moving import OldSystem

EXAMPLE = read_example("school-register")

MEMBERS = "login,cpr,first_name,last_name,born,email,school,role,class_path,protected\n"
IDA = "idao1234,,Ida,Ørsted,2013-05-12,,151001,pupil,Islev Skole/7/7B,\n"
BO = "boaa1234,0102121234,Bo,Åkjær,2012-02-01,,151001,pupil,Islev Skole/7/7B,\n"
PIA = "piak1234,,Pia,Krøyer,1980-02-01,pia@example.org,151001,teacher,Islev Skole,\n"
PARENT = "0203801234"
PERSONS = ("cpr", "changed", "first_name", "last_name", "care_of", "street", "number",
           "postal_code", "city", "municipality", "protected", "status", "new_cpr")  # fmt: skip


@pytest.fixture
def register(old: OldSystem) -> OldSystem:
    IDENTIFIERS.put(old.library.circulation, IdentifierKey(b"k" * 16))
    return old


def members(
    register: OldSystem, *lines: str, custody: str = "", may_be_shorter: bool = True
) -> tuple[int, int, int]:
    register.example(
        "school-register",
        members__csv=MEMBERS + "".join(lines),
        guardians__csv=f"child,guardian,sees_account\n{custody}",
    )
    found = register.deliver(may_be_shorter=may_be_shorter)["members"]
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


def test_a_leaver_keeps_what_is_theirs(register: OldSystem) -> None:
    library = register.library
    members(register, IDA, BO)
    lent, wanted = an_item(library), an_item(library)
    library.check_out("boaa1234", lent)
    charge(library, "boaa1234", 5000)
    members(register, IDA)
    assert register.rows("SELECT checked_in FROM loans") == [(None,)]
    assert total(library, "boaa1234") == 5000
    library.pass_time(days=1)
    assert isinstance(library.check_out("boaa1234", wanted), Refused)
    assert library.check_in(lent).was_on_loan


def test_who_belongs_to_another_library_stays_what_they_are_there(register: OldSystem) -> None:
    library = register.library
    card = a_patron(
        library,
        national_id="0102121234",
        category="adult",
        family_name="Åkjær-Holm",
        home_branch=library.other.id,
    )
    members(register, BO)
    mine = "SELECT category, family_name, home_branch_id, expires FROM patrons"
    before = [("adult", "Åkjær-Holm", library.other.id, None)]
    assert register.rows(mine) == before
    assert classes(register) == {"Ida": "7B"}
    members(register)  # and has left the school
    assert register.rows(mine) == before
    assert classes(register) == {}
    library.pass_time(days=400)
    assert isinstance(library.check_out(card, an_item(library)), CheckedOut)


def test_a_teacher_of_two_schools_leaves_one_of_them(register: OldSystem) -> None:
    both = EXAMPLE.replace('151001 = "DK-900101"', '151001 = "DK-900101"\n151002 = "DK-900102"')
    there = PIA.replace("151001", "151002").replace("Islev Skole", "Rødovre Skole")
    register.example("school-register", guardians__csv="child,guardian,sees_account\n")
    register.plan = both
    for lines in ((PIA, there), (there,), ()):
        (register.folder / "members.csv").write_text(MEMBERS + "".join(lines), encoding="utf-8")
        register.deliver(may_be_shorter=True)
        expires = register.rows("SELECT expires FROM patrons")
        assert (expires == [(None,)]) is bool(lines)
        assert len(classes(register)) == bool(lines)
    assert register.rows("SELECT count(*) FROM patrons") == [(1,)]


def test_groups_that_staff_have_made_are_none_of_the_registers(register: OldSystem) -> None:
    library = register.library
    members(register, IDA)
    number = number_of(library, "idao1234")

    def joins(transaction: Transaction) -> None:
        act = library.act(transaction)
        join_group(act, add_group(transaction, act.desk.agency_id, "Læseklub"), number)

    library.write(joins)
    members(register, IDA.replace("7/7B", "8/8B"))
    names = register.rows(
        "SELECT g.name FROM patron_group_members m JOIN patron_groups g ON g.id = m.group_id"
    )
    assert sorted(names) == [("8B",), ("Læseklub",)]


def test_an_address_of_ones_own_is_kept_when_the_class_changes(register: OldSystem) -> None:
    library = register.library
    members(register, PIA)
    number = number_of(library, "piak1234")
    library.write(lambda t: change_patron(library.act(t), number, {"email": "own@example.org"}))
    members(register, PIA.replace("Islev Skole", "Islev Skole/7"))
    assert register.rows("SELECT email FROM patrons") == [("own@example.org",)]


def test_the_numbers_of_two_patrons_in_one_row(register: OldSystem) -> None:
    library = register.library
    a_patron(library, national_id="0102121234")
    a_patron(library, "boaa1234")
    assert members(register, BO) == (0, 0, 0)
    assert [each.detail for _, each in register.faults] == ["login, national_id"]


def test_of_a_row_that_is_set_aside_nothing_is_in(register: OldSystem) -> None:
    deep = "/".join(str(number) for number in range(20))
    assert members(register, IDA.replace("Islev Skole/7/7B", deep)) == (0, 0, 0)
    assert register.rows("SELECT count(*) FROM patrons") == [(0,)]
    assert register.rows("SELECT count(*) FROM patron_groups") == [(0,)]


def test_guardians_as_long_as_the_register_has_them(register: OldSystem) -> None:
    library = register.library
    parent = a_patron(library, national_id=PARENT, birth_date=date(1980, 3, 2))
    custody = f"boaa1234,{PARENT},1\nboaa1234,0404801234,0\n"
    members(register, BO, custody=custody)
    found = register.rows("SELECT patron_id, guardian_id, sees_account FROM patron_guardians")
    assert found == [(number_of(library, "boaa1234"), number_of(library, parent), True)]
    assert [(kind, each.reason) for kind, each in register.faults] == [
        ("guardians", "unknown patron")
    ]
    added = "SELECT count(*) FROM events WHERE kind = 'guardian_added'"
    assert register.rows(added) == [(1,)]
    members(register, BO, custody=custody)
    assert register.rows(added) == [(1,)]
    members(register, BO)
    assert register.rows("SELECT count(*) FROM patron_guardians") == [(0,)]


def test_a_school_that_is_missing_stops_the_delivery(register: OldSystem) -> None:
    pupils = [IDA.replace("idao", f"p{number:03}") for number in range(30)]
    others = [each.replace("p0", "q0").replace("151001", "151002") for each in pupils]
    plan = EXAMPLE.replace('151001 = "DK-900101"', '151001 = "DK-900101"\n151002 = "DK-900102"')
    register.example("school-register", guardians__csv="child,guardian,sees_account\n")
    register.plan = plan.replace("least = 0.95", "least = 0.5")
    for lines, stopped in (
        ([*pupils, *others], ""),
        ([*pupils, *others[:10]], "10 rows of DK-900102, and 30 the last time"),
        (pupils, "0 rows of DK-900102"),
        ([*pupils[:5], *others], "5 rows of DK-900101"),
        ([*pupils, *others[1:]], ""),
    ):
        (register.folder / "members.csv").write_text(MEMBERS + "".join(lines), encoding="utf-8")
        report = register.deliver()["members"]
        assert report.stopped.startswith(stopped)
        assert bool(report.stopped) is bool(stopped)
    assert register.rows("SELECT count(*) FROM patrons WHERE expires IS NOT NULL") == [(1,)]


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
    moved = "11-25,Ida Marie,Ny,,Søgade,3,2610,Rødovre,175"
    day = (
        f"0102801234,{moved},1,01,",
        f"0203811234,{moved},,90,",
        f"0304821234,{moved},,01,",
    )
    assert persons(register, *day) == (2, 1)
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
    again = "0102801234,11-26,,,,Havnen,1,2610,Rødovre,,,01,"
    assert persons(register, again) == (1, 0)
    assert register.rows("SELECT street FROM patron_addresses") == [("Havnen",)]
    # What was told before is told once more, before it or after it: it is not done again.
    events = register.rows("SELECT count(*) FROM events")
    assert persons(register, again, *day) == (0, 1)
    assert register.rows("SELECT street FROM patron_addresses") == [("Havnen",)]
    assert register.rows("SELECT count(*) FROM events") == events


def test_two_changes_of_one_person_in_one_delivery(register: OldSystem) -> None:
    library = register.library
    number = number_of(library, a_patron(library, national_id="0102801234"))
    library.write(lambda t: give_consent(library.act(t), number, Consent.PERSON_REGISTRY))
    name, street = "0102801234,11-24,Eva,,,,,,,,,,", "0102801234,11-25,,,,Havnen,1,2610,Øst,,,,"
    assert persons(register, name, street) == (2, 0)
    assert register.rows("SELECT given_name FROM patrons") == [("Eva",)]
    assert register.rows("SELECT street FROM patron_addresses") == [("Havnen",)]


def test_a_death_closes_what_must_be_closed(register: OldSystem) -> None:
    library = register.library
    library.policy(bookable=True, loan_days=28)
    card, heir = a_patron(library, national_id="0102801234"), a_patron(library)
    lent, wanted = an_item(library), an_item(library, title="Ready for her")
    other = an_item(library, title="For one, then the next")
    library.check_out(card, lent)
    charge(library, card, 5000)
    first, shelved = (a_hold(library, card, of=each).hold for each in (other, wanted))
    library.check_in(wanted)
    second = a_hold(library, heir, of=wanted).hold
    assert shelf(library)[0].hold.id == shelved.id
    booked = a_booking(library, card, a_set(library, 3)[0], 10, 20)
    assert persons(register, "0102801234,11-25,,,,,,,,,,90,") == (1, 0)
    assert outcome_of(library, first) == outcome_of(library, shelved) == "cancelled"
    assert outcome_of(library, second) is None
    assert register.rows(f"SELECT outcome FROM bookings WHERE id = {booked.id}") == [("cancelled",)]
    assert register.rows("SELECT checked_in FROM loans") == [(None,)]
    assert total(library, card) == 5000
    assert isinstance(library.check_out(card, other), Refused)
    assert register.rows("SELECT count(*) FROM notice_messages") == [(0,)]
    # It was said by mistake.
    assert persons(register, "0102801234,11-26,,,,,,,,,,01,") == (1, 0)
    assert register.rows("SELECT count(*) FROM patron_blocks") == [(0,)]


def test_somebody_has_another_number(register: OldSystem) -> None:
    library = register.library
    card = a_patron(library, national_id="0102801234")
    number = number_of(library, card)
    taken = a_patron(library, national_id="0505801234")
    change = "0102801234,11-25,,,,,,,,,,,0102805678"
    assert persons(register, change, f"{change[:-10].replace('25', '26')}0505801234") == (1, 1)
    assert persons(register, change) == (0, 0)
    stored = IDENTIFIERS.of(library.circulation).stored
    assert number_of(library, stored("0102805678")) == number
    assert number_of(library, stored("0505801234")) == number_of(library, taken)
    assert isinstance(library.check_out("0102805678", an_item(library)), CheckedOut)
    assert isinstance(library.check_out("0102801234", an_item(library)), Refused)
    assert persons(register, "0102801234,11-27,,,,,,,,,1,,") == (1, 0)  # by the old one still


def test_custody_begins_and_ends(register: OldSystem) -> None:
    library = register.library
    a_patron(library, national_id="0102121234", birth_date=date(2012, 2, 1))
    a_patron(library, national_id=PARENT, birth_date=date(1980, 3, 2))
    for line, there in ((f"0102121234,{PARENT},11-25,", 1), (f"0102121234,{PARENT},11-26,1", 0)):
        register.example("person-register", custody__csv=f"child,guardian,changed,ended\n{line}\n")
        register.deliver()
        assert register.rows("SELECT count(*) FROM patron_guardians") == [(there,)]
    told = {each.reason for _, each in register.faults}
    assert told == set()


def test_a_protected_address_is_told_to_nobody_without_the_right(register: OldSystem) -> None:
    library = register.library
    members(register, PIA.replace(",\n", ",1\n"))
    number = number_of(library, "piak1234")
    assert register.rows("SELECT is_protected FROM patrons") in ([(True,)], [(1,)])
    seen = library.read(lambda t: patron_status(library.act(t), patron="piak1234"))
    assert not isinstance(seen, Refused)
    assert (seen.patron.id, seen.email, seen.phone) == (number, "", "")


def test_an_erased_pupil_is_known_by_no_key(register: OldSystem) -> None:
    library = register.library
    a_patron(library, national_id=PARENT, birth_date=date(1980, 3, 2))
    members(register, BO, custody=f"boaa1234,{PARENT},1\n")
    number = number_of(library, "boaa1234")
    library.write(lambda t: erase_person(library.act(t), number))
    assert register.rows("SELECT kind, key FROM moved_rows") == []
