"""Slips as they are printed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.notices.rendering import Templates
from circulation.notices.slips import (
    NothingToPrint,
    Slip,
    pick_list_slip,
    pickup_note,
    receipt,
    transit_slip,
)
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.notices import lend, patron_id, speak_english


def made(library: Library, slip: object, about: object, **options: object) -> Slip:
    return library.read(
        lambda transaction: slip(  # type: ignore[operator]
            library.act(transaction), Templates(), about, **options
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
