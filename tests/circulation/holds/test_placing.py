"""Placing holds."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, Refused
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold, ask, change, holds_of, record_of


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


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
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), patron_id, BlockReason.OTHER
        )
    )
    earlier = library.today - timedelta(days=1)
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


def test_the_number_in_the_queue_does_not_depend_on_who_asks_first(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    cards = [a_patron(library) for _ in range(3)]
    for card in cards:
        a_hold(library, card, barcode)  # all in the same moment
    for order in permutations(cards):
        numbers = {card: holds_of(library, card)[0].number_in_queue for card in order}
        assert [numbers[card] for card in cards] == [1, 2, 3]
