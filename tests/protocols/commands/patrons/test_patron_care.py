"""What a desk changes of a patron: `tiro patron change`, `card`, `contact`, `guardian`, `consent`,
and `tiro group`."""

from __future__ import annotations

import getpass
import json
from datetime import date, timedelta

import pytest

from circulation.callers.replies import keep_reply, reply_key
from circulation.kernel.events import Event, EventKind
from circulation.kernel.results import UNATTENDED, Refused
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import a_patron, an_item, events_of_patron
from tests.builders.staff import Staff


def happened(staff: Staff, card: str) -> list[Event]:
    patron_id = staff.library.read(lambda transaction: find_patron(transaction, card))
    assert patron_id is not None
    return staff.library.read(
        lambda transaction: events_of_patron(transaction, patron_id=patron_id)
    )


def test_what_is_written_is_changed_and_the_rest_stays(staff: Staff) -> None:
    card = a_patron(staff.library, email="old@example.org", phone="+4528000000")
    changed = staff.json(
        *("patron", "change", card, "--email", "new@example.org", "--family-name", "Dahl"),
        *("--language", "en", "--expires", "2030-12-31", "--at", "DK-900102"),
    )
    details = changed["details"]
    assert (details["name"], details["email"]) == ("Ida Dahl", "new@example.org")
    assert (details["phone"], details["category"]) == ("+4528000000", "adult")
    assert details["home_branch"]["isil"] == "DK-900102"
    assert (details["language"], details["expires"]) == ("en", "2030-12-31")
    assert staff.json("patron", "show", card) == changed
    again = staff.json("patron", "change", card, "--never-expires", "--phone", "")
    details = again["details"]
    assert (details["expires"], details["phone"], details["email"]) == (None, "", "new@example.org")
    before = happened(staff, card)
    assert staff.json("patron", "change", card) == again
    assert happened(staff, card) == before  # nothing has happened
    changed_by = [event.actor for event in before if event.kind is EventKind.PATRON_CHANGED]
    assert changed_by == [getpass.getuser()] * len(changed_by)
    assert changed_by


def test_what_a_patron_prefers(staff: Staff) -> None:
    card = a_patron(staff.library)
    wish = ("--pickup", "DK-900102", "--interest-days", "90")
    chosen = staff.json("patron", "preferences", card, *wish)
    assert (chosen["pickup_branch"]["isil"], chosen["interest_days"]) == ("DK-900102", 90)
    assert staff.json("patron", "preferences", card) == chosen
    fewer = staff.json("patron", "preferences", card, "--interest-days", "9")
    assert fewer == chosen | {"interest_days": 9}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "DK-90010"), "Did you mean DK-90010"),
        (("--born", "31-12-1990"), "2027-03-31"),
        (("--expires", "2030-01-01", "--never-expires"), "two things"),
    ],
)
def test_a_slip_changes_nothing(staff: Staff, arguments: tuple[str, ...], words: str) -> None:
    card = a_patron(staff.library)
    refused = staff.run("patron", "change", card, "--given-name", "Bo", *arguments)
    assert refused.exit_code in (1, 2)
    assert words in refused.output
    assert staff.json("patron", "show", card)["details"]["name"] == "Ida Ørsted"


def test_a_lost_card_is_blocked_and_found_again(staff: Staff) -> None:
    card, item = a_patron(staff.library), an_item(staff.library)
    second = staff.json("patron", "card", "add", card, "P-SECOND", "--expires", "2031-01-01")
    assert [each["shown"] for each in second["identifiers"]] == [card, "P-SECOND"]
    blocked = staff.json("patron", "card", "block", card, "--reason", "stolen")
    assert [each["blocked"] for each in blocked["identifiers"]] == ["stolen", None]
    assert isinstance(staff.library.check_out(card, item), Refused)
    assert not isinstance(staff.library.check_out("P-SECOND", item), Refused)
    found = staff.json("patron", "card", "unblock", card)
    assert [each["blocked"] for each in found["identifiers"]] == [None, None]
    past = staff.library.today - timedelta(days=3)
    expired = staff.json("patron", "card", "expires", "P-SECOND", f"{past}")
    assert [each["expires"] for each in expired["identifiers"]] == [None, f"{past}"]
    assert isinstance(staff.library.check_out("P-SECOND", an_item(staff.library)), Refused)
    for_ever = staff.json("patron", "card", "expires", "P-SECOND")
    assert [each["expires"] for each in for_ever["identifiers"]] == [None, None]


