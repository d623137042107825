"""The pick list: what is fetched, and for whom."""

from __future__ import annotations

from circulation.holds.pick_list import ToFetch
from circulation.holds.results import HoldKind, Wanted
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
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
