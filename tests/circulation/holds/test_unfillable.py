"""Holds that nothing can fill: found for each reason, listed, and told once."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from circulation.holds.unfillable import InVain, Unfillable, unfillable_holds
from circulation.items.removal import ItemRemoved, remove_item
from circulation.jobs.running import run_job
from circulation.loans.lost import declare_lost
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold, cancel, goes_to, hold_now
from tests.builders.notices import EMAIL, rule, sent, states


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def listed(library: Library, **options: int) -> list[Unfillable]:
    page = library.read(
        lambda transaction: unfillable_holds(library.circulation, transaction, **options)
    )
    return list(page.holds)


def lose(library: Library, barcode: str) -> None:
    library.write(lambda transaction: declare_lost(library.act(transaction), item=barcode))


def withdraw(library: Library, barcode: str) -> None:
    removed = library.write(lambda transaction: remove_item(library.act(transaction), item=barcode))
    assert isinstance(removed, ItemRemoved)


def test_a_hold_is_in_vain_when_the_last_copy_has_gone(library: Library) -> None:
    first = an_item(library)
    second = a_copy(library, first)
    library.check_out(a_patron(library), second)
    card = a_patron(library)
    held = a_hold(library, card, first).hold
    withdraw(library, first)
    assert listed(library) == []
    lose(library, second)
    [found] = listed(library)
    assert (found.hold.id, found.why) == (held.id, InVain.NOT_TO_BE_FOUND)
    assert found.patron_name == "Ida Ørsted"
    assert listed(library, pickup_branch_id=library.other.id) == []
    assert goes_to(library, second)[1] == held.id  # found again
    assert listed(library) == []


def test_none_left_at_all_and_none_for_this_patron(library: Library) -> None:
    gone, kept = an_item(library), an_item(library, material_group="atlas")
    card = a_patron(library)
    first, second = (a_hold(library, card, each).hold for each in (gone, kept))
    withdraw(library, gone)
    library.policy(material_group="atlas", loanable=False)
    assert {each.hold.id: each.why for each in listed(library)} == {
        first.id: InVain.NO_COPY,
        second.id: InVain.NOT_LENT,
    }
    cancel(library, card, first)
    assert [each.hold.id for each in listed(library)] == [second.id]


def test_another_part_is_no_help(library: Library) -> None:
    first = an_item(library, part="1")
    second = a_copy(library, first, part="2")
    card = a_patron(library)
    a_hold(library, card, second, only_item=True)
    withdraw(library, second)
    [found] = listed(library)
    assert (found.hold.part, found.why) == ("2", InVain.NO_COPY)


def test_pages_end_after_the_last_title(sqlite_library: Library) -> None:
    library = sqlite_library
    items = [an_item(library) for _ in range(3)]
    for each in items:
        a_hold(library, a_patron(library), each)
        withdraw(library, each)
    seen, after = [], 0
    while True:
        page = library.read(
            lambda transaction, after=after: unfillable_holds(
                library.circulation, transaction, after=after, limit=2
            )
        )
        seen += [each.hold.record_id for each in page.holds]
        if page.next is None:
            break
        after = page.next
    assert len(seen) == 3


def test_the_patron_is_told_once_and_keeps_the_place(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_UNFILLABLE)
    barcode = an_item(library)
    card = a_patron(library, email=EMAIL, language="en")
    held = a_hold(library, card, barcode).hold
    withdraw(library, barcode)
    counts = [
        run_job(
            library.circulation,
            library.database,
            "unfillable-holds",
            day=library.today,
            now=library.now,
        ).counts
        for _ in range(2)
    ]
    assert counts == [{"notices": 1}, {"notices": 0}]
    [message] = sent(library)
    assert "no copy that can be lent to you of:\n* Peters jul" in message.body
    left = hold_now(library, card, held)
    assert left is not None
    assert left.number_in_queue == 1


def test_nobody_is_told_when_a_copy_turns_up_first(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_UNFILLABLE)
    cards = [a_patron(library, email=EMAIL) for _ in range(2)]
    barcodes = [an_item(library, title=title) for title in ("Peters jul", "Njals saga")]
    for card, barcode in zip(cards, barcodes, strict=True):
        a_hold(library, card, barcode)
        lose(library, barcode)
    told = run_job(
        library.circulation,
        library.database,
        "unfillable-holds",
        day=library.today,
        now=library.now,
    )
    assert told.counts == {"notices": 2}
    a_copy(library, barcodes[0])
    [message] = sent(library)
    assert "Njals saga" in message.body
    assert states(library, cards[0]) == [("hold_unfillable", "", "withdrawn")]