def test_a_new_card_for_an_old_one(staff: Staff) -> None:
    card, other = a_patron(staff.library), a_patron(staff.library)
    replaced = staff.json("patron", "card", "replace", card, "P-NEW")
    assert [(each["shown"], each["blocked"]) for each in replaced["identifiers"]] == [
        (card, "replaced"),
        ("P-NEW", None),
    ]
    taken = staff.run("patron", "card", "replace", "P-NEW", other)
    assert taken.exit_code == 1
    assert "belongs to a patron already" in taken.output
    shown = staff.json("patron", "show", "P-NEW")["identifiers"]
    assert [each["blocked"] for each in shown] == ["replaced", None]  # all or nothing


def test_a_national_number_is_added_and_never_shown(staff: Staff) -> None:
    card = a_patron(staff.library)
    said = staff.run("patron", "card", "add", card, "251248-4916", "--kind", "national_id")
    assert "4916" not in said.output
    shown = staff.json("patron", "show", "2512484916")["identifiers"]
    assert [each["shown"] for each in shown] == [card, "251248-xxxx"]


def test_an_address_is_added_verified_and_forgotten(staff: Staff) -> None:
    card = a_patron(staff.library)
    (added,) = staff.json("patron", "contact", "add", card, "email", "ida@example.org")["contacts"]
    assert (added["kind"], added["verified"]) == ("email", None)
    (verified,) = staff.json("patron", "contact", "verify", card, "ida@example.org")["contacts"]
    assert verified["verified"]
    wrong = staff.run("patron", "contact", "remove", card, "bo@example.org")
    assert wrong.exit_code == 1
    assert "no such address" in wrong.output
    assert staff.json("patron", "contact", "list", card)["contacts"] == [verified]
    removed = staff.json("patron", "contact", "remove", card, "ida@example.org")
    assert removed["contacts"] == []


def test_a_guardian_answers_for_a_child(staff: Staff) -> None:
    child = a_patron(staff.library, category="child", birth_date=date(2020, 5, 1))
    parent = a_patron(staff.library, given_name="Bo", birth_date=date(1985, 1, 1))
    shown = staff.json("patron", "guardian", "add", child, parent, "--sees-account")
    (guardian,) = shown["guardians"]
    assert (guardian["name"], guardian["sees_account"]) == ("Bo Ørsted", True)
    (ward,) = staff.json("patron", "show", parent)["wards"]
    assert ward["name"] == "Ida Ørsted"
    for wrong, words in (
        ((child, parent), "known already"),
        ((parent, child), "grown up"),
        ((child, "P-NOBODY"), "no patron has"),
    ):
        refused = staff.run("patron", "guardian", "add", *wrong)
        assert refused.exit_code == 1
        assert words in refused.output
    assert staff.json("patron", "guardian", "remove", child, parent)["guardians"] == []
    assert staff.run("patron", "guardian", "remove", child, parent).exit_code == 1


def test_a_consent_is_given_and_withdrawn(staff: Staff) -> None:
    card = a_patron(staff.library)
    given = staff.json("patron", "consent", "give", card, "keep_history")["consents"]
    assert list(given) == ["keep_history"]
    assert staff.json("patron", "consent", "give", card, "keep_history")["consents"] == given
    assert staff.json("patron", "show", card)["consents"] == given
    assert staff.json("patron", "consent", "withdraw", card, "keep_history")["consents"] == {}


def test_a_class_of_a_school(staff: Staff) -> None:
    here = ("--at", "DK-900101")
    school = staff.json("group", "add", "Møllevang Skole", *here)["group"]
    group = staff.json("group", "add", "9b", *here, "--under", f"{school}")["group"]
    pupils = [a_patron(staff.library, given_name=name) for name in ("Bo", "Anna")]
    joined = staff.json("group", "join", f"{group}", *pupils)
    assert [each["changed"] for each in joined] == [True, True]
    assert staff.json("group", "join", f"{group}", pupils[0])[0]["changed"] is False
    listed = {
        each["name"]: each["members"] for each in staff.json("group", "list", *here)["groups"]
    }
    assert listed == {"Møllevang Skole": 0, "9b": 2}
    names = [each["name"] for each in staff.json("group", "members", f"{school}")["members"]]
    assert names == ["Anna Ørsted", "Bo Ørsted"]
    assert staff.json("group", "leave", f"{group}", pupils[1])[0]["changed"] is True
    (left,) = staff.json("group", "members", f"{group}")["members"]
    assert left["card"] == pupils[0]
    for wrong, words in (
        (("add", "9b", *here, "--under", f"{school}"), "already"),
        (("join", "4711", pupils[0]), "no such thing here. (/groups/4711"),
        (("join", f"{group}", "P-NOBODY"), "no patron"),
        (("list", "--at", "DK-90010"), "Did you mean"),
    ):
        refused = staff.run("group", *wrong)
        assert refused.exit_code in (1, 2)
        assert words in refused.output


