"""Deposits and themes: where their items go, who may borrow them, and how they move on and end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from circulation.booking.collecting import put_into, take_out
from circulation.booking.lists import items_to_move
from circulation.booking.placements import (
    NewPlacement,
    change_placement,
    create_placement,
    end_placement,
    find_placement,
    placements,
)
from circulation.booking.results import Placement, Station, ToMove
from circulation.holds.pick_list import pick_list
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.items.availability import circulation_status
from circulation.jobs.running import run_job
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    UNATTENDED,
    Branch,
    CheckedIn,
    CheckedOut,
    Destination,
    Refused,
    Renewed,
    Stay,
    StayKind,
)
from tests.builders.bookings import a_booking, a_set, book, day
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, ask, record_of


def a_placement(
    library: Library,
    *stations: tuple[int, Branch, str],
    kind: StayKind = StayKind.DEPOSIT,
    ends: int | None = None,
    loan_days: int | None = None,
    name: str = "Nursery box",
) -> Placement:
    """A deposit of the main branch, each station from so many days from today."""
    return library.write(
        lambda transaction: create_placement(
            library.act(transaction),
            library.circulation.current_set_up(transaction),
            NewPlacement(
                kind=kind,
                name=name,
                stations=[
                    Station(day(library, first), branch, place) for first, branch, place in stations
                ],
                ends=None if ends is None else day(library, ends),
                loan_days=loan_days,
            ),
        )
    )


def put(library: Library, placement: Placement, *barcodes: str) -> list[Stay | Refused]:
    answers = library.write(
        lambda transaction: put_into(
            library.act(transaction), placement_id=placement.id, barcodes=barcodes
        )
    )
    assert not isinstance(answers, Refused)
    return answers


def taken_out(library: Library, barcode: str) -> bool | Refused:
    return library.write(lambda transaction: take_out(library.act(transaction), item=barcode))


def end(library: Library, placement: Placement) -> int:
    return library.write(
        lambda transaction: end_placement(
            library.act(transaction, UNATTENDED),
            library.circulation.current_set_up(transaction),
            placement.id,
        )
    )


def run(library: Library, on: date | None = None) -> int:
    done = run_job(
        library.circulation,
        library.database,
        "placements",
        day=on or library.today,
        now=library.now,
    )
    return done.counts["items sent on"]


def to_move(library: Library, branch: Branch | None = None) -> list[ToMove]:
    return library.read(
        lambda transaction: items_to_move(
            transaction,
            library.circulation.current_set_up(transaction),
            branch_id=branch.id if branch else None,
        )
    )


def moves(library: Library, branch: Branch | None = None) -> list[tuple[str, str]]:
    return [(line.barcode, line.to_branch.isil) for line in to_move(library, branch)]


def stay_of(library: Library, barcode: str) -> Stay | None:
    status = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert status is not None
    return status.stay


def goes(library: Library, barcode: str, **options: Any) -> tuple[Destination, str]:
    answer = library.check_in(barcode, **options)
    assert isinstance(answer, CheckedIn), answer
    return answer.destination, answer.to_branch.isil


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def kinds(library: Library, barcode: str) -> Sequence[EventKind]:
    return [event.kind for event in library.events_of(barcode)]


def test_a_deposit_is_at_its_station_until_it_comes_home(library: Library) -> None:
    main, other = library.main, library.other
    first, second = an_item(library), an_item(library)
    deposit = a_placement(library, (0, other, "Waiting room"), ends=30)
    assert run(library) == 0  # it has no items yet
    stay, lent = put(library, deposit, first, second)
    assert isinstance(stay, Stay)
    assert (stay.kind, stay.name, stay.branch, stay.place, stay.until) == (
        StayKind.DEPOSIT,
        "Nursery box",
        other,
        "Waiting room",
        day(library, 30),
    )
    assert isinstance(lent, Stay)
    assert moves(library, main) == [(first, other.isil), (second, other.isil)]
    # The box is packed by checking in, and unpacked so.
    assert goes(library, first) == (Destination.TRANSIT_HOME, other.isil)
    assert moves(library) == [(second, other.isil)]
    assert goes(library, first, at=other) == (Destination.SHELF_HERE, other.isil)
    ida = a_patron(library)
    assert isinstance(library.check_out(ida, first, at=other), CheckedOut)
    assert goes(library, first) == (Destination.TRANSIT_HOME, other.isil)
    assert goes(library, first, at=other) == (Destination.SHELF_HERE, other.isil)
    library.pass_time(days=31)
    assert run(library) == 2
    assert run(library) == 0
    # What has never left is at home; what has, is to be brought there.
    assert stay_of(library, second) is None
    assert moves(library, other) == [(first, main.isil)]
    assert goes(library, first, at=other) == (Destination.TRANSIT_HOME, main.isil)
    assert goes(library, first) == (Destination.SHELF_HERE, main.isil)
    assert (stay_of(library, first), moves(library)) == (None, [])
    assert kinds(library, second) == [EventKind.STAY_BEGUN, EventKind.STAY_ENDED]


def test_a_rotating_deposit_moves_on_by_dates(library: Library) -> None:
    main, other = library.main, library.other
    barcode = an_item(library)
    deposit = a_placement(library, (2, other, ""), (10, main, "Bus"), ends=20)
    put(library, deposit, barcode)
    assert (run(library), moves(library)) == (0, [])
    assert goes(library, barcode) == (Destination.SHELF_HERE, main.isil)
    library.pass_time(days=2)
    assert (run(library), moves(library)) == (1, [(barcode, other.isil)])
    goes(library, barcode)
    goes(library, barcode, at=other)
    assert moves(library) == []
    library.pass_time(days=8)
    assert (run(library), moves(library)) == (1, [(barcode, main.isil)])
    # Run for a day long past, the job brings nothing back.
    assert run(library, day(library, -8)) == 0
    assert goes(library, barcode, at=other) == (Destination.TRANSIT_HOME, main.isil)
    assert goes(library, barcode) == (Destination.SHELF_HERE, main.isil)
    stay = stay_of(library, barcode)
    assert stay is not None
    assert stay.place == "Bus"
    assert kinds(library, barcode).count(EventKind.STAY_MOVED) == 2


def test_a_theme_is_not_lent_until_it_ends(library: Library) -> None:
    barcode = an_item(library)
    theme = a_placement(
        library,
        (0, library.main, "Christmas table"),
        kind=StayKind.THEME,
        name="Christmas",
        loan_days=0,
    )
    run(library)
    put(library, theme, barcode)
    assert moves(library) == [(barcode, library.main.isil)]  # to another shelf
    assert goes(library, barcode)[0] is Destination.SHELF_HERE
    assert moves(library) == []
    ida = a_patron(library)
    assert reasons(library.check_out(ida, barcode)) == (Reason.ON_DISPLAY,)
    # Somebody may wait for it, and does so until the theme is over.
    assert isinstance(ask(library, ida, Wanted(record_of(library, barcode))), HoldsPlaced)
    assert goes(library, barcode)[0] is Destination.SHELF_HERE
    assert end(library, theme) == 1
    assert end(library, theme) == 0
    assert moves(library) == [(barcode, library.main.isil)]  # to be taken down
    assert isinstance(library.check_out(ida, barcode), CheckedOut)
    assert goes(library, barcode) == (Destination.SHELF_HERE, library.main.isil)
    assert (stay_of(library, barcode), moves(library)) == (None, [])


def test_a_theme_can_lend_for_a_few_days(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode = an_item(library)
    theme = a_placement(library, (0, library.main, ""), kind=StayKind.THEME, loan_days=7)
    run(library)
    put(library, theme, barcode)
    ida = a_patron(library)
    lent = library.check_out(ida, barcode)
    assert isinstance(lent, CheckedOut), lent
    assert lent.loan.due.date() == day(library, 7)
    assert reasons(library.renew(ida, barcode)) == (Reason.RENEWAL_WINDOW_NOT_OPEN,)
    library.pass_time(days=3)
    renewed = library.renew(ida, barcode)
    assert isinstance(renewed, Renewed), renewed
    assert renewed.loan.due.date() == day(library, 7)


def test_holds_are_served_from_where_the_item_is(library: Library) -> None:
    main, other = library.main, library.other
    barcode = an_item(library)
    deposit = a_placement(library, (0, other, ""))
    run(library)
    put(library, deposit, barcode)
    goes(library, barcode)
    goes(library, barcode, at=other)
    a_hold(library, a_patron(library), barcode)

    def listed(branch: Branch) -> int:
        return len(
            library.read(
                lambda transaction: pick_list(transaction, branch_id=branch.id, now=library.now)
            )
        )

    assert (listed(main), listed(other)) == (0, 1)
    assert goes(library, barcode, at=other) == (Destination.TRANSIT_TO_PICKUP, main.isil)
    assert goes(library, barcode) == (Destination.HOLD_SHELF_HERE, main.isil)


def test_what_cannot_be_put_into_a_theme(sqlite_library: Library) -> None:
    library = sqlite_library
    theme = a_placement(library, (0, library.main, ""), kind=StayKind.THEME, ends=30)
    another = a_placement(library, (0, library.other, ""))
    run(library)
    barcode, held = an_item(library), an_item(library)
    a_hold(library, a_patron(library), held)
    library.check_in(held)
    first, *_ = a_set(library, 1)
    a_booking(library, a_patron(library), first, 10, 12)
    answers = put(library, theme, barcode, "nothing", held, first, barcode)
    assert [reasons(answer) for answer in answers[1:4]] == [
        (Reason.ITEM_UNKNOWN,),
        (Reason.ON_HOLD_FOR_ANOTHER,),
        (Reason.BOOKED,),
    ]
    assert answers[0] == answers[4]  # said twice, done once
    assert reasons(put(library, another, barcode)[0]) == (Reason.STAYS_ELSEWHERE,)
    short = a_placement(library, (0, library.main, ""), ends=7)
    assert isinstance(put(library, short, first)[0], Stay)
    end(library, theme)
    gone = library.write(
        lambda transaction: put_into(
            library.act(transaction), placement_id=theme.id, barcodes=(barcode,)
        )
    )
    assert reasons(gone) == (Reason.PLACEMENT_UNKNOWN,)


def test_what_is_on_deposit_cannot_be_booked_meanwhile(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second = a_set(library, 2)
    deposit = a_placement(library, (0, library.other, ""), ends=30)
    run(library)
    put(library, deposit, second)
    ida = a_patron(library)
    assert reasons(book(library, ida, first, 10, 20, 2)) == (Reason.NOT_ENOUGH_COPIES,)
    assert book(library, ida, first, 33, 40, 2)


def test_items_are_taken_out(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode, lent, early = an_item(library), an_item(library), an_item(library)
    deposit = a_placement(library, (0, library.other, ""))
    later = a_placement(library, (9, library.other, ""))
    run(library)
    put(library, deposit, barcode, lent)
    put(library, later, early)
    goes(library, barcode, at=library.other)
    library.check_out(a_patron(library), lent)
    assert [taken_out(library, each) for each in (barcode, lent, early)] == [True] * 3
    assert [taken_out(library, each) for each in (barcode, lent, early)] == [False] * 3
    assert reasons(taken_out(library, "nothing")) == (Reason.ITEM_UNKNOWN,)
    assert moves(library) == [(barcode, library.main.isil)]
    assert goes(library, lent) == (Destination.SHELF_HERE, library.main.isil)


def test_stations_and_end_can_be_changed(sqlite_library: Library) -> None:
    library = sqlite_library
    main, other = library.main, library.other
    barcode = an_item(library)
    deposit = a_placement(library, (0, other, ""), ends=9)
    run(library)
    put(library, deposit, barcode)

    def changed(*stations: Station, ends: int | None) -> Placement | None:
        return library.write(
            lambda transaction: change_placement(
                library.act(transaction),
                library.circulation.current_set_up(transaction),
                placement_id=deposit.id,
                stations=stations,
                ends=None if ends is None else day(library, ends),
                today=day(library, 0),
            )
        )

    moved = changed(Station(day(library, 0), main, "Window"), ends=None)
    assert moved is not None
    assert moved.station is not None
    assert (moved.station.place, moved.ends) == ("Window", None)
    assert moves(library) == [(barcode, main.isil)]
    later = changed(Station(day(library, 5), other), ends=8)
    assert later is not None
    assert later.station is None
    assert goes(library, barcode) == (Destination.SHELF_HERE, main.isil)
    for stations, ends in (((), 8), ((Station(day(library, 9), main),), 8)):
        with pytest.raises(ValueError, match="station"):
            changed(*stations, ends=ends)
    end(library, deposit)
    assert changed(Station(day(library, 5), other), ends=8) is None


def test_deposits_and_themes_are_listed(sqlite_library: Library) -> None:
    library = sqlite_library
    deposit = a_placement(library, (0, library.other, ""))
    theme = a_placement(library, (0, library.main, ""), kind=StayKind.THEME, name="Spring")
    put(library, theme, an_item(library))

    def listed(kind: StayKind | None = None) -> list[tuple[str, int]]:
        found = library.read(
            lambda transaction: placements(
                transaction, library.circulation.current_set_up(transaction), kind
            )
        )
        return [(each.name, each.items) for each in found]

    assert listed() == [("Nursery box", 0), ("Spring", 1)]
    assert listed(StayKind.THEME) == [("Spring", 1)]
    end(library, deposit)
    assert listed() == [("Spring", 1)]
    closed = library.read(
        lambda transaction: find_placement(
            transaction, library.circulation.current_set_up(transaction), deposit.id
        )
    )
    assert closed is not None
    assert closed.closed == library.now


def test_a_placement_must_make_sense(sqlite_library: Library) -> None:
    library = sqlite_library
    main = library.main
    for said, options in (
        ("name", {"name": " "}),
        ("booking", {"kind": StayKind.BOOKING}),
        ("negative", {"loan_days": -1}),
    ):
        with pytest.raises(ValueError, match=said):
            a_placement(library, (0, main, ""), **options)
    with pytest.raises(ValueError, match="one and the same day"):
        a_placement(library, (0, main, ""), (0, library.other, ""))


def test_a_hold_placed_before_an_item_was_kept_waits(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode = an_item(library, on_loan_to=a_patron(library))
    ida = a_patron(library)
    assert isinstance(ask(library, ida, Wanted(record_of(library, barcode))), HoldsPlaced)
    theme = a_placement(library, (0, library.main, ""), kind=StayKind.THEME, loan_days=0)
    run(library)
    put(library, theme, barcode)
    assert goes(library, barcode)[0] is Destination.SHELF_HERE
    end(library, theme)
    assert goes(library, barcode)[0] is Destination.HOLD_SHELF_HERE
