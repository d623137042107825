"""Stacks and classes: many items in one transaction, each decided on its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refused, Renewed
from circulation.loans.batches import (
    LARGEST,
    BatchTooLarge,
    check_in_stack,
    check_out_pairs,
    check_out_stack,
    renew_stack,
)
from circulation.patrons.pin_rules import WINDOW
from circulation.patrons.pin_settings import USUAL
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed


def stack_out(library: Library, card: str, barcodes: list[str], **options: object) -> list[object]:
    return library.write(
        lambda transaction: check_out_stack(
            library.act(transaction), patron=card, barcodes=barcodes, **options
        )
    )


def test_a_stack_goes_out_but_for_what_is_refused(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(loan_days=28, renewals=2, max_loans=3)
    card = a_patron(library)
    taken = an_item(library, on_loan_to=a_patron(library))
    barcodes = [an_item(library), taken, an_item(library), "nothing", an_item(library)]
    barcodes.append(an_item(library))
    answers = stack_out(library, card, barcodes)
    kinds = [type(answer) for answer in answers]
    assert kinds == [CheckedOut, Refused, CheckedOut, Refused, CheckedOut, Refused]
    reasons = [answer.reasons for answer in answers if isinstance(answer, Refused)]
    assert reasons == [
        (Reason.ON_LOAN_TO_ANOTHER,),
        (Reason.ITEM_UNKNOWN,),
        (Reason.TOO_MANY_LOANS,),
    ]
    again = stack_out(library, card, barcodes[:1])
    assert again[0].reasons[0] is Reason.ALREADY_ON_LOAN_TO_PATRON  # type: ignore[attr-defined]


def test_a_stack_comes_back_and_a_stack_is_renewed(library: Library) -> None:
    first, second = a_patron(library), a_patron(library)
    barcodes = [an_item(library, on_loan_to=card) for card in (first, second, first)]
    on_shelf = an_item(library)
    library.pass_time(days=20)
    renewed = library.write(
        lambda transaction: renew_stack(
            library.act(transaction), barcodes=[*barcodes, on_shelf, "nothing"]
        )
    )
    assert [type(answer) for answer in renewed] == [Renewed] * 3 + [Refused] * 2
    assert renewed[3].reasons == (Reason.ITEM_NOT_ON_LOAN,)  # type: ignore[union-attr]
    returned = library.write(
        lambda transaction: check_in_stack(
            library.act(transaction), barcodes=[*barcodes, "nothing"]
        )
    )
    assert [type(answer) for answer in returned] == [CheckedIn] * 3 + [Refused]


def test_a_class_borrows(sqlite_library: Library) -> None:
    library = sqlite_library
    pairs = [(a_patron(library), an_item(library)) for _ in range(5)]
    pairs.append(("nobody", an_item(library)))
    answers = library.write(
        lambda transaction: check_out_pairs(library.act(transaction), pairs=pairs)
    )
    assert [type(answer) for answer in answers] == [CheckedOut] * 5 + [Refused]
    for (card, barcode), answer in zip(pairs[:5], answers, strict=False):
        assert isinstance(answer, CheckedOut)
        assert (answer.patron.identifier, answer.item.barcode) == (card, barcode)


def test_a_wrong_pin_is_one_try_for_the_whole_stack(library: Library) -> None:
    card = a_patron(library, pin_hash=hashed("2580"))
    barcodes = [an_item(library) for _ in range(USUAL.tries_at_device + 1)]
    for _ in range(USUAL.tries_at_device):
        answers = stack_out(library, card, barcodes, pin="0000")
        assert [answer.reasons for answer in answers if isinstance(answer, Refused)] == [
            (Reason.PIN_WRONG,)
        ] * len(barcodes)
    locked, *_ = stack_out(library, card, barcodes, pin="2580")
    assert isinstance(locked, Refused)
    assert locked.reasons == (Reason.PIN_LOCKED,)
    library.now += WINDOW
    assert all(
        isinstance(answer, CheckedOut) for answer in stack_out(library, card, barcodes, pin="2580")
    )


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        (check_out_stack, {"patron": "anybody"}),
        (check_in_stack, {}),
        (renew_stack, {}),
    ],
)
def test_a_batch_has_its_bounds(
    sqlite_library: Library, verb: Callable[..., list[object]], options: dict[str, str]
) -> None:
    def answers(number: int) -> int:
        barcodes = ["x"] * number
        return sqlite_library.write(
            lambda each: len(verb(sqlite_library.act(each), barcodes=barcodes, **options))
        )

    assert answers(LARGEST) == LARGEST
    with pytest.raises(BatchTooLarge):
        answers(LARGEST + 1)


def test_stacks_that_share_items_do_not_wait_for_each_other(library: Library) -> None:
    barcodes = [an_item(library) for _ in range(10)]
    cards = [a_patron(library) for _ in range(4)]
    answers: dict[str, list[object]] = {}

    def lend(card: str, order: list[str]) -> None:
        answers[card] = stack_out(library, card, order)

    threads = [
        threading.Thread(target=lend, args=(card, barcodes[:: 1 if number % 2 else -1]))
        for number, card in enumerate(cards)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 4
    lent = [a for each in answers.values() for a in each if isinstance(a, CheckedOut)]
    assert len(lent) == len(barcodes)
