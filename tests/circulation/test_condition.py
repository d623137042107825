"""What there is to be done, and what was done, as told to those who watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from catalogue.database import Database, Transaction
from catalogue.tracing import here
from circulation.jobs.running import last_runs, run_job
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind
from circulation.kernel.results import CheckedOut
from circulation.loans.returns import check_in
from circulation.notices.backlog import due_notices, open_messages
from circulation.notices.kinds import NoticeState
from tests.builders.circulation import NOON, Library, a_library, a_patron, an_item, events_of_patron
from tests.builders.notices import EMAIL, claimed, gathered, lend, rule, went
from tests.builders.notices import patron_id as card_id


@dataclass
class Request:
    id: str


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def test_a_new_library_has_nothing_to_do(library: Library) -> None:
    assert library.read(lambda transaction: due_notices(transaction, now=NOON)) == 0
    found = library.read(open_messages)
    assert set(found.values()) == {0}
    assert NoticeState.WAITING.value in found
    assert library.read(last_runs) == []


def test_notices_are_due_and_then_messages(library: Library) -> None:
    card = a_patron(library, email=EMAIL)
    rule(library, "email")
    lend(library, card, an_item(library))
    assert gathered(library) > 0
    assert library.read(lambda t: due_notices(t, now=library.now)) > 0
    assert library.read(lambda t: due_notices(t, now=library.now - timedelta(days=9))) == 0
    outgoing = claimed(library)
    assert library.read(lambda t: due_notices(t, now=library.now)) == 0
    assert library.read(open_messages)[NoticeState.SENDING.value] == len(outgoing) > 0
    for each in outgoing:
        went(library, each)
    assert set(library.read(open_messages).values()) == {0}


def test_the_last_run_of_each_job_is_told(library: Library) -> None:
    for days in (1, 0):
        at = NOON - timedelta(days=days)
        run_job(Circulation(), library.database, "holds", day=at.date(), now=at)
    assert library.read(last_runs) == [("holds", NOON)]


def test_an_event_names_the_request_that_caused_it(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    answer = library.check_out(card, barcode)
    assert isinstance(answer, CheckedOut)

    def given_back(transaction: Transaction) -> None:
        here.request = Request("0123abcd-1f")
        try:
            check_in(library.act(transaction, None), item=barcode)
        finally:
            here.request = None

    library.write(given_back)
    events = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=card_id(library, card))
    )
    ids = {event.kind: event.request_id for event in events}
    assert ids[EventKind.CHECKED_OUT] is None
    assert ids[EventKind.CHECKED_IN] == "0123abcd-1f"
