"""Cutting history, consents, export, erasure, (statement 18 of the domain)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.jobs.running import run_job
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import at_command_line
from circulation.kernel.schema import events
from circulation.loans.lost import declare_lost
from circulation.loans.privacy import BATCH, DEFAULT_DAYS, cut_history, set_history_days
from circulation.loans.statistics import loans_by
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.consents import consents_of, give_consent, withdraw_consent
from circulation.patrons.contacts import Preferences, add_contact, set_preferences
from circulation.patrons.guardians import add_guardian
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier, find_patron
from circulation.patrons.kinds import Consent, ContactKind
from circulation.patrons.personal_data import references
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.personal_export import export_person
from circulation.staff.lookups import Seen, looked_at, note_lookups
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.holds import a_hold, cancel
from tests.builders.pins import hashed


@many(tuple[str | None, str | None])
def _texts() -> Statement:
    return select(events.c.before, events.c.after)


def number_of(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def lent_and_returned(library: Library, card: str) -> str:
    barcode = an_item(library, on_loan_to=card)
    library.check_in(barcode)
    return barcode


def names(library: Library, barcode: str) -> list[int | None]:
    """Whom the events of the item name."""
    return [event.patron_id for event in library.events_of(barcode)]


def cut(library: Library, day: date | None = None) -> int:
    done = run_job(
        library.circulation,
        library.database,
        "history",
        day=day or library.today,
        now=library.now,
    )
    return done.counts["loans cut"]


def figures(library: Library) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for row in library.read(
            lambda transaction: loans_by(
                transaction,
                ("day", "kind", "age_band", "municipality"),
                first=date(2026, 1, 1),
                last=date(2027, 12, 31),
            )
        )
    ]


def count(library: Library, day: date) -> None:
    run_job(library.circulation, library.database, "statistics", day=day, now=library.now)


def test_history_is_cut_from_the_person_after_28_days_and_statistics_stay(
    library: Library,
) -> None:
    """Statement 18: timed purge after 28 days; statistics are unaffected."""
    card = a_patron(library, birth_date=date(2017, 5, 1), municipality="101")
    first_day, number = library.today, number_of(library, card)
    barcode = lent_and_returned(library, card)
    count(library, first_day)
    before = figures(library)
    assert {row[5:7] for row in before} == {("7-10", "101"), ("", "")}
    library.pass_time(days=DEFAULT_DAYS)
    assert cut(library) == 0
    assert names(library, barcode) == [number, number]
    library.pass_time(days=1)
    assert cut(library) == 1
    assert cut(library) == 0
    assert names(library, barcode) == [None, None]
    count(library, first_day)
    assert figures(library) == before


def test_any_past_day_can_be_run(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    lent_and_returned(library, card)
    returned = library.today
    library.pass_time(days=100)
    assert cut(library, returned + timedelta(DEFAULT_DAYS - 1)) == 0
    assert cut(library, returned + timedelta(DEFAULT_DAYS + 1)) == 1


def test_open_loans_are_never_cut(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=300)
    assert cut(library) == 0
    assert None not in names(library, barcode)


def test_consent_keeps_and_its_withdrawal_deletes(library: Library) -> None:
    """Statement 18: withdrawal of consent deletes at once."""
    card = a_patron(library)
    number = number_of(library, card)
    library.write(
        lambda transaction: give_consent(
            library.act(transaction, UNATTENDED), number, Consent.KEEP_HISTORY
        )
    )
    barcode = lent_and_returned(library, card)
    library.pass_time(days=400)
    assert cut(library) == 0
    still = an_item(library, on_loan_to=card)
    fresh = lent_and_returned(library, card)

    def withdraw() -> bool:
        return library.write(
            lambda transaction: withdraw_consent(
                library.act(transaction, UNATTENDED), number, Consent.KEEP_HISTORY
            )
        )

    assert withdraw()
    assert names(library, barcode) == [None, None]
    assert names(library, fresh) == [None, None]
    assert names(library, still) == [number]
    assert not withdraw()
    assert library.read(lambda transaction: consents_of(transaction, number)) == {}
    kinds = [
        event.kind
        for event in library.read(
            lambda transaction: events_of_patron(transaction, patron_id=number)
        )
    ]
    assert EventKind.CONSENT_WITHDRAWN in kinds


def test_what_is_owed_for_is_kept(library: Library) -> None:
    card = a_patron(library)
    number = number_of(library, card)
    lent_and_returned(library, card)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.DEBT
        )
    )
    library.pass_time(days=100)
    assert cut(library) == 0
    assert library.write(lambda transaction: cut_history(transaction, number)) == 0
    library.write(
        lambda transaction: unblock_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.DEBT
        )
    )
    lost = an_item(library, on_loan_to=card)
    library.write(lambda transaction: declare_lost(library.act(transaction), item=lost))
    assert cut(library) == 0
    library.check_in(lost)
    assert cut(library) == 1


def test_an_agency_sets_its_days(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    lent_and_returned(library, card)
    agency = library.main.agency_id
    library.pass_time(days=8)
    assert cut(library) == 0
    library.write(lambda transaction: set_history_days(transaction, agency, 7))
    assert cut(library) == 1
    library.write(lambda transaction: set_history_days(transaction, agency, None))
    lent_and_returned(library, card)
    library.pass_time(days=8)
    assert cut(library) == 0


def test_more_than_one_step(sqlite_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("circulation.loans.privacy.BATCH", 2)
    assert BATCH > 2
    library = sqlite_library
    card = a_patron(library)
    for _ in range(5):
        lent_and_returned(library, card)
    library.pass_time(days=100)
    assert cut(library) == 5


STAFF = at_command_line("bibliotekar", "")


def a_known_person(library: Library) -> str:
    """Somebody on whom everything is held that can be."""
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes or"))
    card = a_patron(library, pin_hash=hashed("2580"), birth_date=date(2015, 5, 1))
    parent = a_patron(library, birth_date=date(1985, 1, 1))
    child, guardian = number_of(library, card), number_of(library, parent)
    lent_and_returned(library, card)
    queued = a_hold(library, card, an_item(library))
    cancel(library, card, queued.hold)
    now = library.now
    library.write(
        lambda transaction: (
            add_identifier(
                library.act(transaction, UNATTENDED), child, "010515-1234", "national_id"
            ),
            add_contact(
                library.act(transaction, UNATTENDED),
                child,
                ContactKind.EMAIL,
                "barn@example.dk",
            ),
            set_preferences(
                library.act(transaction, UNATTENDED),
                child,
                Preferences(library.main.id, 90),
            ),
            give_consent(library.act(transaction, UNATTENDED), child, Consent.PERSON_REGISTRY),
            add_guardian(library.act(transaction, UNATTENDED), child, guardian, today=now.date()),
            note_lookups(transaction, [looked_at(STAFF, Seen.OPENED, "x", patron_id=child)], now),
        )
    )
    return card


def test_everything_held_on_a_person_is_exported(library: Library) -> None:
    card = a_known_person(library)
    number = number_of(library, card)
    found = library.read(lambda transaction: export_person(transaction, number))
    assert found is not None
    text = json.dumps(found, ensure_ascii=False)
    assert found["patron"]["has_pin_hash"] is True
    assert "argon2" not in text
    assert "1234" not in text
    for table in ("loans", "holds", "patron_contacts", "patron_guardians", "patron_consents"):
        assert len(found[table]) == 1, table
    assert {row["kind"] for row in found["patron_identifiers"]} == {"card", "national_id"}
    assert found["lookups"][0]["actor"] == "bibliotekar"
    assert len(found["events"]) > 5
    kept = {table.name for table, _ in references() if not table.info.get("is_derived")}
    assert set(found) >= kept
    assert library.read(lambda transaction: export_person(transaction, 99)) is None


def test_erasing_leaves_nothing_but_the_figures(library: Library) -> None:
    card = a_known_person(library)
    number, day = number_of(library, card), library.today
    count(library, day)
    before = figures(library)
    library.write(lambda transaction: erase_person(library.act(transaction, UNATTENDED), number))
    assert library.read(lambda transaction: find_patron(transaction, card)) is None
    assert library.read(lambda transaction: events_of_patron(transaction, patron_id=number)) == []
    assert library.read(lambda transaction: export_person(transaction, number)) is None
    count(library, day)
    assert figures(library) == before
    texts = library.read(lambda transaction: _texts(transaction))
    assert not any("consent" in (text or "") for row in texts for text in row)
    with pytest.raises(StillNeeded):
        library.write(
            lambda transaction: erase_person(library.act(transaction, UNATTENDED), number)
        )


def test_a_patron_is_not_erased_while_anything_is_open(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    number = number_of(library, card)

    def refuses(words: str) -> None:
        with pytest.raises(StillNeeded, match=words):
            library.write(
                lambda transaction: erase_person(library.act(transaction, UNATTENDED), number)
            )

    barcode = an_item(library, on_loan_to=card)
    refuses("loans")
    library.check_in(barcode)
    queued = a_hold(library, card, an_item(library))
    refuses("holds")
    cancel(library, card, queued.hold)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.DEBT
        )
    )
    refuses("owed")
    library.write(
        lambda transaction: unblock_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.DEBT
        )
    )
    library.write(lambda transaction: erase_person(library.act(transaction, UNATTENDED), number))


def test_every_reference_to_a_patron_has_its_fate() -> None:
    for table, column in references():
        assert column.info.get("fate") in ("cut", "deleted"), f"{table.name}.{column.name}"
