"""What a hold could expect, before anybody places it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Database
from circulation.holds.absences import Absence, set_absence
from circulation.holds.judging import HoldProspect, judge_hold
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refused
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.fees import fee_rule
from tests.builders.holds import a_hold, holds_of, title


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def judged(
    library: Library, card: str, wanted: Wanted, at: Branch | None = None, **options: Any
) -> HoldProspect | Refused:
    wish = HoldWish(card, [wanted], pickup_branch=at.isil if at else None, **options)
    return library.read(lambda transaction: judge_hold(library.act(transaction), wish))


def prospect(library: Library, card: str, wanted: Wanted, **options: Any) -> HoldProspect:
    found = judged(library, card, wanted, **options)
    assert isinstance(found, HoldProspect), found
    return found


def test_what_is_expected_is_what_comes(library: Library) -> None:
    item = an_item(library, on_loan_to=a_patron(library))
    for number in range(1, 5):
        card = a_patron(library)
        expected = prospect(library, card, title(library, item))
        assert not holds_of(library, card), "nothing was placed"
        placed = a_hold(library, card, item)
        assert (expected.number_in_queue, expected.days) == (number, placed.days)
        assert placed.number_in_queue == number
        assert (expected.pickup_branch, expected.refusals) == (placed.hold.pickup_branch, ())


def test_who_is_away_waits_until_they_are_back(library: Library) -> None:
    card, item = a_patron(library), an_item(library)
    patron = library.read(lambda transaction: find_patron(transaction, card))
    assert patron is not None
    back = Absence(library.today, library.today + timedelta(days=60))
    library.write(lambda transaction: set_absence(library.act(transaction), patron, back))
    expected = prospect(library, card, title(library, item))
    assert expected.days is not None
    assert expected.days > 60
    assert expected.days == a_hold(library, card, item).days


def test_all_that_the_rules_say_against_it(library: Library) -> None:
    library.policy(loan_days=28, max_holds=1)
    card, item = a_patron(library), an_item(library)
    a_hold(library, card, item)
    found = prospect(library, card, title(library, item))
    codes = {each.reason for each in found.refusals}
    assert codes == {Reason.TOO_MANY_HOLDS, Reason.ALREADY_ON_HOLD}
    assert found.number_in_queue == 2


def test_what_a_hold_costs_is_said_before(library: Library) -> None:
    fee_rule(library, hold_fee=1_000)
    found = prospect(library, a_patron(library), title(library, an_item(library)))
    [fee] = found.refusals
    assert (fee.reason, fee.amount) == (Reason.FEE_NOT_ACKNOWLEDGED, 1_000)


@pytest.mark.parametrize(
    ("card", "wanted", "reason"),
    [
        ("nobody", Wanted(1), Reason.PATRON_UNKNOWN),
        (None, Wanted(999_999), Reason.RECORD_UNKNOWN),
        (None, Wanted(item="none"), Reason.ITEM_UNKNOWN),
    ],
)
def test_what_there_is_not(
    library: Library, card: str | None, wanted: Wanted, reason: Reason
) -> None:
    found = judged(library, card or a_patron(library), wanted)
    assert isinstance(found, Refused)
    assert [each.reason for each in found.refusals] == [reason]


def test_the_branch_of_pickup_is_the_one_asked_for(library: Library) -> None:
    card, item = a_patron(library), an_item(library)
    found = prospect(library, card, title(library, item), at=library.other)
    assert found.pickup_branch.id == library.other.id
