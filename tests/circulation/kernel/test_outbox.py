"""The outbox: what somebody is to be told of waits beside its event, and is told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from catalogue.database import Database, Statement, Transaction, many, open_database
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.kernel.schema import outbox
from circulation.notices.choices import choose
from circulation.notices.gathering import gather
from circulation.notices.kinds import NoticeKind
from circulation.notices.terms import NoticeTerms
from circulation.patrons.blocks import block_patron
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.notices import EMAIL, act, gathered, lend, patron_id, rule, states


@many(tuple[str, int])
def _rows() -> Statement:
    return select(outbox.c.follower, outbox.c.event_id)


def waiting(library: Library) -> list[tuple[str, int]]:
    return library.read(lambda transaction: _rows(transaction))


def last_event(library: Library, card: str, kind: EventKind) -> int:
    who = patron_id(library, card)
    found = library.read(lambda transaction: events_of_patron(transaction, patron_id=who))
    return [event.id for event in found if event.kind is kind][-1]


def test_a_loan_that_nobody_is_told_of_writes_nothing(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.OVERDUE)
    card = a_patron(library, email=EMAIL)
    gathered(library)
    lend(library, card, an_item(library))
    assert waiting(library) == []
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    lend(library, card, an_item(library))
    assert waiting(library) == [("notices", last_event(library, card, EventKind.CHECKED_OUT))]
    assert gathered(library) == 1
    assert waiting(library) == []


def test_what_is_told_on_request_waits_only_for_who_has_asked(library: Library) -> None:
    """The rules of an agency stand for themselves: they need not hold everywhere."""
    agency = library.main.agency_id
    rule(library, "email", agency_id=agency)
    rule(library, kind=NoticeKind.LOAN_MADE, agency_id=agency, on_request=True)
    asking, other = a_patron(library, email=EMAIL), a_patron(library, email=EMAIL)
    asks_for_receipts(library, asking)
    gathered(library)
    lend(library, other, an_item(library))
    assert waiting(library) == []
    lend(library, asking, an_item(library))
    assert waiting(library) == [("notices", last_event(library, asking, EventKind.CHECKED_OUT))]
    rule(library, kind=NoticeKind.LOAN_MADE, branch_id=library.main.id, on_request=False)
    lend(library, other, an_item(library))
    assert len(waiting(library)) == 2
    assert gathered(library) == 2


def asks_for_receipts(library: Library, card: str) -> None:
    who, terms = patron_id(library, card), NoticeTerms(on_request=True)
    act(library, choose, who, NoticeKind.LOAN_MADE, wanted=True, terms=terms)


def test_where_the_rules_are_not_at_hand_they_are_asked_later(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library, email=EMAIL)
    gathered(library)
    act(library, block_patron, patron_id(library, card), BlockReason.DEBT)
    assert waiting(library) == [("notices", last_event(library, card, EventKind.PATRON_BLOCKED))]
    assert gathered(library) == 0
    assert waiting(library) == []


def test_what_did_not_happen_is_not_told(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.BLOCKED)
    who = patron_id(library, a_patron(library, email=EMAIL))
    gathered(library)

    def work(transaction: Transaction) -> None:
        block_patron(library.act(transaction, UNATTENDED), who, BlockReason.DEBT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        library.write(work)
    assert waiting(library) == []


def test_who_dies_while_telling_has_told_nothing(library: Library) -> None:
    """The row goes in the transaction that makes the notice: both are there, or neither."""
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    gathered(library)
    lend(library, card, an_item(library))

    def work(transaction: Transaction) -> None:
        assert gather(library.act(transaction, UNATTENDED)) == (1, None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        library.write(work)
    assert states(library, card) == []
    assert gathered(library) == 1
    assert gathered(library) == 0
    assert len(states(library, card)) == 1


def test_several_processes_tell_each_event_once(
    library: Library, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("circulation.notices.gathering.AT_MOST", 3)
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    cards = [a_patron(library, email=EMAIL) for _ in range(4)]
    gathered_all(library.database, library)
    for card in cards * 5:
        lend(library, card, an_item(library))
    others = [open_database(database_url) for _ in range(2)] if "postgresql" in database_url else []
    try:
        with ThreadPoolExecutor(4) as threads:
            databases = [library.database, *others] * 2
            made = list(threads.map(lambda each: gathered_all(each, library), databases))
    finally:
        for each in others:
            each.close()
    assert sum(made) == 20
    assert waiting(library) == []
    assert [len(states(library, card)) for card in cards] == [5] * 4


def gathered_all(database: Database, library: Library) -> int:
    total = 0
    after: int | None = 0
    while after is not None:
        start = after
        made, after = database.write(
            lambda transaction, start=start: gather(
                Act(transaction, Circulation(), UNATTENDED, library.now), after=start
            )
        ).result()
        total += made
    return total
