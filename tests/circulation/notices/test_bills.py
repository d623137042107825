"""What a bill says: until when and how it is paid, and nothing of what is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalogue.database import Transaction
from circulation.fees.payment_ways import PAYMENT_SETTINGS
from circulation.kernel.set_up import set_up_changed
from circulation.loans.lost import declare_lost
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import danish, run_day, run_days
from tests.builders.fees import hand_in, lend
from tests.builders.notices import sent

WAYS = {
    "self_service": "https://bibliotek.example/betal",
    "account": "0216 4069123456",
    "fik": "+73<+87654321<",
}


def pays_by(library: Library, **ways: str) -> None:
    def work(transaction: Transaction) -> None:
        PAYMENT_SETTINGS.store(transaction, library.main.agency_id, ways)
        set_up_changed(transaction)

    library.write(work)


def text_of(library: Library, kind: NoticeKind, days: int = 0) -> str:
    """The text of that kind, the last of those that were sent on these days."""
    bodies = []
    for _ in range(days):
        run_days(library, 1)
        bodies += [each.body for each in sent(library) if each.kind is kind]
    if not days:
        run_day(library)
        run_day(library, None, "notices")
        bodies += [each.body for each in sent(library) if each.kind is kind]
    return bodies[-1]


def test_a_bill_says_until_when_and_how_it_is_paid(library: Library) -> None:
    danish(library)
    pays_by(library, **WAYS)
    lend(library, a_patron(library, email="ida@example.org"))
    bill = text_of(library, NoticeKind.BILL, 28 + 31)
    last = library.today + timedelta(days=13)  # a reminder comes on the day after
    assert f"Betal senest {last.day}. februar {last.year}:" in bill
    for way in WAYS.values():
        assert way in bill
    reminder = text_of(library, NoticeKind.REMINDER, 14)
    last = library.today + timedelta(days=20)
    assert f"Betal senest {last.day}. februar {last.year}:" in reminder
    assert "overgår kravet til inddrivelse" in reminder


def test_without_a_way_one_pays_at_the_library(library: Library) -> None:
    danish(library)
    lend(library, a_patron(library, email="ida@example.org"))
    bill = text_of(library, NoticeKind.BILL, 28 + 31)
    assert f" på {library.main.name}." in bill


def test_the_bill_of_a_lost_item_speaks_of_no_fee_that_is_not_there(library: Library) -> None:
    danish(library)
    [book] = lend(library, a_patron(library, email="ida@example.org"))
    library.write(lambda transaction: declare_lost(library.act(transaction), item=book))
    bill = text_of(library, NoticeKind.BILL)
    assert "bortfalder erstatningen." in bill
    assert "gebyr" not in bill.lower()
    hand_in(library, book)
    cancelled = text_of(library, NoticeKind.COMPENSATION_CANCELLED)
    assert "Tak for afleveringen" in cancelled
    assert "gebyr" not in cancelled.lower()


def test_a_fee_that_stands_is_told_when_the_item_comes_back(library: Library) -> None:
    danish(library)
    [book] = lend(library, a_patron(library, email="ida@example.org"))
    assert "men gebyret skal stadig betales" in text_of(library, NoticeKind.BILL, 28 + 31)
    hand_in(library, book)
    assert "Gebyret for sen aflevering skal stadig betales" in text_of(
        library, NoticeKind.COMPENSATION_CANCELLED
    )


def test_a_letter_that_costs_something_says_so(library: Library) -> None:
    from circulation.dunning.steps import Does, Step

    danish(library, steps=(Step("late", Does.NOTICE, 1, fee=1_500),))
    lend(library, a_patron(library, email="ida@example.org"))
    assert "Dette brev koster 15,00 kr." in text_of(library, NoticeKind.OVERDUE, 29)


@pytest.mark.parametrize(
    ("name", "value", "is_sound"),
    [
        ("self_service", "https://bibliotek.example/betal", True),
        ("self_service", "bibliotek.example", False),
        ("self_service", "https://bibliotek.example/be tal", False),
        ("account", "0216 4069123456", True),
        ("account", "0216-4069123456", True),
        ("account", "DK50 0040 0440 1162 43", True),
        ("account", "DK51 0040 0440 1162 43", False),
        ("account", "Danske Bank", False),
        ("fik", "+73<+87654321<", True),
        ("fik", "+71<000000000000018+87654321<", True),
        ("fik", "+71<000000000000019+87654321<", False),
        ("fik", "+71<+87654321<", False),
        ("fik", "87654321", False),
        ("fik", 87654321, False),
    ],
)
def test_what_can_be_paid_to(name: str, value: object, is_sound: bool) -> None:
    assert (PAYMENT_SETTINGS.model.problems({name: value}) == {}) is is_sound
