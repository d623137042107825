"""Slips as they are printed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason
from circulation.loans.lost import declare_lost
from circulation.notices.patron_slips import (
    group_slip,
    loan_slip,
    payment_slip,
    receipt,
    return_slip,
    status_slip,
)
from circulation.notices.rendering import Templates
from circulation.notices.slips import (
    NothingToPrint,
    Slip,
    emergency_form,
    pick_list_slip,
    pickup_note,
    transit_slip,
)
from circulation.patrons.blocks import block_patron
from circulation.patrons.groups import add_group, join_group
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, paid
from tests.builders.holds import a_copy, a_hold
from tests.builders.notices import lend, patron_id, speak_english


def made(library: Library, slip: object, *about: object, **options: object) -> Slip:
    return library.write(
        lambda transaction: slip(  # type: ignore[operator]
            library.act(transaction), Templates(), *about, **options
        )
    )


def test_a_receipt_of_loans_and_returns(library: Library) -> None:
    card = a_patron(library)
    lend(library, card, an_item(library, "X1", title="Et"))
    lend(library, card, an_item(library, "X2", title="To"))
    library.check_in("X2")
    who = patron_id(library, card)
    slip = made(library, receipt, who, since=library.now - timedelta(hours=1))
    assert slip.heading == "Kvittering"
    assert slip.text.splitlines() == [
        "Ida Ørsted",
        "* Afleveret 25. november 2026 kl. 12.00: To, nr. X2",
        "* Afleveres senest 23. december 2026: Et, nr. X1",
        "",
        "Hovedbiblioteket, 25. november 2026 kl. 12.00",
    ]
    speak_english(library, who)
    assert "* Due 23 December 2026: Et, no. X1" in made(library, receipt, who).text


def test_what_was_just_lent_leaves_out_what_was_lent_before(library: Library) -> None:
    card = a_patron(library)
    lend(library, card, an_item(library, "X1", title="Et"))
    library.pass_time(hours=2)
    who, since = patron_id(library, card), library.now - timedelta(hours=1)
    with pytest.raises(NothingToPrint):
        made(library, loan_slip, who, since=since)
    lend(library, card, an_item(library, "X2", title="To"))
    slip = made(library, loan_slip, who, since=since)
    assert slip.heading == "Lånekvittering"
    assert slip.text.splitlines() == [
        "Ida Ørsted",
        "",
        "* To, nr. X2, afleveres senest 23. december 2026",
        "",
        "Du har 2 lån i alt.",
        "",
        "Hovedbiblioteket, 25. november 2026 kl. 14.00",
    ]
    speak_english(library, who)
    assert "You have 2 loans in all." in made(library, loan_slip, who, since=since).text


def test_a_receipt_for_returns_is_the_evidence_that_it_was_offered(library: Library) -> None:
    card = a_patron(library)
    lend(library, card, an_item(library, "X1", title="Et"))
    who = patron_id(library, card)
    with pytest.raises(NothingToPrint):
        made(library, return_slip, who)
    library.check_in("X1")
    slip = made(library, return_slip, who)
    assert slip.heading == "Afleveringskvittering"
    assert "* Et, nr. X1, afleveret 25. november 2026 kl. 12.00" in slip.text.splitlines()
    [offered] = [
        each.id for each in library.events_of("X1") if each.kind is EventKind.RECEIPT_OFFERED
    ]
    assert f"Kvittering nr. {offered}" in slip.text.splitlines()
    assert made(library, return_slip, who).text == slip.text


def test_a_receipt_for_a_payment_says_what_for_and_what_is_left(library: Library) -> None:
    card = a_patron(library)
    charge(library, card, 5000)
    charge(library, card, 2500)
    who, since = patron_id(library, card), library.now - timedelta(hours=1)
    with pytest.raises(NothingToPrint):
        made(library, payment_slip, who, since=since)
    answer = paid(library, card, 6000)
    lines = made(library, payment_slip, who, since=since).text.splitlines()
    assert lines[2].startswith("Betalt 25. november 2026 kl. 12.00: 60,00 kr. (betaling nr. ")
    assert [each.rpartition(": ")[2] for each in lines[3:5]] == ["50,00 kr.", "10,00 kr."]
    assert "Du skylder herefter Prøvekommunens Biblioteker 15,00 kr." in lines
    paid(library, card, 1500)
    assert "Du skylder ikke mere." in made(library, payment_slip, who, since=since).text
    library.pass_time(hours=2)
    with pytest.raises(NothingToPrint):
        made(library, payment_slip, who, since=library.now - timedelta(hours=1))
    assert answer is not None


def test_how_a_patron_stands(library: Library) -> None:
    card = a_patron(library, "P1", expires=date(2027, 5, 4))
    who = patron_id(library, card)
    slip = made(library, status_slip, who)
    assert slip.heading == "Lånerstatus"
    assert slip.text.splitlines()[:6] == [
        "Ida Ørsted",
        "Kort P1, gælder til 4. maj 2027",
        "",
        "Intet mellemværende.",
        "",
        "Lån: 0",
    ]
    lend(library, card, an_item(library, "X1", title="Et"))
    an_item(library, "X2", title="To")
    a_hold(library, card, "X2")
    library.check_in("X2")
    an_item(library, "X3", title="Tre", on_loan_to=a_patron(library))
    a_hold(library, card, "X3")
    lend(library, card, an_item(library, "X4", title="Fire"))
    library.write(lambda t: declare_lost(library.act(t), item="X4"))
    charge(library, card, 5000)
    library.write(lambda t: block_patron(library.act(t), who, BlockReason.OTHER))
    library.pass_time(days=40)
    text = made(library, status_slip, who).text
    assert "* Et, nr. X1, skulle være afleveret 23. december 2026" in text
    assert "* To: Hovedbiblioteket, hyldenummer 1" in text
    assert "* Tre: Hovedbiblioteket, nr. 1 i køen" in text
    assert "* Fire, nr. X4, meldt bortkommet" in text
    assert "Mellemværende med Prøvekommunens Biblioteker: 50,00 kr." in text
    assert "Spærret: " in text
    assert "BLOCK_" not in text


def test_a_class_list_has_its_members_with_what_they_have(library: Library) -> None:
    ida = a_patron(library)
    bo = a_patron(library, given_name="Bo", family_name="Dahl")
    school = library.write(lambda t: add_group(t, library.main.agency_id, "Skolen"))
    under = library.write(lambda t: add_group(t, library.main.agency_id, "2b", parent_id=school))
    for card in (ida, bo, a_patron(library, given_name="Eva")):
        library.write(
            lambda t, card=card: join_group(library.act(t), under, patron_id(library, card))
        )
    with pytest.raises(NothingToPrint):
        made(library, group_slip, school, library.main.id)
    lend(library, ida, an_item(library, "X1", title="Et"))
    lend(library, bo, a_copy(library, "X1"))
    slip = made(library, group_slip, school, library.main.id)
    assert slip.heading == "Gruppelån: Skolen"
    lines = slip.text.splitlines()
    assert (lines[0], lines[3]) == ("Bo Dahl", "Ida Ørsted")
    assert lines[4] == "* Et, nr. X1, afleveres senest 23. december 2026"
    assert "2 lån i alt." in lines
    with pytest.raises(NothingToPrint):
        made(library, group_slip, 999, library.main.id)


def test_a_form_for_the_day_on_which_nothing_works(library: Library) -> None:
    slip = made(library, emergency_form, library.main.id)
    assert slip.heading == "Nødlån"
    assert "Lånetiden er normalt 28 dage." in slip.text
    assert sum(line.endswith("______") for line in slip.text.splitlines()) == 13
    assert slip.text.endswith("\nHovedbiblioteket")  # when it was printed is of no matter


def test_a_pickup_note_names_nobody(library: Library) -> None:
    card = a_patron(library)
    an_item(library, "X1", title="Et")
    with pytest.raises(NothingToPrint):
        made(library, pickup_note, "X1")
    a_hold(library, card, "X1")
    (line,) = made(library, pick_list_slip, library.main.id).text.splitlines()[:1]
    assert line.endswith("Et (Krohn, Johan), nr. X1 -> Hovedbiblioteket")
    library.check_in("X1")
    slip = made(library, pickup_note, "X1")
    assert slip.text.startswith("Hyldenummer 1\nEt\nNr. X1\nHentes på Hovedbiblioteket")
    assert "Ørsted" not in slip.text
    with pytest.raises(NothingToPrint):
        made(library, pick_list_slip, library.main.id)


def test_a_transit_slip(library: Library) -> None:
    an_item(library, "X1", title="Et", call_number="86-4")
    with pytest.raises(NothingToPrint):
        made(library, transit_slip, "X1")
    library.check_in("X1", at=library.other)
    slip = made(library, transit_slip, "X1")
    assert slip.heading == "Til Hovedbiblioteket"
    assert slip.text.startswith("Hovedbiblioteket (DK-900101)\nEt\nNr. X1, 86-4")
