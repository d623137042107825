"""A patron that stands for a library holds and borrows several copies of one title."""

from __future__ import annotations

from catalogue.database import Database, Transaction
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.withdrawing import let_go_of_item
from circulation.items.facts import item_facts
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refused
from circulation.patrons.kinds import PatronKind
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold, ask, holds_of, outcome_of, record_of


def a_library_patron(library: Library) -> str:
    return a_patron(library, "INST-ABC", category="library", kind=PatronKind.LIBRARY)


def test_it_holds_and_borrows_several_copies_of_one_title(database: Database) -> None:
    library = a_library(database)
    card = a_library_patron(library)
    first = an_item(library)
    second = a_copy(library, first)
    holds = [a_hold(library, card, first).hold for _ in range(2)]
    assert len({hold.id for hold in holds}) == 2
    assert len(holds_of(library, card)) == 2
    for barcode in (first, second):
        came = library.check_in(barcode)
        assert isinstance(came, CheckedIn)
        assert came.held_for is not None
        assert isinstance(library.check_out(card, barcode), CheckedOut)
    assert holds_of(library, card) == []
    assert a_hold(library, card, first)  # and a third, while it has the two


def test_several_in_one_request(library: Library) -> None:
    card, first = a_library_patron(library), an_item(library)
    a_copy(library, first)
    wanted = Wanted(record_of(library, first))
    placed = ask(library, card, wanted, wanted)
    assert isinstance(placed, HoldsPlaced)
    assert len(placed.holds) == 2


def test_one_item_is_held_once(library: Library) -> None:
    card, first = a_library_patron(library), an_item(library)
    a_hold(library, card, first, only_item=True)
    again = ask(library, card, Wanted(item=first))
    assert isinstance(again, Refused)
    assert again.reasons == (Reason.ALREADY_ON_HOLD,)
    library.check_out(card, first)
    has = ask(library, card, Wanted(item=first))
    assert isinstance(has, Refused)
    assert has.reasons == (Reason.ALREADY_ON_LOAN_TO_PATRON,)


def test_a_person_wants_one(library: Library) -> None:
    card, first = a_patron(library), an_item(library)
    a_copy(library, first)
    a_hold(library, card, first)
    again = ask(library, card, Wanted(record_of(library, first)))
    assert isinstance(again, Refused)
    assert again.reasons == (Reason.ALREADY_ON_HOLD,)


def test_a_check_out_fulfils_the_hold_that_it_is_for(library: Library) -> None:
    card, first = a_library_patron(library), an_item(library)
    a_copy(library, first)
    earlier, later = (a_hold(library, card, first).hold for _ in range(2))
    assert isinstance(library.check_out(card, first, for_hold=later.id), CheckedOut)
    assert [queued.hold.id for queued in holds_of(library, card)] == [earlier.id]
    assert outcome_of(library, later) == "fulfilled"


def test_each_of_a_librarys_holds_asks_for_the_title_when_its_item_leaves_the_stock(
    library: Library,
) -> None:
    """A person waits once for a title (see the removal of items), a library for each reader."""
    card, first = a_library_patron(library), an_item(library)
    second = a_copy(library, first)
    holds = [a_hold(library, card, each, only_item=True).hold for each in (first, second)]

    def withdraw(transaction: Transaction) -> None:
        for barcode in (first, second):
            facts = item_facts(transaction, barcode=barcode)
            assert facts is not None
            let_go_of_item(library.act(transaction), facts)

    library.write(withdraw)
    assert [outcome_of(library, hold) for hold in holds] == [None, None]
    assert [each.hold.item for each in holds_of(library, card)] == [None, None]


def test_a_hold_on_an_item_of_a_part_joins_the_one_on_that_part(library: Library) -> None:
    card, other = a_patron(library), a_patron(library)
    item = an_item(library, part="2")
    part = Wanted(record_of(library, item), part="2")
    assert isinstance(ask(library, other, part), HoldsPlaced)
    own, alone = (a_hold(library, each, item, only_item=True).hold for each in (card, other))
    assert isinstance(ask(library, card, part._replace(part="1")), Refused)  # there is no such

    def withdraw(transaction: Transaction) -> None:
        facts = item_facts(transaction, barcode=item)
        assert facts is not None
        let_go_of_item(library.act(transaction), facts)

    library.write(withdraw)
    assert outcome_of(library, alone) == "merged"
    assert outcome_of(library, own) is None
    [left] = holds_of(library, card)
    assert (left.hold.item, left.hold.part) == (None, "2")
