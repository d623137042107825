"""What is known of patrons besides: guardians, messages they were sent, loans that are over."""

from __future__ import annotations

import hashlib

from circulation.moving.keys import MovedRow, remember
from circulation.notices.log import log_of
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.seals import Seal, of_patron
from tests.builders.moving import BO, IDA, OldSystem


def id_of(more: OldSystem, name: str) -> int:
    ((patron_id,),) = more.rows(f"SELECT id FROM patrons WHERE given_name = '{name}'")
    return int(patron_id)


def test_a_guardian_answers_for_a_child(more: OldSystem) -> None:
    more.write("guardians", ("2", "1"), ("2", "2"), ("2", "7"))
    more.deliver()
    found = more.rows("SELECT patron_id, guardian_id FROM patron_guardians")
    assert found == [(id_of(more, "Bo"), id_of(more, "Ida"))]
    told = {(each.place.line, each.reason) for kind, each in more.faults if kind == "guardians"}
    assert told == {(3, "nobody's own guardian"), (4, "unknown patron")}


def test_what_was_told_stands_in_the_log(more: OldSystem) -> None:
    message = ("1", "P1", "ODUE", "2026-11-21 08:00:00", "email", "Reminder", "B1")
    more.write("messages", message)
    more.deliver()
    more.deliver()
    (entry,) = more.library.read(lambda t: log_of(t, id_of(more, "Ida"))).lines
    assert (entry.kind.value, entry.state.value, entry.subject) == ("overdue", "sent", "Reminder")
    assert str(entry.sent)[:16] == "2026-11-21 07:00"


def test_history_is_kept_with_those_who_consent_alone(more: OldSystem) -> None:
    more.plan = more.plan.replace(
        'block_message = "why"', 'consents = { column = "why", values = { H = "keep_history" } }'
    )
    more.write("patrons", (*IDA[:13], "H", *IDA[14:]), (*BO[:13], *BO[14:], ""))
    past = ("B3", "2025-01-01", "2025-01-20")
    more.write("history", ("1", past[0], "P1", *past[1:]), ("2", past[0], "P2", *past[1:]))
    assert more.deliver()["history"].new == 2
    found = more.rows("SELECT patron_id FROM loans WHERE checked_in IS NOT NULL ORDER BY id")
    assert found == [(id_of(more, "Ida"),), (None,)]


def test_an_erased_patron_is_known_by_no_key(more: OldSystem) -> None:
    more.deliver()
    library = more.library
    library.write(lambda t: erase_person(library.act(t), id_of(more, "Bo")))
    assert more.rows("SELECT key FROM moved_rows WHERE kind = 'patrons'") == [("1",)]


def test_pins_come_with_their_scheme(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    digest = hashlib.md5(b"4711").hexdigest()
    old.write(
        "patrons",
        (*IDA[:15], digest, "md5", ""),
        (*BO[:15], digest[:-1], "md5", ""),
        ("3", "P3", *IDA[2:15], digest, "rot13", ""),
    )
    old.deliver()
    stored = old.rows("SELECT pin_hash FROM patrons ORDER BY id")
    assert stored == [(f"weak:md5::{digest}",), (None,), (None,)]
    assert [each.reason for kind, each in old.faults if kind == "patrons"] == [
        "no hash of its scheme, left out",
        "unknown scheme of PINs, left out",
    ]
    assert digest[:-1] not in repr(old.faults)


def test_what_a_plan_does_not_give_stays_as_it_is_here(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    old.deliver()
    number = id_of(old, "Ida")
    old.library.write(
        lambda t: (
            t.execute("UPDATE patrons SET note = 'likes maps', expires = '2027-01-01'", ()) and None
        )
    )
    old.write("patrons", (*IDA[:7], "new@example.org", *IDA[8:]), BO)
    old.deliver()
    found = old.rows(f"SELECT email, note, expires FROM patrons WHERE id = {number}")
    assert found == [("new@example.org", "likes maps", "2027-01-01")]


def test_numbers_are_sealed_of_those_who_have_one(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    seal = Seal(b"s" * 32)
    IDENTIFIERS.put(old.library.circulation, IdentifierKey(b"k" * 32, seal))
    old.write("patrons", (*IDA[:14], "120580-1234", *IDA[15:]), BO)
    assert old.deliver()["patrons"].new == 2
    ((patron_id, sealed),) = old.rows("SELECT patron_id, sealed FROM sealed_numbers")
    assert patron_id == id_of(old, "Ida")
    assert seal.opened(bytes(sealed), of_patron(patron_id)) == "1205801234"


def test_what_the_other_system_called_a_person_goes_with_them(sqlite_old: OldSystem) -> None:
    """And what is remembered under the same keys, but not under those keys of another system."""
    old = sqlite_old
    old.deliver()
    ida, bo = id_of(old, "Ida"), id_of(old, "Bo")
    kinds = ("members", "persons", "guardians", "guardians.guardian", "patrons", "items")
    rows = [MovedRow("old", kind, f"{kind} {at}", at, 0) for kind in kinds for at in (ida, bo)]
    for kind, besides in (
        ("members", "members.group"),
        ("guardians", "guardians.guardian"),
        ("guardians.guardian", "guardians"),
    ):
        for source, at in (("old", ida), ("old", bo), ("new", ida)):
            rows.append(MovedRow(source, besides, f"{kind} {at}", 7, 0))
    old.library.write(lambda transaction: remember(transaction, rows))
    old.library.write(lambda transaction: erase_person(old.library.act(transaction), bo))
    left = old.rows("SELECT source, kind, key FROM moved_rows WHERE key LIKE '% _'")
    expected = [each[:3] for each in rows if each.key.endswith(f" {ida}") or each.kind == "items"]
    assert sorted(left) == sorted(expected)


def test_without_a_key_no_national_number_is_kept(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    old.write("patrons", (*IDA[:14], "120580-1234", *IDA[15:]), BO)
    assert old.deliver()["patrons"].new == 1
    told = [(each.reason, each.detail) for kind, each in old.faults if kind == "patrons"]
    assert told == [("no key for national numbers: identifier_key", "national_id")]
