"""What letters announce is what the flow then does, for each kind of person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from circulation.dunning.steps import Step
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import set_up_changed
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import NOTICE_RULES
from circulation.patrons.guardians import add_guardian
from circulation.patrons.kinds import PatronKind
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import (
    DANISH,
    changed,
    claims,
    danish,
    kinds,
    notices_by,
    run_days,
    told,
    without,
)
from tests.builders.fees import fee_rule, hand_in, lend, number_of
from tests.builders.notices import sent, write

#: Loans of the builders are due after 28 days; the flow has ended by then.
DUE, END = 28, 28 + 31 + 14 + 21 + 10
Person = Callable[[Library], str]


def an_adult(library: Library) -> str:
    return a_patron(library, email="ida@example.org")


def a_child(library: Library) -> str:
    born = library.today - timedelta(days=10 * 365)
    card = a_patron(library, birth_date=born)
    parent = a_patron(library, email="mor@example.org")
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction, UNATTENDED),
            number_of(library, card),
            number_of(library, parent),
            today=library.today,
        )
    )
    notices_by(library, "email", guardians="instead")
    return card


def an_institution(library: Library) -> str:
    return a_patron(library, kind=PatronKind.GROUP, email="hus@example.org")


def a_pupil(library: Library) -> str:
    fee_rule(library, patron_category="school", compensation="none", late_fees="none")
    return a_patron(library, category="school", email="elev@example.org")


def one_told_of_no_recall(library: Library) -> str:
    notices_by(library, "email")
    write(
        library,
        NOTICE_RULES.store,
        patron_category="school",
        kind=NoticeKind.RECALL.value,
        channels=[],
    )
    library.write(set_up_changed)
    return a_patron(library, category="school", email="elev@example.org")


PERSONS: dict[str, tuple[Person, tuple[Step, ...], str]] = {
    # who, by which flow, and the last thing that is announced
    "an adult": (an_adult, DANISH, "collection"),
    "a child": (a_child, DANISH, "reminder"),
    "a child whose guardian is asked": (
        a_child,
        changed("collection", children="guardian"),
        "collection",
    ),
    "an institution": (an_institution, DANISH, "reminder"),
    "a pupil who is charged nothing": (a_pupil, DANISH, "recall"),
    "one who is told of no recall": (one_told_of_no_recall, DANISH, "collection"),
    "an adult below the minimum": (
        an_adult,
        changed("collection", minimum=100_000),
        "reminder",
    ),
    "an adult who reaches it with the fee of the reminder": (
        an_adult,
        tuple(
            step
            for step in changed("collection", minimum=25_000 + 8_000 + 23_000 + 10_000)
            for step in (
                [Step("reminder", step.does, 14, "previous", fee=10_000)]
                if step.code == "reminder"
                else [step]
            )
        ),
        "collection",
    ),
    "where nothing is collected": (an_adult, without("collection"), "reminder"),
    "where debts below a minimum are not reminded of": (
        an_adult,
        changed("reminder", minimum=100_000),
        "bill",
    ),
    "where nobody is reminded": (an_adult, without("reminder", "collection"), "bill"),
}


@pytest.mark.parametrize("who", PERSONS)
def test_letters_announce_what_the_flow_then_does(library: Library, who: str) -> None:
    person, steps, last = PERSONS[who]
    danish(library, steps=steps)
    card = person(library)
    lend(library, card)
    run_days(library, END)
    letters = [each for each in told(library, card) if each.kind != "block_warning"]
    announced = [(each.facts["next"], each.facts["next_date"]) for each in letters[:-1]]
    came = [(each.kind, each.at.date().isoformat()) for each in letters[1:]]
    assert announced == came
    assert "next" not in letters[-1].facts
    assert came[-1][0] == last
    assert ("collection" in kinds(library, card)) == bool(claims(library, card))


@pytest.mark.parametrize("amount", [0, 12_000])
def test_before_a_bill_its_price_is_told(library: Library, amount: int) -> None:
    danish(library)
    card = an_adult(library)
    costs: dict[str, Any] = {"price": amount, "currency": "DKK"} if amount else {}
    lend(library, card, **costs)
    run_days(library, DUE + 15)
    [recall] = [each for each in told(library, card) if each.kind == "recall"]
    [price] = recall.facts["prices"]
    assert recall.facts["next_fee"] is True
    run_days(library, 16)
    bill = told(library, card)[-1]
    assert (bill.kind, bill.at.date()) == ("bill", date.fromisoformat(recall.facts["next_date"]))
    body = {each.kind: each.body for each in sent(library)}[NoticeKind.BILL]
    text = f"{price['amount'] // 100},00 kr."
    assert text in body


def test_a_child_is_not_threatened_with_collection(library: Library) -> None:
    danish(library)
    card = a_child(library)
    lend(library, card)
    bodies = []
    for _ in range(END):
        run_days(library, 1)
        bodies += [(each.kind, each.body) for each in sent(library)]
    assert NoticeKind.REMINDER in [kind for kind, _ in bodies]
    assert not [body for _, body in bodies if "inddrivelse" in body]


def test_a_small_debt_is_not_threatened_with_collection(library: Library) -> None:
    danish(library)
    card = an_adult(library)
    [book] = lend(library, card)
    library.pass_time(days=DUE + 3)
    hand_in(library, book)
    run_days(library, 14)
    [reminder] = told(library, card)
    assert (reminder.kind, reminder.facts.get("next")) == ("reminder", None)


def test_what_was_passed_over_is_not_counted_as_told(library: Library) -> None:
    danish(library)
    card = an_adult(library)
    lend(library, card)
    library.pass_time(days=DUE + 10)
    run_days(library, 1)
    [letter] = told(library, card)
    assert (letter.kind, letter.facts["step"], letter.facts["number"]) == (
        "overdue",
        "overdue-2",
        1,
    )


def test_debts_with_different_ends_are_told_in_letters_of_their_own(library: Library) -> None:
    """One was charged to a child, the other to a grown-up: only of the latter is anything asked."""
    danish(library)
    born = library.today - timedelta(days=18 * 365 + 4 - 40)  # grown up 40 days from now
    card = a_patron(library, birth_date=born, email="ung@example.org")
    first, second = lend(library, card, 2)
    library.pass_time(days=DUE + 9)
    hand_in(library, first)
    library.pass_time(days=30)
    hand_in(library, second)
    run_days(library, 60)
    reminders = [each for each in told(library, card) if each.kind == "reminder"]
    [collection] = [each for each in told(library, card) if each.kind == "collection"]
    assert [each.facts.get("next") for each in reminders] == [None, "collection"]
    assert collection.cause["charges"] == reminders[1].cause["charges"]


def test_the_recall_says_until_when_and_at_what_price(library: Library) -> None:
    danish(library)
    card = an_adult(library)
    lend(library, card, price=12_000, currency="DKK")
    run_days(library, DUE + 14)
    sent(library)
    run_days(library, 1)
    [recall] = sent(library)
    due = date(2026, 12, 23)
    last = due + timedelta(days=30)  # on the day after it the bill is made
    assert (
        f"senest {last.day}. januar {last.year}, sender vi en regning på erstatning og gebyr"
        in (recall.body)
    )
    assert ": 200,00 kr." in recall.body
