"""The pick list: what is fetched, and for whom."""

from __future__ import annotations

from circulation.holds.kinds import HoldKind
from circulation.holds.pick_list import ToFetch, note_not_found
from circulation.holds.results import Wanted
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refused
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_copy,
    a_hold,
    ask,
    fetch,
    goes_to,
    record_of,
    to_fetch,
)


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


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


def test_the_first_in_the_queue_has_the_nearest_copy_though_another_would_do(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    volume = an_item(library, part="1")
    a_copy(library, volume, part="2")
    first = a_hold(library, a_patron(library), volume).hold
    ask(library, a_patron(library), Wanted(record_of(library, volume), part="1"))
    assert [(each.item, each.hold_id) for each in to_fetch(library)] == [(volume, first.id)]


def test_of_a_parallel_set_one_is_fetched(library: Library) -> None:
    barcodes = [an_item(library) for _ in range(3)]
    ida, ole = a_patron(library), a_patron(library)
    wanted = [Wanted(record_of(library, barcode)) for barcode in barcodes]
    ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    assert len(to_fetch(library)) == 1
    hold = a_hold(library, ole, barcodes[2]).hold
    assert hold.id in [line.hold_id for line in to_fetch(library)]


def test_each_of_two_copies_is_fetched_for_its_own_hold(sqlite_library: Library) -> None:
    library = sqlite_library
    first = an_item(library)
    second = a_copy(library, first)
    holds = [a_hold(library, a_patron(library), first).hold for _ in range(2)]
    for barcode, hold in ((second, holds[1]), (first, holds[0])):
        going = fetch(library, barcode)
        assert isinstance(going, ToFetch)
        assert (going.item, going.hold_id) == (barcode, hold.id)


def test_a_hold_on_an_item_goes_before_one_on_the_title_that_another_copy_would_do_for(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    alone, first = an_item(library), an_item(library)
    second = a_copy(library, first)
    on_title = [a_hold(library, a_patron(library), each).hold for each in (alone, first)]
    on_item = [
        a_hold(library, a_patron(library), each, only_item=True).hold for each in (alone, first)
    ]
    lines = {line.item: line.hold_id for line in to_fetch(library)}
    assert lines == {alone: on_title[0].id, first: on_item[1].id, second: on_title[1].id}


def not_found(library: Library, barcode: str, at: Branch | None = None) -> ToFetch | Refused:
    return library.write(
        lambda transaction: note_not_found(library.act(transaction, at), item=barcode)
    )


def test_what_was_not_found_is_remembered_with_who_looked(library: Library) -> None:
    barcode = an_item(library)
    a_hold(library, a_patron(library), barcode)
    fetch(library, barcode)
    library.pass_time(minutes=5)
    line = not_found(library, barcode)
    assert isinstance(line, ToFetch)
    assert (line.fetched_by, line.sought_by, line.sought) == (None, "kiosk", library.now)
    assert [each.sought_by for each in to_fetch(library, only_unmarked=True)] == ["kiosk"]
    library.pass_time(minutes=5)
    going = fetch(library, barcode)  # somebody looks again
    assert isinstance(going, ToFetch)
    assert (going.fetched_by, going.sought_by) == ("kiosk", "kiosk")
    library.pass_time(days=8)
    assert [each.sought_by for each in to_fetch(library)] == [None]
    library.check_in(barcode)
    assert reasons(not_found(library, barcode)) == (Reason.NOT_WANTED,)


def test_another_copy_is_fetched_for_the_hold_where_one_would_do(library: Library) -> None:
    first = an_item(library)
    hold = a_hold(library, a_patron(library), first).hold
    there = a_copy(library, first, home=library.other)
    assert [each.item for each in to_fetch(library)] == [first]
    not_found(library, first)
    assert to_fetch(library) == []
    [line] = to_fetch(library, library.other)
    assert (line.item, line.hold_id) == (there, hold.id)
    not_found(library, there, library.other)
    # Nobody has found either: the nearest is looked for again.
    [line] = to_fetch(library)
    assert (line.item, line.sought_by) == (first, "kiosk")
    second = a_hold(library, a_patron(library), first).hold
    lines = to_fetch(library) + to_fetch(library, library.other)
    assert {each.hold_id for each in lines} == {hold.id, second.id}
