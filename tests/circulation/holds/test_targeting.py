"""Who is served, by which item, and where that goes."""

from __future__ import annotations

import threading

import pytest

from catalogue.database import Transaction
from catalogue.visibility import share_stock
from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, CheckedIn, Destination, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_float_group
from circulation.loans.features import HoldHandling
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_branch,
    a_copy,
    a_hold,
    ask,
    cancel,
    clear,
    costs,
    goes_to,
    record_of,
    to_fetch,
)


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def test_a_hold_on_an_item_is_not_starved_by_one_on_the_title(library: Library) -> None:
    mine = an_item(library)
    other = a_copy(library, mine)
    ida, ole = a_patron(library), a_patron(library)
    on_title = a_hold(library, ida, mine).hold
    on_item = a_hold(library, ole, mine, only_item=True).hold
    assert goes_to(library, mine)[1] == on_item.id
    assert goes_to(library, other)[1] == on_title.id


def test_where_there_is_no_other_copy_the_queue_decides(library: Library) -> None:
    mine = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    on_title = a_hold(library, ida, mine).hold
    a_hold(library, ole, mine, only_item=True)
    assert goes_to(library, mine)[1] == on_title.id


@pytest.mark.parametrize("local_first", [False, True])
def test_local_first_is_a_rule_of_the_branch(library: Library, local_first: bool) -> None:
    library.policy(loan_days=28, renewals=2, local_holds_first=local_first)
    barcode = an_item(library)
    first = a_hold(library, a_patron(library), barcode, at=library.other).hold
    second = a_hold(library, a_patron(library), barcode).hold
    assert goes_to(library, barcode)[1] == (second if local_first else first).id


def test_a_hold_is_served_from_where_it_is_cheapest_to_send(library: Library) -> None:
    third = a_branch(library, 3)
    at_main = an_item(library)
    at_third = a_copy(library, at_main, home=third)
    costs(library, (library.main, library.other, 9), (third, library.other, 2))
    a_hold(library, a_patron(library), at_main, at=library.other)
    assert to_fetch(library) == []
    assert [line.item for line in to_fetch(library, third)] == [at_third]
    costs(library, (third, library.other, None))  # never
    assert [line.item for line in to_fetch(library)] == [at_main]
    assert goes_to(library, at_third, at=third) == (Destination.SHELF_HERE, None)


def test_what_cannot_be_sent_home_goes_to_the_problem_bin(library: Library) -> None:
    barcode = an_item(library)
    costs(library, (library.other, library.main, None))
    assert goes_to(library, barcode, at=library.other) == (Destination.PROBLEM_BIN, None)


def test_an_item_floats_within_its_group(library: Library) -> None:
    third = a_branch(library, 3)
    barcode = an_item(library, float_group="north")

    def work(transaction: Transaction) -> None:
        store_float_group(transaction, "north", frozenset({library.main.id, library.other.id}))
        set_up_changed(transaction)

    library.write(work)
    answer = library.check_in(barcode, at=library.other)
    assert isinstance(answer, CheckedIn)
    assert answer.destination is Destination.FLOAT_HERE
    assert answer.item.home_branch == library.other
    assert library.events_of(barcode)[-1].before == {"home": library.main.id}
    assert goes_to(library, barcode, at=library.other) == (Destination.SHELF_HERE, None)
    away = library.check_in(barcode, at=third)
    assert isinstance(away, CheckedIn)
    assert (away.destination, away.to_branch) == (Destination.TRANSIT_HOME, library.other)


def test_a_hold_takes_what_would_float(library: Library) -> None:
    barcode = an_item(library, float_group="north")

    def work(transaction: Transaction) -> None:
        store_float_group(transaction, "north", frozenset({library.main.id, library.other.id}))
        set_up_changed(transaction)

    library.write(work)
    hold = a_hold(library, a_patron(library), barcode).hold
    away = goes_to(library, barcode, at=library.other)
    assert away == (Destination.TRANSIT_TO_PICKUP, hold.id)


def test_two_copies_handed_in_at_once_do_not_serve_one_hold(library: Library) -> None:
    first = an_item(library)
    copies = [first, *(a_copy(library, first) for _ in range(3))]
    for _ in range(4):
        card = a_patron(library)
        hold = a_hold(library, card, first).hold
        answers: list[tuple[Destination, int | None]] = []

        def hand_in(barcode: str, answers: list[tuple[Destination, int | None]] = answers) -> None:
            answers.append(goes_to(library, barcode))

        threads = [threading.Thread(target=hand_in, args=(barcode,)) for barcode in copies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(hold_id for _, hold_id in answers if hold_id) == [hold.id]
        assert len(answers) == len(copies)
        cancel(library, card, hold)
        clear(library)


def test_members_of_a_set_handed_in_at_once_serve_it_once(library: Library) -> None:
    barcodes = [an_item(library) for _ in range(4)]
    wanted = [Wanted(record_of(library, barcode)) for barcode in barcodes]
    for handling in (HoldHandling.SHELVE, HoldHandling.BIND):
        card = a_patron(library)
        placed = ask(library, card, *wanted, kind=HoldKind.PARALLEL)
        assert isinstance(placed, HoldsPlaced)
        served: list[int] = []

        def hand_in(
            barcode: str,
            served: list[int] = served,
            handling: HoldHandling = handling,
        ) -> None:
            _, hold_id = goes_to(library, barcode, holds=handling)
            if hold_id is not None:
                served.append(hold_id)

        threads = [threading.Thread(target=hand_in, args=(barcode,)) for barcode in barcodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(served) == 1
        for each in placed.holds:
            cancel(library, card, each.hold)
        clear(library)


def test_items_serve_holds_within_their_agency_unless_it_shares_its_queue(
    library: Library,
) -> None:
    def work(transaction: Transaction) -> Branch:
        agency = add_agency(transaction, 1, "DK-900200", "Prøveskolen", kind="school")
        share_stock(transaction, "DK-900200", True)
        add_branch(transaction, agency, "DK-900201", "Skolebiblioteket")
        found = find_branch(transaction, isil="DK-900201")
        assert found is not None
        return found

    school = library.write(work)
    barcode = an_item(library, home=school)
    card = a_patron(library)
    wanted = Wanted(record_of(library, barcode))
    assert reasons(ask(library, card, wanted)) == (Reason.NOT_HOLDABLE,)
    pupil = a_patron(library, home_branch=school.id)
    own = a_hold(library, pupil, barcode).hold
    costs(library, (school, library.main, 3))
    a_hold(library, card, barcode)
    assert goes_to(library, barcode, at=school) == (Destination.HOLD_SHELF_HERE, own.id)
    cancel(library, pupil, own)
    assert goes_to(library, barcode, at=school)[0] is Destination.TRANSIT_TO_PICKUP
