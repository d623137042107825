"""Holds: what is asked for, who is served, from where, and until when."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from catalogue.statements import Transaction
from catalogue.visibility import share_stock
from circulation.absences import Absence, set_absence
from circulation.events import EventKind
from circulation.hold_expiry import expire_holds
from circulation.hold_results import HoldChanged, HoldKind, HoldsPlaced, HoldState, Wanted
from circulation.organisation import add_agency, add_branch, find_branch
from circulation.patrons import block_patron, find_patron
from circulation.reasons import BlockReason, Reason
from circulation.results import Branch, CheckedIn, CheckedOut, Destination, Refused, Renewed
from circulation.routing import HoldHandling
from circulation.set_up import set_up_changed
from circulation.transport import store_float_group, store_transport_cost
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_copy,
    a_hold,
    ask,
    cancel,
    change,
    clear,
    events_of,
    fetch,
    hold_now,
    holds_of,
    outcome_of,
    record_of,
    shelf,
    to_fetch,
)


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def goes_to(library: Library, barcode: str, **options: object) -> tuple[Destination, int | None]:
    answer = library.check_in(barcode, **options)
    assert isinstance(answer, CheckedIn), answer
    return answer.destination, answer.held_for.hold_id if answer.held_for else None


def a_branch(library: Library, number: int) -> Branch:
    def work(transaction: Transaction) -> Branch:
        isil = f"DK-9001{number:02}"
        add_branch(transaction, library.main.agency_id, isil, f"Filial {number}")
        found = find_branch(transaction, isil)
        assert found is not None
        return found

    return library.write(work)


def costs(library: Library, *rows: tuple[Branch, Branch, int | None]) -> None:
    def work(transaction: Transaction) -> None:
        for origin, target, cost in rows:
            store_transport_cost(transaction, origin.id, target.id, cost)
        set_up_changed(transaction)

    library.write(work)


# Placing


def test_the_answer_tells_the_number_in_the_queue_and_the_days(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))  # due in 28 days
    first = a_hold(library, a_patron(library), barcode)
    second = a_hold(library, a_patron(library), barcode)
    assert (first.number_in_queue, second.number_in_queue) == (1, 2)
    assert (first.days, second.days) == (32, 63)
    a_copy(library, barcode)
    third = a_hold(library, a_patron(library), barcode)
    assert (third.number_in_queue, third.days) == (3, 34)
    on_shelf = an_item(library)
    assert a_hold(library, a_patron(library), on_shelf).days == 1


def test_all_reasons_against_a_hold_come_together(library: Library) -> None:
    library.policy(loan_days=28, renewals=2, max_holds=1)
    ida = a_patron(library)
    first, second = an_item(library), an_item(library)
    a_hold(library, ida, first)
    patron_id = library.read(lambda transaction: find_patron(transaction, ida))
    assert patron_id is not None
    library.write(
        lambda transaction: block_patron(transaction, patron_id, BlockReason.OTHER, now=library.now)
    )
    earlier = library.now.date() - timedelta(days=1)
    answer = ask(library, ida, Wanted(record_of(library, second)), interest_until=earlier)
    assert reasons(answer) == (
        Reason.HOLD_DATES_WRONG,
        Reason.PATRON_BLOCKED,
        Reason.TOO_MANY_HOLDS,
    )
    assert reasons(ask(library, "nobody", Wanted(item=first))) == (Reason.PATRON_UNKNOWN,)
    assert len(holds_of(library, ida)) == 1


def test_several_titles_are_all_or_none_but_for_a_parallel_set(library: Library) -> None:
    library.policy(material_group="reference", holdable=False)
    good, bad = an_item(library), an_item(library, material_group="reference")
    ida = a_patron(library)
    wanted = [Wanted(record_of(library, barcode)) for barcode in (good, bad)]
    assert reasons(ask(library, ida, *wanted)) == (Reason.NOT_HOLDABLE,)
    assert reasons(ask(library, ida, *wanted, kind=HoldKind.SERIAL)) == (Reason.NOT_HOLDABLE,)
    assert holds_of(library, ida) == []
    answer = ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    assert isinstance(answer, HoldsPlaced)
    assert [each.hold.record_id for each in answer.holds] == [wanted[0].record_id]
    assert [each for each, _ in answer.refused] == [wanted[1]]


def test_the_same_title_twice_in_one_call_is_refused(library: Library) -> None:
    barcode = an_item(library)
    wanted = Wanted(record_of(library, barcode))
    answer = ask(library, a_patron(library), wanted, Wanted(item=barcode))
    assert reasons(answer) == (Reason.ALREADY_ON_HOLD,)


def test_an_unknown_pickup_branch_is_refused(library: Library) -> None:
    ida = a_patron(library)
    hold = a_hold(library, ida, an_item(library)).hold
    assert reasons(change(library, ida, hold, pickup_branch="DK-1")) == (Reason.BRANCH_UNKNOWN,)


def test_nobody_touches_the_hold_of_another(library: Library) -> None:
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, an_item(library)).hold
    assert reasons(cancel(library, ole, hold)) == (Reason.HOLD_UNKNOWN,)
    cancel(library, ida, hold)
    assert reasons(cancel(library, ida, hold)) == (Reason.HOLD_UNKNOWN,)


# Targeting


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


# The pick list


def test_two_people_do_not_fetch_the_same_book(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    first = a_hold(library, ida, barcode).hold
    a_hold(library, ole, barcode)
    (line,) = to_fetch(library)
    assert (line.hold_id, line.fetched_by) == (first.id, None)
    marked = fetch(library, barcode)
    assert not isinstance(marked, Refused)
    assert marked.fetched_by == "kiosk"
    assert not isinstance(fetch(library, barcode), Refused)  # the same person again
    assert to_fetch(library, only_unmarked=True) == []
    assert [each.fetched_by for each in to_fetch(library)] == ["kiosk"]
    library.pass_time(hours=13)
    assert [each.fetched_by for each in to_fetch(library)] == [None]
    assert goes_to(library, barcode)[1] == first.id
    assert to_fetch(library) == []
    assert reasons(fetch(library, barcode)) == (Reason.NOT_WANTED,)


def test_of_a_parallel_set_one_is_fetched(library: Library) -> None:
    barcodes = [an_item(library) for _ in range(3)]
    ida, ole = a_patron(library), a_patron(library)
    wanted = [Wanted(record_of(library, barcode)) for barcode in barcodes]
    ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    assert len(to_fetch(library)) == 1
    hold = a_hold(library, ole, barcodes[2]).hold
    assert hold.id in [line.hold_id for line in to_fetch(library)]


# The shelf


def test_the_pickup_period_ends_with_an_open_day_and_numbers_are_anonymous(
    library: Library,
) -> None:
    one, two = an_item(library), an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    a_hold(library, ida, one)
    a_hold(library, ole, two)
    goes_to(library, one)
    goes_to(library, two)
    deadline = datetime(2026, 12, 2, 22, 59, 59, tzinfo=UTC)
    assert [(each.number, each.item, each.deadline) for each in shelf(library)] == [
        (1, one, deadline),
        (2, two, deadline),
    ]
    library.check_out(ida, one)
    a_hold(library, a_patron(library), three := an_item(library))
    goes_to(library, three)
    assert [(each.number, each.item) for each in shelf(library)] == [(1, three), (2, two)]
    assert shelf(library, only_to_go=True) == []


def test_clearing_the_shelf_passes_to_the_next_or_home(library: Library) -> None:
    barcode = an_item(library, home=library.other)
    ida, ole = a_patron(library), a_patron(library)
    first = a_hold(library, ida, barcode).hold
    second = a_hold(library, ole, barcode).hold
    assert goes_to(library, barcode) == (Destination.HOLD_SHELF_HERE, first.id)
    assert clear(library) == []
    library.pass_time(days=8)
    assert [each.item for each in shelf(library, only_to_go=True)] == [barcode]
    (passed,) = clear(library)
    assert outcome_of(library, first) == "not_collected"
    assert passed.held_for is not None
    assert (passed.destination, passed.held_for.hold_id) == (
        Destination.HOLD_SHELF_HERE,
        second.id,
    )
    assert clear(library) == []
    library.pass_time(days=8)
    (home,) = clear(library)
    assert (home.destination, home.to_branch) == (Destination.TRANSIT_HOME, library.other)
    assert outcome_of(library, second) == "not_collected"


def test_a_cancelled_hold_leaves_its_item_on_the_shelf_until_it_is_taken_away(
    library: Library,
) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    cancel(library, ida, hold)
    assert [each.is_to_go for each in shelf(library)] == [True]
    kinds = [event.kind for event in events_of(library, hold)]
    assert kinds[-2:] == [EventKind.HOLD_RELEASED, EventKind.HOLD_CLOSED]
    again = a_hold(library, ida, barcode).hold  # the patron changes their mind
    (passed,) = clear(library)
    assert passed.held_for is not None
    assert passed.held_for.hold_id == again.id


def test_anybody_may_take_what_waits_for_nobody_any_more(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    cancel(library, ida, hold)
    assert isinstance(library.check_out(ole, barcode), CheckedOut)
    assert shelf(library) == []


# Changing the pickup branch


def test_the_pickup_branch_can_be_changed_while_the_item_is_on_its_way(library: Library) -> None:
    third = a_branch(library, 3)
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode, at=library.other).hold
    goes_to(library, barcode)
    changed = change(library, ida, hold, pickup_branch=third.isil)
    assert isinstance(changed, HoldChanged)
    assert changed.queued.hold.state is HoldState.ON_THE_WAY
    assert goes_to(library, barcode, at=library.other) == (Destination.TRANSIT_TO_PICKUP, hold.id)
    assert goes_to(library, barcode, at=third) == (Destination.HOLD_SHELF_HERE, hold.id)


def test_and_when_it_stands_on_the_shelf_already(library: Library) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    change(library, ida, hold, pickup_branch=library.other.isil)
    library.pass_time(days=30)  # what is to be sent on is not given up meanwhile
    (sent,) = clear(library)
    assert (sent.destination, sent.to_branch) == (Destination.TRANSIT_TO_PICKUP, library.other)
    assert goes_to(library, barcode, at=library.other) == (Destination.HOLD_SHELF_HERE, hold.id)
    assert shelf(library) == []
    assert [each.number for each in shelf(library, library.other)] == [1]


def test_a_change_taken_back_leaves_it_where_it_stands(library: Library) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    change(library, ida, hold, pickup_branch=library.other.isil)
    library.pass_time(days=3)
    changed = change(library, ida, hold, pickup_branch=library.main.isil)
    assert isinstance(changed, HoldChanged)
    assert changed.queued.hold.state is HoldState.READY
    assert changed.queued.hold.deadline == datetime(2026, 12, 5, 22, 59, 59, tzinfo=UTC)
    assert clear(library) == []


# Renewals


def test_a_loan_that_another_waits_for_is_not_renewed(library: Library) -> None:
    ida, ole = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=ida)
    library.pass_time(days=20)
    hold = a_hold(library, ole, barcode).hold
    assert reasons(library.renew(ida, barcode)) == (Reason.WANTED_BY_ANOTHER,)
    spare = a_copy(library, barcode)
    assert isinstance(library.renew(ida, barcode), Renewed)  # the spare copy can serve
    library.check_in(spare)
    cancel(library, ole, hold)
    library.pass_time(days=1)
    assert isinstance(library.renew(ida, barcode), Renewed)


def test_a_paused_hold_hinders_no_renewal(library: Library) -> None:
    ida, ole = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=ida)
    library.pass_time(days=20)
    a_hold(library, ole, barcode, activates=library.now.date() + timedelta(days=30))
    assert isinstance(library.renew(ida, barcode), Renewed)


# The other copy, the set, the end of interest


def test_who_takes_another_copy_needs_the_first_no_more(library: Library) -> None:
    mine = an_item(library)
    other = a_copy(library, mine)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, mine).hold
    second = a_hold(library, ole, mine).hold
    assert goes_to(library, mine)[1] == hold.id
    assert isinstance(library.check_out(ida, other), CheckedOut)
    assert outcome_of(library, hold) == "fulfilled"
    (passed,) = clear(library)
    assert passed.held_for is not None
    assert passed.held_for.hold_id == second.id


def test_a_parallel_set_ends_when_what_stood_ready_was_not_fetched(library: Library) -> None:
    one, two = an_item(library), an_item(library)
    ida = a_patron(library)
    wanted = [Wanted(record_of(library, barcode)) for barcode in (one, two)]
    answer = ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    assert isinstance(answer, HoldsPlaced)
    goes_to(library, one)
    library.pass_time(days=8)
    clear(library)
    outcomes = [outcome_of(library, each.hold) for each in answer.holds]
    assert outcomes == ["not_collected", "superseded"]


def test_the_interest_period_ends_what_waits_and_nothing_else(library: Library) -> None:
    ready, waits = an_item(library), an_item(library, on_loan_to=a_patron(library))
    ida = a_patron(library)
    until = library.now.date() + timedelta(days=2)
    on_shelf = a_hold(library, ida, ready, interest_until=until).hold
    waiting = a_hold(library, ida, waits, interest_until=until).hold
    goes_to(library, ready)

    def run() -> list[int]:
        found = library.write(lambda transaction: expire_holds(transaction, now=library.now))
        return [hold.id for hold in found]

    library.pass_time(days=2)
    assert run() == []
    library.pass_time(days=1)
    assert run() == [waiting.id]
    assert run() == []
    assert outcome_of(library, waiting) == "expired"
    assert hold_now(library, ida, on_shelf) is not None


def test_an_absence_ends_after_it_begins(sqlite_library: Library) -> None:
    library = sqlite_library
    a_patron(library)
    wrong = Absence(date(2026, 12, 2), date(2026, 12, 1))
    with pytest.raises(ValueError, match="cannot end before it begins"):
        library.write(lambda transaction: set_absence(transaction, 1, wrong, now=library.now))


# Many desks at once


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


def test_the_number_in_the_queue_does_not_depend_on_who_asks_first(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    cards = [a_patron(library) for _ in range(3)]
    for card in cards:
        a_hold(library, card, barcode)  # all in the same moment
    for order in permutations(cards):
        numbers = {card: holds_of(library, card)[0].number_in_queue for card in order}
        assert [numbers[card] for card in cards] == [1, 2, 3]


def test_items_serve_holds_within_their_agency_unless_it_shares_its_queue(
    library: Library,
) -> None:
    def work(transaction: Transaction) -> Branch:
        agency = add_agency(transaction, 1, "DK-900200", "Prøveskolen", kind="school")
        share_stock(transaction, "DK-900200", True)
        add_branch(transaction, agency, "DK-900201", "Skolebiblioteket")
        found = find_branch(transaction, "DK-900201")
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
