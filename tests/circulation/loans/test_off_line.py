"""What machines did off line and cannot be booked: kept for staff, once, until settled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from catalogue.database import Database, Statement, Transaction, many, send
from circulation.jobs.running import run_job
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.loans.conflicts import forget_settled, reopen_conflict, settle_conflict
from circulation.loans.off_line import OffLineReport, Reported, lent_since, take_report
from circulation.loans.schema import loan_conflicts
from circulation.loans.waiting import try_one
from circulation.loans.work_lists import Conflict, no_block_conflicts, settled_acts
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, find_patron
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.schema import patron_identifiers
from tests.builders.circulation import Library, a_library, a_patron, an_item


@many(tuple[int | None, str | None, str | None])
def _names() -> Statement:
    return select(
        loan_conflicts.c.patron_id,
        loan_conflicts.c.patron_identifier,
        loan_conflicts.c.item_barcode,
    )


@send
def _give_card(*, card: str, former: str) -> Statement:
    its = patron_identifiers.c
    return update(patron_identifiers).where(its.identifier == former).values(identifier=card)


DAY = timedelta(days=1)


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def report(library: Library, act: Reported = Reported.CHECK_OUT, **options: Any) -> None:
    facts: dict[str, Any] = {
        "item": "I1",
        "patron": "P1",
        "refused": Refused((Refusal(Reason.ITEM_UNKNOWN), Refusal(Reason.PATRON_UNKNOWN))),
    }
    library.write(
        lambda transaction: take_report(
            library.act(transaction), OffLineReport(act, **facts | options)
        )
    )


def listed(library: Library) -> list[Conflict]:
    return list(library.read(no_block_conflicts).lines)


def test_it_stands_on_the_list_as_it_was_reported(library: Library) -> None:
    happened = library.now - timedelta(hours=3)
    due = library.now + timedelta(days=7)
    report(library, happened=happened, due=due)
    (line,) = listed(library)
    assert (line.loan_id, line.item_id, line.patron_id) == (None, None, None)
    assert (line.barcode, line.patron_identifier, line.act) == ("I1", "P1", "check-out")
    assert (line.happened, line.due, line.noted) == (happened, due, library.now)
    assert line.reasons == (Reason.ITEM_UNKNOWN, Reason.PATRON_UNKNOWN)


def test_a_patron_who_is_known_is_named(library: Library) -> None:
    a_patron(library, "P1", given_name="Ida", family_name="Holm")
    report(library, refused=Refused((Refusal(Reason.ITEM_UNKNOWN),)))
    (line,) = listed(library)
    assert line.patron_name == "Ida Holm"
    assert line.patron_id == library.read(lambda transaction: find_patron(transaction, "P1"))


def test_the_same_report_is_noted_once_and_another_is_another(library: Library) -> None:
    when = library.now
    for _ in range(3):
        report(library, happened=when)
        library.pass_time(minutes=5)
    assert len(listed(library)) == 1
    report(library, Reported.RENEWAL, happened=when)
    report(library, Reported.CHECK_IN, happened=when, patron="")
    report(library, happened=when + timedelta(minutes=1))
    assert [line.act for line in listed(library)] == [
        "check-out",
        "renewal",
        "check-in",
        "check-out",
    ]


def test_a_settling_has_a_reason_and_can_be_undone_until_the_names_are_forgotten(
    library: Library,
) -> None:
    a_patron(library, "P1")
    when = library.now
    report(library, happened=when, refused=Refused((Refusal(Reason.ITEM_UNKNOWN),)))
    (line,) = listed(library)

    def settle() -> bool:
        return library.write(
            lambda transaction: settle_conflict(library.act(transaction), line.id, "typed wrongly")
        )

    def reopen() -> bool:
        return library.write(lambda transaction: reopen_conflict(library.act(transaction), line.id))

    assert settle()
    assert not settle()
    assert listed(library) == []
    assert [each.remark for each in library.read(settled_acts).lines] == ["typed wrongly"]
    assert reopen()
    assert not reopen()
    assert listed(library) == [line]
    assert settle()
    report(library, happened=when)
    assert listed(library) == []
    library.write(lambda transaction: forget_settled(transaction, before=library.now))
    assert library.read(_names) != [(None, None, "I1")]
    library.pass_time(days=2)
    run_job(library.circulation, library.database, "off-line", day=library.today, now=library.now)
    assert library.read(_names) == [(None, None, "I1")]
    library.pass_time(days=91)
    run_job(library.circulation, library.database, "off-line", day=library.today, now=library.now)
    assert library.read(_names) == []


def test_a_settling_is_not_undone_after_a_day(library: Library) -> None:
    """The act names no patron then, so it could never be done."""
    report(library)
    (line,) = listed(library)
    library.write(lambda transaction: settle_conflict(library.act(transaction), line.id))
    library.pass_time(days=1, seconds=1)
    assert not library.write(lambda transaction: reopen_conflict(library.act(transaction), line.id))


@pytest.mark.parametrize(("ahead", "state"), [(timedelta(minutes=5), "done"), (DAY, "open")])
def test_an_act_of_the_future_is_not_done_when_its_day_comes(
    library: Library, ahead: timedelta, state: str
) -> None:
    """Its date is judged as of the moment of its report: a clock was wrong."""
    report(library, item=an_item(library), happened=library.now + ahead)
    a_patron(library, "P1")
    library.pass_time(days=3)
    run_job(library.circulation, library.database, "off-line", day=library.today, now=library.now)
    acts = [*library.read(no_block_conflicts).lines, *library.read(settled_acts).lines]
    assert [each.state for each in acts] == [state]


@pytest.mark.parametrize("is_known", [False, True])
def test_sixteen_at_once_try_or_settle_an_act_once(library: Library, is_known: bool) -> None:
    """It is done, or it is settled and not done."""
    item = an_item(library)
    report(library, item=item)
    (line,) = listed(library)
    if is_known:
        a_patron(library, "P2")
        library.write(lambda t: _give_card(t, card="P1", former="P2"))

    def work(number: int) -> bool:
        if number % 2:
            return library.write(lambda t: settle_conflict(library.act(t), line.id, "seen to"))
        return library.write(lambda t: try_one(library.act(t), line.id)) is None

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    (act,) = library.read(settled_acts).lines
    is_lent = library.read(lambda t: lent_since(t, barcode=item)) is not None
    assert act.state == ("done" if is_lent else "settled")
    assert is_known or not is_lent


@pytest.mark.parametrize("is_known", [True, False])
def test_whoever_gets_the_card_of_an_erased_patron_is_lent_nothing_for_them(
    library: Library, is_known: bool
) -> None:
    former = a_patron(library, "P1" if is_known else "P2")
    report(library)
    if not is_known:
        library.write(lambda t: _give_card(t, card="P1", former=former))

    def erase(transaction: Transaction) -> None:
        patron = find_patron(transaction, "P1")
        assert patron is not None
        erase_person(library.act(transaction), patron)

    library.write(erase)
    (line,) = listed(library)
    assert (line.patron_id, line.patron_identifier) == (None, None)
    a_patron(library, "P1", given_name="Another")
    item = an_item(library, "I1")
    run_job(library.circulation, library.database, "off-line", day=library.today, now=library.now)
    assert library.read(lambda t: lent_since(t, barcode=item)) is None


def test_whatever_a_machine_sends_is_kept_within_bounds(library: Library) -> None:
    report(library, item="I" * 1000, patron="P" * 1000)
    (line,) = listed(library)
    assert (len(line.barcode or ""), len(line.patron_identifier or "")) == (255, 255)


def test_a_national_number_is_not_kept_as_it_is(library: Library) -> None:
    library.circulation = Circulation({IDENTIFIERS: IdentifierKey(b"k" * 16)})
    report(library, patron="010101-1234")
    (line,) = listed(library)
    assert line.patron_identifier == IDENTIFIERS.of(library.circulation).stored("0101011234")
    assert (line.patron_identifier or "").startswith("cpr:")
