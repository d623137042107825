"""Staff move holds in a queue: the order is the one that was asked for, whatever the keys were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.explaining.loans import LoanExplained, explain_loan
from circulation.holds.facts import HoldFacts
from circulation.holds.queues import order_key, since, waiting
from circulation.holds.reordering import Move, move_hold, placed_between
from circulation.holds.results import QueuedHold
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, cancel, events_of, holds_of
from tests.circulation.holds.test_queues import NOON
from tests.circulation.holds.test_queues import a_hold as facts_of
from tests.examples import examples

MICROSECOND = timedelta(microseconds=1)
_KEYS = st.tuples(
    st.sampled_from([50, 100]), st.sampled_from([0, 1]), st.integers(min_value=0, max_value=4)
)


def move(library: Library, hold_id: int, number: int, why: str = "an exam") -> QueuedHold | Refused:
    return library.write(
        lambda transaction: move_hold(library.act(transaction), Move(hold_id, number, why))
    )


@given(keys=st.lists(_KEYS, min_size=1, max_size=7), data=st.data())
@examples(300)
def test_any_hold_comes_to_stand_anywhere_and_the_others_keep_their_order(
    keys: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    queue = waiting(
        facts_of(number, queue_class=key[0], priority=key[1], placed=NOON + key[2] * MICROSECOND)
        for number, key in enumerate(keys, start=1)
    )
    hold = data.draw(st.sampled_from(queue))
    at = data.draw(st.integers(min_value=0, max_value=len(queue) - 1))
    others = [each for each in queue if each.id != hold.id]
    changed = {each.id: each for each in placed_between(hold, others[:at], others[at:])}
    wanted = [each.id for each in (*others[:at], hold, *others[at:])]
    assert [each.id for each in waiting(changed.get(each.id, each) for each in queue)] == wanted
    last = max((changed.get(each.id, each) for each in queue), key=order_key)
    if (last.queue_class, last.priority) == (100, 0):
        assert (last.queued or last.placed) <= NOON + 11 * MICROSECOND, "later ones come behind"


@pytest.mark.parametrize(
    ("ahead", "behind", "keys"),
    [
        ([], [], []),
        ([], [(1, 0, 5)], [(1, 0, 4)]),
        ([(1, 0, 5)], [], [(1, 0, 6)]),
        ([(1, 0, 5)], [(2, 0, 5)], [(2, 0, 4)]),
        ([(1, 0, 5)], [(1, 1, 5)], [(1, 1, 4)]),
        ([(1, 0, 2)], [(1, 0, 6)], [(1, 0, 4)]),
        ([(1, 0, 2)], [(1, 0, 4)], [(1, 0, 3)]),
        ([(1, 0, 2)], [(1, 0, 3), (1, 0, 9)], [(1, 0, 3), (1, 0, 4)]),
        ([(1, 0, 2)], [(1, 0, 2), (1, 0, 3), (1, 0, 6)], [(1, 0, 3), (1, 0, 4), (1, 0, 5)]),
        ([(1, 0, 2)], [(1, 0, 2), (1, 1, 2), (2, 0, 2)], [(1, 0, 3), (1, 0, 4)]),
    ],
)
def test_no_more_holds_are_renumbered_than_leave_no_room(
    ahead: list[tuple[int, int, int]],
    behind: list[tuple[int, int, int]],
    keys: list[tuple[int, int, int]],
) -> None:
    def hold(number: int, key: tuple[int, int, int]) -> HoldFacts:
        moment = NOON + key[2] * MICROSECOND
        return facts_of(number, queue_class=key[0], priority=key[1], placed=moment)

    first = [hold(number, key) for number, key in enumerate(ahead, 1)]
    rest = [hold(number, key) for number, key in enumerate(behind, 3)]
    changed = placed_between(hold(2, (3, 3, 3)), first, rest)
    assert [each.id for each in changed] == [2, *(each.id for each in rest)][: len(keys)]
    assert [
        (each.queue_class, each.priority, (since(each) - NOON) // MICROSECOND) for each in changed
    ] == keys


def test_a_hold_is_moved_with_a_reason_which_explain_shows(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    cards = [a_patron(library) for _ in range(3)]
    first, second, third = (a_hold(library, card, barcode).hold for card in cards)
    moved = move(library, third.id, 1)
    assert isinstance(moved, QueuedHold)
    assert moved.number_in_queue == 1
    assert [holds_of(library, card)[0].number_in_queue for card in cards] == [2, 3, 1]
    event = events_of(library, third)[-1]
    assert event.before == {"number_in_queue": 3}
    assert event.after == {"number_in_queue": 1, "why": "an exam"}

    explained = library.read(
        lambda transaction: explain_loan(
            library.act(transaction), patron=cards[2], item=barcode, branch=None
        )
    )
    assert isinstance(explained, LoanExplained)
    assert [each.after["why"] for each in explained.overrides] == ["an exam"]

    move(library, third.id, 99)
    assert [holds_of(library, card)[0].number_in_queue for card in cards] == [1, 2, 3]
    library.pass_time(days=1)
    later = a_patron(library)
    a_hold(library, later, barcode)
    assert holds_of(library, later)[0].number_in_queue == 4
    library.check_in(barcode)
    assert holds_of(library, cards[0])[0].hold.bound_item == barcode
    assert (first.id, second.id) < (second.id, third.id)


def test_what_stays_where_it_is_leaves_no_event(library: Library) -> None:
    hold = a_hold(library, a_patron(library), an_item(library, on_loan_to=a_patron(library))).hold
    before = len(events_of(library, hold))
    assert isinstance(move(library, hold.id, 5), QueuedHold)
    assert len(events_of(library, hold)) == before


def test_what_cannot_be_moved_is_refused(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library, on_loan_to=a_patron(library))
    hold = a_hold(library, card, barcode).hold
    with pytest.raises(ValueError, match="says why"):
        move(library, hold.id, 1, " ")
    library.check_in(barcode)
    with pytest.raises(ValueError, match="has its item"):
        move(library, hold.id, 1)
    cancel(library, card, hold)
    answer = move(library, hold.id, 1)
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.HOLD_UNKNOWN,)
