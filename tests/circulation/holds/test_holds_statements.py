"""The statements of the domain about holds and check-in, by their numbers: 4 to 10."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.holds.absences import Absence, set_absence
from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, HoldState, Wanted
from circulation.items.availability import circulation_status
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    UNATTENDED,
    CheckedIn,
    CheckedOut,
    Destination,
    ItemState,
    Refused,
)
from circulation.loans.features import HoldHandling
from circulation.loans.undo import Cancelled, cancel_check_out
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_copy,
    a_hold,
    ask,
    cancel,
    change,
    events_of,
    hold_now,
    holds_of,
    outcome_of,
    pause,
    record_of,
)


def taken_back(answer: CheckedIn | Refused) -> CheckedIn:
    assert isinstance(answer, CheckedIn), answer
    return answer


def lent(answer: CheckedOut | Refused) -> CheckedOut:
    assert isinstance(answer, CheckedOut), answer
    return answer


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def goes_to(library: Library, barcode: str, **options: object) -> tuple[Destination, int | None]:
    """Where the item goes on check-in, and for which hold."""
    answer = taken_back(library.check_in(barcode, **options))
    return answer.destination, answer.held_for.hold_id if answer.held_for else None


def state_of(library: Library, barcode: str) -> ItemState:
    status = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert status is not None
    return status.state


# 4. Reservation eligible if any reservable item exists; one per (patron, record, periodical
# part); not if already on loan to the patron (setting).


def test_statement_4_any_holdable_item_will_do(library: Library) -> None:
    library.policy(material_group="reference", holdable=False)
    first = an_item(library, material_group="reference")
    ida = a_patron(library)
    wanted = Wanted(record_of(library, first))
    assert reasons(ask(library, ida, wanted)) == (Reason.NOT_HOLDABLE,)
    a_copy(library, first)
    assert isinstance(ask(library, ida, wanted), HoldsPlaced)
    assert reasons(ask(library, a_patron(library), Wanted(item=first))) == (Reason.NOT_HOLDABLE,)
    assert reasons(ask(library, ida, Wanted(10**6))) == (Reason.RECORD_UNKNOWN,)
    assert reasons(ask(library, ida, Wanted(item="nothing"))) == (Reason.ITEM_UNKNOWN,)


def test_statement_4_one_for_each_patron_title_and_part(library: Library) -> None:
    autumn = an_item(library, part="2026:3")
    winter = a_copy(library, autumn, part="2026:4")
    record = record_of(library, autumn)
    ida = a_patron(library)
    a_hold(library, ida, autumn)
    assert reasons(ask(library, ida, Wanted(record))) == (Reason.ALREADY_ON_HOLD,)
    assert reasons(ask(library, ida, Wanted(item=winter))) == (Reason.ALREADY_ON_HOLD,)
    assert isinstance(ask(library, ida, Wanted(record, part="2026:4")), HoldsPlaced)
    again = ask(library, ida, Wanted(record, part="2026:4"))
    assert reasons(again) == (Reason.ALREADY_ON_HOLD,)
    nowhere = ask(library, ida, Wanted(record, part="1913:1"))
    assert reasons(nowhere) == (Reason.NOT_HOLDABLE,)


def test_statement_4_a_hold_on_a_part_is_served_by_that_part(library: Library) -> None:
    autumn = an_item(library, part="2026:3")
    winter = a_copy(library, autumn, part="2026:4")
    ida = a_patron(library)
    placed = ask(library, ida, Wanted(record_of(library, autumn), part="2026:4"))
    assert isinstance(placed, HoldsPlaced)
    assert goes_to(library, autumn) == (Destination.SHELF_HERE, None)
    assert goes_to(library, winter)[1] == placed.holds[0].hold.id


def test_statement_4_not_what_is_on_loan_to_the_patron_unless_the_rules_say_so(
    library: Library,
) -> None:
    ida = a_patron(library)
    barcode = an_item(library, on_loan_to=ida)
    wanted = Wanted(record_of(library, barcode))
    assert reasons(ask(library, ida, wanted)) == (Reason.ALREADY_ON_LOAN_TO_PATRON,)
    library.policy(loan_days=28, renewals=2, hold_while_on_loan=True)
    assert isinstance(ask(library, ida, wanted), HoldsPlaced)


# 5. Queue order total and stable; paused/activation-dated are skipped without losing place.


def test_statement_5_the_queue_is_class_then_priority_then_time(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    names = ("late class", "second", "third", "first class", "urgent")
    cards = {name: a_patron(library) for name in names}
    options: dict[str, dict[str, int]] = {
        "late class": {"queue_class": 200},
        "first class": {"queue_class": 1},
        "urgent": {"priority": -1},
    }
    placed = {
        name: a_hold(library, cards[name], barcode, **options.get(name, {})) for name in names
    }
    assert [placed[name].number_in_queue for name in names] == [1, 1, 2, 1, 2]
    order = ["first class", "urgent", "second", "third", "late class"]
    numbers = {name: holds_of(library, cards[name])[0].number_in_queue for name in names}
    assert sorted(names, key=lambda name: numbers[name] or 0) == order
    assert sorted(numbers.values(), key=lambda number: number or 0) == [1, 2, 3, 4, 5]
    served = []
    for _ in names:
        hold_id = goes_to(library, barcode)[1]
        name = next(name for name in names if placed[name].hold.id == hold_id)
        served.append(name)
        lent(library.check_out(cards[name], barcode))
    assert served == order


def test_statement_5_a_pause_keeps_the_place(library: Library) -> None:
    barcode = an_item(library)
    ida, ole, eva, per = (a_patron(library) for _ in range(4))
    today = library.today
    first = a_hold(library, ida, barcode).hold
    second = a_hold(library, ole, barcode, activates=today + timedelta(days=5)).hold
    third = a_hold(library, eva, barcode).hold
    fourth = a_hold(library, per, barcode).hold
    pause(library, ida, first, today, today + timedelta(days=3))
    eva_id = library.read(lambda transaction: find_patron(transaction, eva))
    assert eva_id is not None
    away = Absence(today, today + timedelta(days=1))
    library.write(
        lambda transaction: set_absence(library.act(transaction, UNATTENDED), eva_id, away)
    )
    assert goes_to(library, barcode)[1] == fourth.id
    assert [holds_of(library, card)[0].number_in_queue for card in (ida, ole, eva)] == [1, 2, 3]
    cancel(library, per, fourth)
    library.pass_time(days=2)  # the absence is over, the pause is not
    assert goes_to(library, barcode)[1] == third.id
    cancel(library, eva, third)
    library.pass_time(days=2)
    assert goes_to(library, barcode)[1] == first.id
    cancel(library, ida, first)
    library.pass_time(days=1)
    assert goes_to(library, barcode)[1] == second.id


def test_statement_5_a_pause_ends_when_the_patron_says_so(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    first, second = a_hold(library, ida, barcode).hold, a_hold(library, ole, barcode).hold
    pause(library, ida, first, library.today)
    pause(library, ida, first, None)
    assert goes_to(library, barcode)[1] == first.id
    assert hold_now(library, ole, second) is not None
    kinds = [event.kind for event in events_of(library, first)]
    assert kinds[:3] == [EventKind.HOLD_PLACED, EventKind.HOLD_CHANGED, EventKind.HOLD_CHANGED]


# 6. Check-in always ends in exactly one of: shelf here, float here, transit home, hold shelf here,
# transit to pickup, problem bin; and always says which, also when nothing changed.


def test_statement_6_exactly_one_outcome_also_when_nothing_changed(library: Library) -> None:
    barcode = an_item(library)
    for _ in range(2):
        assert goes_to(library, barcode) == (Destination.SHELF_HERE, None)
    for _ in range(2):
        assert goes_to(library, barcode, at=library.other) == (Destination.TRANSIT_HOME, None)
    hold = a_hold(library, a_patron(library), barcode).hold
    for _ in range(2):
        away = goes_to(library, barcode, at=library.other)
        assert away == (Destination.TRANSIT_TO_PICKUP, hold.id)
    numbers = set()
    for _ in range(2):
        answer = taken_back(library.check_in(barcode))
        assert answer.destination is Destination.HOLD_SHELF_HERE
        assert answer.held_for is not None
        numbers.add((answer.held_for.number, answer.held_for.deadline))
    assert len(numbers) == 1
    assert None not in numbers.pop()
    kinds = [event.kind for event in events_of(library, hold)]
    assert kinds.count(EventKind.HOLD_SHELVED) == 1


# 7. Check-in with cancel (BI=Y) right after a checkout on the same device restores the state
# before, captures no hold, charges nothing.


def taken_away(library: Library, barcode: str) -> Cancelled:
    answer = library.write(
        lambda transaction: cancel_check_out(library.act(transaction), item=barcode)
    )
    assert isinstance(answer, Cancelled), answer
    return answer


def test_statement_7_a_checkout_taken_back_captures_no_hold(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    lent(library.check_out(ida, barcode))
    hold = a_hold(library, ole, barcode).hold
    assert taken_away(library, barcode).loan is None
    assert state_of(library, barcode) is ItemState.AVAILABLE
    assert [event.kind for event in events_of(library, hold)] == [EventKind.HOLD_PLACED]


@pytest.mark.parametrize("where", ["on the shelf", "on the way"])
def test_statement_7_the_hold_and_its_item_are_as_they_were(library: Library, where: str) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    away = library.other if where == "on the way" else None
    hold = a_hold(library, ida, barcode, at=away).hold
    library.check_in(barcode)
    before = hold_now(library, ida, hold), state_of(library, barcode)
    lent(library.check_out(ida, barcode))
    assert hold_now(library, ida, hold) is None
    taken_away(library, barcode)
    assert (hold_now(library, ida, hold), state_of(library, barcode)) == before


def test_statement_7_a_parallel_set_is_open_again(library: Library) -> None:
    one, two = an_item(library), an_item(library)
    ida = a_patron(library)
    wanted = [Wanted(record_of(library, barcode)) for barcode in (one, two)]
    ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    goes_to(library, one)
    before = holds_of(library, ida)
    lent(library.check_out(ida, one))
    taken_away(library, one)
    assert holds_of(library, ida) == before


# 8. Binding of a hold at a machine may be on or off by device; patron told only when the item is
# scanned at the pickup branch.


@pytest.mark.parametrize("handling", [HoldHandling.ROUTE, HoldHandling.BIND])
def test_statement_8_a_machine_binds_or_only_routes_and_tells_nobody(
    library: Library, handling: HoldHandling
) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode, at=library.other).hold
    answer = taken_back(library.check_in(barcode, holds=handling))
    assert answer.destination is Destination.TRANSIT_TO_PICKUP
    assert answer.to_branch == library.other
    assert answer.held_for is not None
    assert answer.held_for.is_bound == (handling is HoldHandling.BIND)
    arrived = taken_back(library.check_in(barcode, at=library.other, holds=handling))
    assert arrived.destination is Destination.HOLD_SHELF_HERE
    assert arrived.held_for is not None
    assert arrived.held_for.number is None
    told = [each for each in events_of(library, hold) if each.kind is EventKind.HOLD_SHELVED]
    assert not told
    at_desk = taken_back(library.check_in(barcode, at=library.other))
    assert at_desk.held_for is not None
    assert at_desk.held_for.is_news
    assert at_desk.held_for.number == 1
    queued = hold_now(library, ida, hold)
    assert queued is not None
    assert queued.hold.state is HoldState.READY
    told = [each for each in events_of(library, hold) if each.kind is EventKind.HOLD_SHELVED]
    assert len(told) == 1


def test_statement_8_what_is_only_routed_is_bound_to_nobody(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    library.check_in(barcode, holds=HoldHandling.ROUTE)
    assert reasons(library.check_out(ole, barcode)) == (Reason.COPY_WANTED,)
    library.policy(loan_days=28, lend_wanted_copies={"desk": "allow"})
    lent(library.check_out(ole, barcode))
    assert hold_now(library, ida, hold) is not None


# 9. Checkout of an item waiting for A by B is refused (10 AF reason); by A fulfils the hold, also
# from transit.


def test_statement_9_an_item_that_waits_for_another_is_refused(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    library.check_in(barcode)
    assert state_of(library, barcode) is ItemState.ON_HOLD_SHELF
    assert reasons(library.check_out(ole, barcode)) == (Reason.ON_HOLD_FOR_ANOTHER,)
    lent(library.check_out(ida, barcode))
    assert outcome_of(library, hold) == "fulfilled"
    assert state_of(library, barcode) is ItemState.ON_LOAN


def test_statement_9_also_from_transit(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode, at=library.other).hold
    library.check_in(barcode)
    assert state_of(library, barcode) is ItemState.IN_TRANSIT
    assert reasons(library.check_out(ole, barcode)) == (Reason.ON_HOLD_FOR_ANOTHER,)
    lent(library.check_out(ida, barcode))
    assert outcome_of(library, hold) == "fulfilled"
    library.check_in(barcode)
    assert state_of(library, barcode) is ItemState.AVAILABLE


def test_statement_9_a_loan_off_line_sends_the_hold_back_to_its_place(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    library.check_in(barcode)
    library.pass_time(hours=1)
    answer = lent(library.check_out(ole, barcode, no_block=True))
    assert [each.reason for each in answer.overridden] == [Reason.ON_HOLD_FOR_ANOTHER]
    queued = hold_now(library, ida, hold)
    assert queued is not None
    assert (queued.hold.state, queued.number_in_queue) == (HoldState.WAITING, 1)
    assert goes_to(library, barcode) == (Destination.HOLD_SHELF_HERE, hold.id)


# 10. A parallel set closes when its first member is fulfilled; a serial set activates the next.


def test_statement_10_a_parallel_set_closes_with_its_first(library: Library) -> None:
    one, two = an_item(library), an_item(library)
    ida = a_patron(library)
    answer = ask(
        library,
        ida,
        Wanted(record_of(library, one)),
        Wanted(record_of(library, two)),
        kind=HoldKind.PARALLEL,
    )
    assert isinstance(answer, HoldsPlaced)
    first, second = (each.hold for each in answer.holds)
    assert goes_to(library, two) == (Destination.HOLD_SHELF_HERE, second.id)
    assert goes_to(library, one) == (Destination.SHELF_HERE, None)  # one is enough
    lent(library.check_out(ida, two))
    assert outcome_of(library, second) == "fulfilled"
    assert outcome_of(library, first) == "superseded"
    assert holds_of(library, ida) == []
    assert events_of(library, first)[-1].kind is EventKind.HOLD_CLOSED


def test_statement_10_a_serial_set_goes_on(library: Library) -> None:
    volumes = [an_item(library) for _ in range(3)]
    ida = a_patron(library)
    wanted = [Wanted(record_of(library, volume)) for volume in volumes]
    answer = ask(library, ida, *wanted, kind=HoldKind.SERIAL)
    assert isinstance(answer, HoldsPlaced)
    first, second, third = (each.hold for each in answer.holds)
    assert [each.hold.waits_for for each in answer.holds] == [None, first.id, second.id]
    assert goes_to(library, volumes[1]) == (Destination.SHELF_HERE, None)
    assert goes_to(library, volumes[0]) == (Destination.HOLD_SHELF_HERE, first.id)
    lent(library.check_out(ida, volumes[0]))
    assert goes_to(library, volumes[2]) == (Destination.SHELF_HERE, None)
    assert events_of(library, second)[-1].kind is EventKind.HOLD_ACTIVATED
    cancel(library, ida, second)
    assert events_of(library, third)[-1].kind is EventKind.HOLD_ACTIVATED
    assert goes_to(library, volumes[2]) == (Destination.HOLD_SHELF_HERE, third.id)


def test_statement_10_who_is_left_of_a_serial_set_waits_for_the_one_before(
    library: Library,
) -> None:
    volumes = [an_item(library) for _ in range(3)]
    ida = a_patron(library)
    wanted = [Wanted(record_of(library, volume)) for volume in volumes]
    answer = ask(library, ida, *wanted, kind=HoldKind.SERIAL)
    assert isinstance(answer, HoldsPlaced)
    first, second, third = (each.hold for each in answer.holds)
    cancel(library, ida, second)
    assert goes_to(library, volumes[2]) == (Destination.SHELF_HERE, None)
    assert goes_to(library, volumes[0]) == (Destination.HOLD_SHELF_HERE, first.id)
    lent(library.check_out(ida, volumes[0]))
    taken_away(library, volumes[0])  # the loan never was, and the third waits again
    assert goes_to(library, volumes[2]) == (Destination.SHELF_HERE, None)
    lent(library.check_out(ida, volumes[0]))
    assert goes_to(library, volumes[2]) == (Destination.HOLD_SHELF_HERE, third.id)


def test_the_dates_of_a_hold(library: Library) -> None:
    ida = a_patron(library)
    barcode = an_item(library)
    placed = a_hold(library, ida, barcode)
    assert placed.hold.interest_until == date(2027, 5, 24)  # 180 days
    earlier = library.today - timedelta(days=1)
    wrong = change(library, ida, placed.hold, interest_until=earlier)
    assert reasons(wrong) == (Reason.HOLD_DATES_WRONG,)