def test_loans_are_counted(staff: Staff) -> None:
    library = staff.library
    yesterday = library.today - timedelta(days=1)
    library.pass_time(days=-1)
    card, items = a_patron(library), [an_item(library) for _ in range(3)]
    for item in items:
        library.check_out(card, item)
    library.check_in(items[0])
    assert staff.json("statistics", "--from", f"{yesterday}") == {"lines": []}  # not counted yet
    assert staff.run("jobs", "run", "statistics", "--date", f"{yesterday}").exit_code == 0
    counted = staff.json("statistics", "--from", f"{yesterday}")["lines"]
    assert [(each["kind"], each["number"]) for each in counted] == [
        ("checked_in", 1),
        ("checked_out", 3),
    ]
    by = ("--by", "branch", "--by", "kind", "--by", "category")
    figures = staff.json("statistics", "--from", f"{yesterday}", *by)["lines"]
    assert ("DK-900101", "checked_out", "adult", 3) in [
        (each["branch"], each["kind"], each["category"], each["number"]) for each in figures
    ]
    earlier = ("--from", "2020-01-01", "--until", "2020-12-31")
    assert staff.json("statistics", *earlier)["lines"] == []


def test_who_has_used_a_kiosk_is_exported(staff: Staff) -> None:
    card = a_patron(staff.library)
    staff.library.write(
        lambda transaction: keep_reply(
            staff.library.act(transaction, UNATTENDED),
            reply_key("kiosk", "secret", b"63"),
            "64 Åse".encode(),
            patron=card,
        )
    )
    result = staff.run("patron", "export", card)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["replies"][0]["answer"] == "64 Åse"


def test_what_cannot_be_so_is_refused_in_one_go(staff: Staff) -> None:
    refused = staff.run(
        *("patron", "add", "--card", "C-7", "--given-name", "Bo", "--category", "adult"),
        *("--at", "DK-900101", "--born", "2085-01-01", "--email", "nonsense"),
        *("--phone", "abc", "--language", "dk", "--cpr", "310299-1234"),
    )
    assert refused.exit_code == 2
    for words in ("future", "'nonsense' is no", "'abc' is no", "no language 'dk'", "DDMMYY-SSSS"):
        assert words in refused.output
    assert staff.run("patron", "show", "C-7").exit_code == 1
    kind = staff.run("patron", "card", "add", a_patron(staff.library), "X", "--kind", "cprr")
    assert kind.exit_code == 2
    assert "national_id" in kind.output


def test_whoever_types_a_national_number_reads_the_card(staff: Staff) -> None:
    added = staff.json(
        *("patron", "add", "--card", "C-8", "--given-name", "Bo", "--category", "adult"),
        *("--at", "DK-900101", "--phone", "28 00 00 08", "--cpr", "010190-1234"),
    )
    details = added["details"]
    assert (details["birth_date"], details["phone"]) == ("1990-01-01", "+4528000008")
    assert [each["shown"] for each in added["identifiers"]] == ["C-8", "010190-xxxx"]
    for said in (
        staff.json("patron", "show", "0101901234"),
        staff.json("patron", "block", "0101901234"),
        staff.json("patron", "pin", "010190-1234", "--remove"),
    ):
        assert said["card"] == "C-8"


def test_the_municipality_can_be_changed(staff: Staff) -> None:
    card = a_patron(staff.library, municipality="101")
    assert staff.json("patron", "show", card)["details"]["municipality"] == "101"
    changed = staff.json("patron", "change", card, "--municipality", "147")
    assert changed["details"]["municipality"] == "147"
    assert happened(staff, card)[-1].after == {"municipality": "147"}
    assert staff.json("patron", "show", card) == changed
