"""What a sorter would do is told, rule by rule, and nothing of it is done."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Database, Transaction
from circulation.accounts.loans import PatronLoans, patron_loans
from circulation.callers.sorting import SortRule, store_sort_rule
from circulation.callers.terminals import Terminal, store_terminal
from circulation.explaining.sorting import SortingExplained, explain_sorting
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, CheckedIn, Desk, Destination, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.loans.features import HoldHandling
from circulation.loans.judging import tried
from circulation.loans.returns import check_in
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database)

    def set_up(transaction: Transaction) -> None:
        rules = (
            SortRule("main", 1, "holds", held=True),
            SortRule("main", 2, "away", to_branch_id=library.other.id),
            SortRule("main", 3, "films", material_group="film"),
            SortRule("main", 4, "home", home_branch_id=library.main.id),
            SortRule("other", 1, "all"),
        )
        for rule in rules:
            store_sort_rule(transaction, rule)
        store_terminal(
            transaction,
            Terminal(
                login="sorter",
                password="$argon2id$x",
                branch_id=library.main.id,
                sorting="main",
            ),
        )
        set_up_changed(transaction)

    library.write(set_up)
    return library


def explained(library: Library, barcode: str, **options: Any) -> SortingExplained:
    answer = asked(library, barcode, **options)
    assert isinstance(answer, SortingExplained)
    return answer


def asked(library: Library, barcode: str, **options: Any) -> SortingExplained | Refused:
    desk = Desk("sorter", "", library.main.agency_id, library.main.id)
    details: dict[str, Any] = {"holds": HoldHandling.BIND} | options
    return tried(
        library.database,
        lambda transaction: explain_sorting(
            library.act(transaction, desk), item=barcode, **details
        ),
    )


def test_the_rules_up_to_the_one_that_decides(library: Library) -> None:
    answer = explained(library, an_item(library))
    assert (answer.scheme, answer.returned.sort_bin) == ("main", "home")
    assert [(each.rule.number, each.hindrance) for each in answer.tried] == [
        (1, "hold"),
        (2, "to"),
        (3, "group"),
        (4, None),
    ]
    assert answer.decided is answer.tried[-1].rule
    away = explained(library, an_item(library, home=library.other))
    assert (away.returned.sort_bin, len(away.tried)) == ("away", 2)
    other = explained(library, an_item(library), sorting="other")
    assert (other.scheme, other.returned.sort_bin) == ("other", "all")
    none = explained(library, an_item(library), sorting="none")
    assert (none.decided, none.tried, none.returned.sort_bin) == (None, (), None)


def test_nothing_is_done_and_what_is_done_then_is_what_was_told(library: Library) -> None:
    card, waiting = a_patron(library), a_patron(library)
    item = an_item(library, on_loan_to=card)
    a_hold(library, waiting, item)
    before = library.events_of(item)
    told = explained(library, item)
    assert told.returned.destination is Destination.HOLD_SHELF_HERE
    assert told.returned.held_for is not None
    assert told.returned.sort_bin == "holds"
    assert library.events_of(item) == before
    loans = library.read(
        lambda transaction: patron_loans(library.act(transaction, UNATTENDED), patron=card)
    )
    assert isinstance(loans, PatronLoans)
    assert [each.item.barcode for each in loans.loans] == [item]
    desk = Desk("sorter", "", library.main.agency_id, library.main.id)
    done = library.write(
        lambda transaction: check_in(
            Act(transaction, library.circulation, desk, library.now),
            item=item,
            holds=HoldHandling.BIND,
        )
    )
    assert isinstance(done, CheckedIn)
    assert (done.destination, done.sort_bin, done.sort_rule) == (
        told.returned.destination,
        told.returned.sort_bin,
        told.returned.sort_rule,
    )


def test_what_the_machine_would_not_take(library: Library) -> None:
    unknown = asked(library, "none")
    assert isinstance(unknown, Refused)
    assert unknown.reasons == (Reason.ITEM_UNKNOWN,)
    item = an_item(library)
    a_hold(library, a_patron(library), item)
    refused = asked(library, item, holds=HoldHandling.REFUSE)
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.ON_HOLD_FOR_ANOTHER,)
