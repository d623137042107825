"""Renewals without the item at hand, and those that happen by themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from circulation.calendars.due_dates import end_of_day
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, Refused, Renewed, RenewedAll
from circulation.loans.auto_renewals import AutoRenewed, renew_automatically
from tests.builders.circulation import Library, a_patron, an_item


def run(library: Library, **options: Any) -> AutoRenewed:
    return library.write(
        lambda transaction: renew_automatically(library.act(transaction, UNATTENDED), **options)
    )


def test_some_loans_are_renewed_only_where_the_item_is_shown(library: Library) -> None:
    library.policy(loan_days=7, renewals=2, renew_unseen=False)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=2)
    refused = library.renew(card, barcode, seen=False)
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.ITEM_NOT_AT_HAND,)
    answer = library.renew_all(card)
    assert isinstance(answer, RenewedAll)
    assert [each.reasons for each in answer.refused] == [(Reason.ITEM_NOT_AT_HAND,)]
    assert isinstance(library.renew(card, barcode), Renewed)


def test_loans_renew_themselves_where_the_rules_say_so(library: Library) -> None:
    library.policy(loan_days=7, renewals=1)
    library.policy(material_group="book", auto_renew=True)
    card = a_patron(library)
    leaving = a_patron(library, expires=date(2026, 11, 30))
    plain = an_item(library, on_loan_to=card)
    books = [an_item(library, material_group="book", on_loan_to=card) for _ in range(3)]
    hindered = an_item(library, material_group="book", on_loan_to=leaving)
    assert run(library) == AutoRenewed((), (), None)  # nothing falls due yet
    due = end_of_day(library.today + timedelta(days=7), "Europe/Copenhagen")
    within = due - library.now
    assert run(library, within=within - timedelta(seconds=1)) == AutoRenewed((), (), None)
    library.now = due + timedelta(seconds=1)
    assert run(library) == AutoRenewed((), (), None)  # nor once it is overdue
    library.now = due - within
    library.pass_time(days=7)
    outcome = run(library)
    assert [each.item.barcode for each in outcome.renewed] == books
    assert [each.item.barcode for each in outcome.refused if each.item] == [hindered]
    assert outcome.renewed[0].loan.due - outcome.renewed[0].previous_due == timedelta(days=7)
    event = library.events_of(books[0])[-1]
    assert (event.kind, event.actor) == (EventKind.RENEWED, "auto-renewal")
    assert library.events_of(plain)[-1].kind is EventKind.CHECKED_OUT
    again = run(library)
    assert again.renewed == ()
    assert len(again.refused) == 1
    assert again.refused[0].reasons == (Reason.PATRON_EXPIRED,)
    library.pass_time(days=7)
    assert {each.reasons for each in run(library).refused} == {(Reason.MAX_RENEWALS_REACHED,)}


@pytest.mark.parametrize("days", [0, 2])
def test_a_loan_is_renewed_that_falls_due_in_the_first_or_the_last_second(
    sqlite_library: Library, days: int
) -> None:
    library = sqlite_library
    library.policy(loan_days=7, renewals=1, auto_renew=True)
    book = an_item(library, on_loan_to=a_patron(library))
    due = end_of_day(library.today + timedelta(days=7), "Europe/Copenhagen")
    library.now = due - timedelta(days=days)
    [renewed] = run(library, within=timedelta(days=days)).renewed
    assert renewed.item.barcode == book


def test_they_come_in_pages(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(loan_days=7, renewals=1, auto_renew=True)
    card = a_patron(library)
    books = [an_item(library, on_loan_to=card) for _ in range(5)]
    library.pass_time(days=7)
    renewed: list[str] = []
    after_id: int | None = 0
    pages = 0
    while after_id is not None:
        page = run(library, limit=2, after_id=after_id)
        renewed += [each.item.barcode for each in page.renewed]
        after_id = page.last_id
        pages += 1
    assert renewed == books
    assert pages == 3
