"""What is written of an item: each field by itself, what is refused, and the event."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Database
from catalogue.items import find_item
from circulation.holds.copies import copies_of_record
from circulation.items.availability import circulation_status
from circulation.items.changes import ItemChange, ItemUnfit, change_item
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, Item, ItemState, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_float_group
from circulation.kernel.trees import GROUPS
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def change(library: Library, of: str, /, **fields: Any) -> Item | Refused:
    return library.write(
        lambda transaction: change_item(library.act(transaction), of, ItemChange(**fields))
    )


def changed(library: Library, of: str, /, **fields: Any) -> Item:
    found = change(library, of, **fields)
    assert isinstance(found, Item)
    return found


def test_what_is_not_named_stays(library: Library) -> None:
    barcode = an_item(library, call_number="Old", price=9_900, currency="DKK")
    item = changed(library, barcode, call_number="New")
    assert (item.call_number, item.price, item.currency) == ("New", 9_900, "DKK")
    item = changed(library, barcode, price=(12_500, "EUR"))
    assert (item.call_number, item.price, item.currency) == ("New", 12_500, "EUR")
    item = changed(library, barcode, price=None)
    assert item.price is None


def test_the_event_tells_what_was_and_what_is(library: Library) -> None:
    barcode = an_item(library, call_number="Old")
    changed(library, barcode, call_number="New")
    event = library.events_of(barcode)[-1]
    assert event.kind is EventKind.ITEM_CHANGED
    assert (event.before, event.after) == ({"call_number": "Old"}, {"call_number": "New"})


def test_nothing_new_is_no_event(library: Library) -> None:
    barcode = an_item(library, call_number="Old")
    before = len(library.events_of(barcode))
    changed(library, barcode, call_number="Old")
    changed(library, barcode)
    assert len(library.events_of(barcode)) == before


def test_what_cannot_be(library: Library) -> None:
    barcode = an_item(library)
    with pytest.raises(ValueError, match="below nothing"):
        change(library, barcode, price=(-1, "DKK"))
    unknown = change(library, "X", call_number="New")
    assert isinstance(unknown, Refused)
    assert unknown.reasons == (Reason.ITEM_UNKNOWN,)


def test_a_group_must_be_one_where_groups_are_named(library: Library) -> None:
    barcode = an_item(library)
    assert changed(library, barcode, material_group="anything").material_group == "anything"
    library.write(lambda transaction: GROUPS.store(transaction, {"book": ("Books", None)}))
    with pytest.raises(ItemUnfit, match="film"):
        change(library, barcode, material_group="film")
    assert changed(library, barcode, material_group="book").material_group == "book"


def test_another_barcode_is_the_same_item(library: Library) -> None:
    card, old = a_patron(library), an_item(library)
    library.check_out(card, old)
    item = changed(library, old, barcode="NEW-1", part="2", float_group="")
    assert item.barcode == "NEW-1"
    assert library.read(lambda transaction: find_item(transaction, old)) is None
    event = library.events_of("NEW-1")[-1]
    assert event.before == {"barcode": old, "part": ""}
    assert event.after == {"barcode": "NEW-1", "part": "2"}
    returned = library.check_in("NEW-1")
    assert isinstance(returned, CheckedIn)
    assert returned.loan is not None


def test_all_that_is_wrong_is_told_together(library: Library) -> None:
    barcode, other = an_item(library), an_item(library)
    library.write(lambda transaction: GROUPS.store(transaction, {"book": ("Books", None)}))
    library.write(
        lambda transaction: store_float_group(transaction, "town", frozenset({library.main.id}))
    )
    library.write(set_up_changed)
    with pytest.raises(ItemUnfit) as wrong:
        change(
            library, barcode, barcode=other, material_group="x", float_group="y", call_number="N"
        )
    assert wrong.value.problems == (
        f"another item has barcode {other!r}",
        "there is no material group 'x'",
        "there is no float group 'y'; there are town",
    )
    with pytest.raises(ItemUnfit, match="cannot be a barcode"):
        change(library, barcode, barcode=" ")
    assert changed(library, barcode, float_group="town")
    assert library.events_of(barcode)[-1].after == {"float_group": "town"}


def test_an_item_that_is_not_for_loan_is_not_lent(library: Library) -> None:
    """It is neither lent nor kept for a hold until the text is empty again."""
    barcode = an_item(library)
    a_hold(library, a_patron(library), barcode)
    changed(library, barcode, not_for_loan="damaged")
    refused = library.check_out(a_patron(library), barcode)
    assert isinstance(refused, Refused)
    assert Reason.ITEM_NOT_LOANABLE in refused.reasons
    returned = library.check_in(barcode)
    assert isinstance(returned, CheckedIn)
    assert returned.held_for is None
    number = returned.item.record_id
    assert library.read(lambda transaction: copies_of_record(transaction, record_id=number)) == []
    shown = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert shown is not None
    assert (shown.state, shown.not_for_loan) == (ItemState.AVAILABLE, "damaged")
    changed(library, barcode, not_for_loan="")
    again = library.check_in(barcode)
    assert isinstance(again, CheckedIn)
    assert again.held_for is not None
