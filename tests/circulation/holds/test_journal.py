"""What each verb of holds answers and writes: every event, every row, by whom, where and when.

The journals are under tests/transcripts/circulation.
``python -m tests.circulation.holds.test_journal`` writes them anew: then read what has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from catalogue.database import Statement, Transaction, send
from catalogue.schema import items
from circulation.calendars.due_dates import end_of_day
from circulation.closures.closing import close_branch
from circulation.holds.absences import Absence, set_absence
from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.expiry import end_holds_of, expire_holds
from circulation.holds.judging import judge_hold
from circulation.holds.kinds import HoldKind
from circulation.holds.lengths import longest_queues
from circulation.holds.lists import HoldPage, an_item_of, find_hold, listed_holds, patron_holds
from circulation.holds.part import WAITED_FOR
from circulation.holds.pick_list import (
    begin_fetching,
    give_up_fetching,
    note_not_found,
    pick_list,
)
from circulation.holds.placing import place_holds
from circulation.holds.purge import purge_holds
from circulation.holds.recalls import cancel_recall, recall, recall_for_holds_that_begin
from circulation.holds.results import PatronHolds, Wanted
from circulation.holds.shelf import clear_shelf, hold_shelf
from circulation.holds.unfillable import unfillable_holds
from circulation.holds.wanted_copies import is_delayed
from circulation.holds.wishes import HoldWish
from circulation.holds.withdrawing import let_go_of_item
from circulation.holds.work_lists import record_queue
from circulation.items.facts import item_facts
from circulation.kernel.act import Act
from circulation.kernel.overriding import Override
from circulation.kernel.paging import Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, Desk
from circulation.kernel.set_up import read_set_up
from circulation.loans.features import HoldHandling
from circulation.loans.lost import declare_lost, suspend
from circulation.loans.schema import loans
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.patrons.changes import change_patron
from circulation.patrons.identifiers import find_patron
from circulation.patrons.kinds import PatronKind
from tests.builders.agencies import a_school
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import number_of
from tests.builders.holds import (
    a_branch,
    a_copy,
    ask,
    holds_of,
    record_of,
    shelf,
    title,
    to_fetch,
)
from tests.builders.interlending import AGREEMENT, a_borrowed_item, a_partner
from tests.builders.journal import Days, Journal, must_be_as_written, perform, write_journals

FOLDER = Path(__file__).parents[2] / "transcripts" / "circulation"


def placed(journal: Journal, patron: str, *wanted: Wanted, **options: object) -> list[int]:
    """Places holds, and gives their numbers."""
    names = ", ".join(each.item or f"title {each.record_id}" for each in wanted)
    answer = journal.act(
        f"{patron} asks for {names}", place_holds, patron=patron, wanted=wanted, **options
    )
    return [each.hold.id for each in answer.holds]


def look(day: Journal, what: str, of: Callable[..., Any], /, **about: Any) -> Any:
    """Writes down what a list of the engine says, or whatever else only reads."""
    read = day.library.read
    return day.do(what, lambda: read(lambda transaction: of(transaction, **about)))


def _withdraw(act: Act, barcode: str) -> None:
    facts = item_facts(act.transaction, barcode=barcode)
    assert facts is not None
    let_go_of_item(act, facts)


@send
def _set_recalled(*, barcode: str, recalled: datetime) -> Statement:
    its_item = select(items.c.id).where(items.c.barcode == barcode).scalar_subquery()
    return update(loans).where(loans.c.item_id == its_item).values(recalled=recalled)


def waiting(library: Library) -> Journal:
    """A queue: placing, changing, pausing, being away, giving up, and being forgotten."""
    day, main, other = Journal(library), library.main, library.other
    day.items("I1", "I2")
    first, _ = placed(day, "Ida", title(library, "I1"), Wanted(item="I2"), at=other)
    (second,) = placed(
        day,
        "Bo",
        title(library, "I1"),
        pickup_branch=other.isil,
        activates=library.today + timedelta(days=2),
        interest_until=library.today + timedelta(days=30),
        queue_class=50,
        priority=3,
    )
    about = {"record_id": record_of(library, "I1")}
    day.do(
        "the queue of title 1",
        lambda: library.read(
            lambda transaction: record_queue(
                library.circulation, transaction, now=library.now, **about
            )
        ),
    )
    ida = {"patron": "Ida", "hold_id": first}
    day.act("Ida fetches it elsewhere", change_hold, pickup_branch=other.isil, **ida)
    later = library.today + timedelta(days=20)
    day.act(
        "and later",
        change_hold,
        activates=later,
        interest_until=later,
        pickup_branch=main.isil,
        **ida,
    )
    day.act("Bo changes nothing", change_hold, patron="Bo", hold_id=second, at=other)
    day.act("Ida's hold rests", pause_hold, first=library.today, last=later, at=other, **ida)
    day.act("until further notice", pause_hold, first=library.today, **ida)
    day.act("and no more", pause_hold, first=None, last=later, **ida)
    bo = library.write(lambda transaction: find_patron(transaction, "Bo"))
    assert bo is not None
    away = Absence(library.today, library.today + timedelta(days=3))
    for what, absence in (
        ("until Saturday", away),
        ("for good", Absence(later, None)),
        ("not at all", None),
    ):
        day.act_on(f"Bo is away {what}", set_absence, bo, absence, at=other)
    day.act_on("or so the command line says", set_absence, bo, away, at=UNATTENDED)
    day.act("Bo gives up", cancel_hold, patron="Bo", hold_id=second, at=other)
    day.act("the library cannot get it for Ida", cancel_hold, unobtainable=True, **ida)
    placed(day, "Rut", title(library, "I1"))
    day.act_on("nobody has come for half a year", expire_holds, at=other, moved={"days": 179})
    day.act_on("and a day", expire_holds, at=other, moved={"days": 2})
    placed(day, "Rut", title(library, "I1"))
    day.act_on("and half a year", expire_holds, at=UNATTENDED, moved={"days": 181})
    forget = partial(library.write, lambda each: purge_holds(each, library.now))
    day.do("what ended 28 days ago is forgotten", forget, days=28)
    a_school(library)
    day.skip()
    with pytest.MonkeyPatch.context() as one_at_once:
        one_at_once.setattr("circulation.holds.purge.AT_MOST", 1)
        day.do("what ended 200 days ago is forgotten", forget, days=200)
    day.do("and the rest", forget)
    return day


def on_the_shelf(library: Library) -> Journal:
    """An item finds those who wait: fetched, sent, shelved, borrowed, not collected, undone."""
    day, other = Journal(library), library.other
    day.items("I1", "I2")
    placed(day, "Ida", title(library, "I1"), pickup_branch=other.isil)
    placed(day, "Bo", title(library, "I1"))
    day.do("the pick list", lambda: to_fetch(library))
    day.act("somebody goes for I1", begin_fetching, item="I1")
    day.act_on("and does not find it", give_up_fetching, item="I1", at=other)
    day.act("somebody goes for I1", begin_fetching, item="I1")
    day.do("here it is", lambda: library.check_in("I1"))
    day.act("the machine takes that back", cancel_check_in, item="I1")
    day.do(
        "it arrives, but nobody is told yet",
        lambda: library.check_in("I1", at=other, holds=HoldHandling.BIND),
    )
    day.do("it is shelved", lambda: library.check_in("I1", at=other))
    day.do("Ida borrows it", lambda: library.check_out("Ida", "I1", at=other))
    day.act("but the tag fails", cancel_check_out, item="I1", at=other)
    day.do("Ida borrows it again", lambda: library.check_out("Ida", "I1", at=other))
    day.do("Ida returns it", lambda: library.check_in("I1", at=other))
    day.act("which the machine takes back", cancel_check_in, item="I1", at=other)
    day.do("Ida returns it", lambda: library.check_in("I1"))
    day.do("the hold shelf", lambda: shelf(library))
    day.do("Rut takes it off the line", lambda: library.check_out("Rut", "I1", no_block=True))
    day.do("and returns it", lambda: library.check_in("I1"))
    day.act("nobody has come for it", clear_shelf, moved={"days": 9})
    placed(day, "Rut", Wanted(item="I2"))
    day.do("I2 is shelved", lambda: library.check_in("I2"))
    (hold,) = placed(day, "Ida", title(library, "I2"))
    facts = library.read(lambda transaction: item_facts(transaction, barcode="I2"))
    rut = WAITED_FOR.of(facts)
    assert rut is not None
    about = {"patron": "Rut", "hold_id": rut.hold_id}
    day.act("Rut fetches it at the harbour", change_hold, pickup_branch=other.isil, **about)
    day.act("and yet here", change_hold, pickup_branch=library.main.isil, **about)
    day.act("or there", change_hold, pickup_branch=other.isil, **about)
    day.act("it is taken off the shelf", clear_shelf)
    day.do("and shelved there", lambda: library.check_in("I2", at=other))
    day.act("Rut gives up", cancel_hold, at=other, **about)
    day.act("it goes to Ida", clear_shelf, at=other)
    day.do("who is to be told when it comes", lambda: library.check_in("I2"))
    a_copy(library, "I2")
    day.skip()
    day.act_on("I2 leaves the stock", _withdraw, "I2", at=other)
    day.act("Ida gives up", cancel_hold, patron="Ida", hold_id=hold)
    placed(day, "Bo", Wanted(item="I2"))
    day.act_on("I2 leaves the stock", _withdraw, "I2", at=other)
    return day


def sets(library: Library) -> Journal:
    """Any one of several titles, and one after the other."""
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3")
    titles = [title(library, each) for each in ("I1", "I2", "I3")]
    placed(day, "Ida", *titles, kind=HoldKind.PARALLEL)
    placed(day, "Bo", *titles, kind=HoldKind.SERIAL, pickup_branch=other.isil)
    day.do("I2 comes", lambda: library.check_in("I2"))
    day.do("Ida borrows it", lambda: library.check_out("Ida", "I2"))
    day.act("but the tag fails", cancel_check_out, item="I2")
    day.do("Ida borrows I1 instead", lambda: library.check_out("Ida", "I1"))
    day.do("and returns it", lambda: library.check_in("I1"))
    day.do("it reaches Bo", lambda: library.check_in("I1", at=other))
    day.do("who borrows it", lambda: library.check_out("Bo", "I1", at=other))
    day.act("but the tag fails", cancel_check_out, item="I1", at=other)
    day.do("Bo borrows it", lambda: library.check_out("Bo", "I1", at=other))
    day.do("I2 is next", lambda: library.check_in("I2"))
    return day


def recalls(library: Library) -> Journal:
    """Loans that end sooner because somebody waits, and holds that nothing can fill."""
    library.policy(loan_days=28, renewals=2, recall_days=7, recall_notice_days=3)
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3")
    for barcode in ("I1", "I2", "I3"):
        library.check_out("Ida", barcode)
    day.skip()
    (hold,) = placed(day, "Bo", title(library, "I1"), at=other)
    day.act("the recall is not taken back", cancel_recall, item="I1", at=other)
    day.do("Ida may not renew", lambda: library.renew("Ida", "I1"))
    day.act("Bo gives up", cancel_hold, patron="Bo", hold_id=hold)
    day.act("the recall is taken back", cancel_recall, item="I1", at=other)
    day.act("which was done", cancel_recall, item="I1", at=other)
    day.act("staff recall I2", recall, item="I2", at=other)
    day.act("and again", recall, item="I2")
    day.act("I3 is wanted later", recall, item="I3", wanted_by=library.now + timedelta(days=15))
    begins = library.today + timedelta(days=4)
    placed(day, "Rut", title(library, "I1"), activates=begins)

    def begin(transaction: Transaction) -> object:
        set_up = read_set_up(transaction)
        return recall_for_holds_that_begin(
            library.act(transaction, UNATTENDED), set_up, day=library.today
        )

    day.do("Rut's hold begins", lambda: library.write(begin), days=4)
    day.do("which recalls once", lambda: library.write(begin))
    day.items("I4")
    other_copy = a_copy(library, "I4")
    for barcode in ("I4", other_copy):
        library.check_out("Ida", barcode)
    day.skip()
    (rests,) = placed(day, "Bo", title(library, "I4"), activates=library.today + timedelta(days=40))
    (first,) = placed(day, "Rut", title(library, "I4"))
    day.act("Rut gives up", cancel_hold, patron="Rut", hold_id=first)
    placed(day, "Rut", title(library, "I4"))
    day.act("Bo wants his now", change_hold, patron="Bo", hold_id=rests, activates=library.today)
    day.do("which recalls the other", lambda: library.write(begin))
    library.policy(patron_category="guest", loanable=False)
    day.items("I5")
    a_patron(library, "guest", given_name="guest", family_name="Ek")
    placed(day, "Bo", title(library, "I5"))
    placed(day, "guest", title(library, "I5"))
    placed(day, "Rut", title(library, "I5"))
    guest = number_of(library, "guest")
    library.write(lambda each: change_patron(library.act(each), guest, {"category": "guest"}))
    day.skip()
    day.act("I1 is lost", declare_lost, item="I1")
    day.items("I6", "I7")
    library.check_out("Ida", "I6")
    library.write(partial(_set_recalled, barcode="I6", recalled=library.now))
    day.skip()
    day.act("the system before has recalled I6", cancel_recall, item="I6")
    for verb in (recall, cancel_recall):
        day.act("nobody knows it", verb, item="nothing")
        day.act("nobody has it on loan", verb, item="I7")
    lent = library.check_out("Ida", "I7")
    assert isinstance(lent, CheckedOut)
    day.skip()
    day.act("wanted when it is due anyway", recall, item="I7", wanted_by=lent.loan.due)
    until = library.today + timedelta(days=2)
    day.act("it stands still", suspend, item="I7", until=until)
    placed(day, "Rut", title(library, "I7"))
    library.now = end_of_day(until, "Europe/Copenhagen")
    day.do("and is not recalled", lambda: library.write(begin), seconds=-1)
    placed(day, "Bo", title(library, "I7"))
    day.do(
        "what nothing can fill",
        lambda: library.read(
            lambda transaction: unfillable_holds(library.circulation, transaction)
        ),
    )
    return day


def lists(library: Library) -> Journal:
    """What is listed of holds in all their states, whole and by pages."""
    day, main, other = Journal(library), library.main, library.other
    day.items("I1", "I2", "I3", "I4", "I5", "I6")
    titles = {number: title(library, f"I{number}") for number in range(1, 7)}
    for number, at in ((1, main), (2, main), (3, other), (4, main), (5, other), (6, main)):
        library.pass_time(minutes=1)
        ask(library, "Ida", titles[number], at=at)
    ask(library, "Bo", titles[1], titles[2])
    ask(library, "Rut", titles[2], at=other)
    a_copy(library, "I1")
    ida = [each.hold for each in holds_of(library, "Ida")]
    for barcode, at in (("I1", main), ("I2", main), ("I3", main), ("I5", other)):
        library.check_in(barcode, at=at)

    def done(verb: Any, **options: Any) -> None:
        library.write(lambda each: perform(library, each, verb, main, **options))

    done(change_hold, patron="Ida", hold_id=ida[1].id, pickup_branch=other.isil)
    done(cancel_hold, patron="Ida", hold_id=ida[4].id)
    done(declare_lost, item="I6")
    library.check_out("Rut", "I4", no_block=True)
    day.skip()

    def numbers(transaction: Transaction, **about: Any) -> list[Any]:
        """The holds of a page, without all that is known of them."""
        options = {"with_prospects": about.pop("with_prospects", True), "page": HoldPage(**about)}
        found = patron_holds(
            library.circulation, transaction, patron="Ida", now=library.now, **options
        )
        assert isinstance(found, PatronHolds)
        return [(each.hold.id, each.number_in_queue, each.days) for each in found.holds]

    def oldest(transaction: Transaction, **about: Any) -> list[int]:
        patron_id = find_patron(transaction, "Ida")
        assert patron_id is not None
        return [each.id for each in listed_holds(library.act(transaction), patron_id, **about)]

    def to_go(transaction: Transaction, **about: Any) -> list[int]:
        return [each.number for each in hold_shelf(transaction, only_to_go=True, **about)]

    now = {"now": library.now}
    circulation = library.circulation
    everything = look(
        day, "all that Ida waits for", partial(patron_holds, circulation), patron="Ida", **now
    )
    look(day, "all of nobody", partial(patron_holds, circulation), patron="nobody", **now)
    third = Place(ida[2].placed, ida[2].id)
    pages: dict[str, dict[str, Any]] = {
        "all, without prospects": {"with_prospects": False},
        "two": {"limit": 2},
        "none": {"limit": 0},
        "less than none": {"limit": -1},
        "those behind the third": {"after": third},
        "one behind the third": {"after": third, "limit": 1},
        "those ready": {"only_ready": True},
        "those ready behind the third": {"only_ready": True, "after": third},
        "none of those ready": {"only_ready": True, "limit": 0},
        "those on title 3": {"record_id": ida[2].record_id},
        "those on title 5": {"record_id": ida[4].record_id},
    }
    for what, page in pages.items():
        look(day, f"{what} of Ida's", numbers, **page)
    for page in (
        {},
        {"start": 2},
        {"start": 0, "limit": 1},
        {"start": 2, "limit": 2},
        {"limit": -1},
    ):
        look(day, f"what lies ready for her, {page}", oldest, are_ready=True, **page)
        look(day, f"the others, {page}", oldest, are_ready=False, **page)
    for hold_id in (ida[1].id, ida[4].id, 1):
        look(day, "one hold", partial(find_hold, circulation), hold_id=hold_id, **now)
    for at in (main, other):
        where = {"branch_id": at.id, "now": library.now}
        look(day, f"the shelf of {at.name}", hold_shelf, **where)
        look(day, "what is to go", hold_shelf, only_to_go=True, **where)
        look(day, "in vain", partial(unfillable_holds, circulation), pickup_branch_id=at.id)
    first = everything.holds[0].hold
    assert first.deadline is not None
    for what, now_then in (
        ("in the last second", first.deadline),
        ("a second later", first.deadline + timedelta(seconds=1)),
    ):
        numbers_to_go = partial(to_go, branch_id=main.id, now=now_then)
        look(day, f"what is to go {what}", numbers_to_go)
    look(day, "the longest queues", longest_queues, agency_id=main.agency_id, at_most=2)
    look(day, "of another agency", longest_queues, agency_id=0, at_most=2)
    look(day, "an item of title 1", an_item_of, record_id=ida[0].record_id)
    look(day, "of none", an_item_of, record_id=99)
    return day


def fetching(library: Library) -> Journal:
    """Who has gone for what, what nobody has found, and what is fetched instead."""
    day, main, other = Journal(library), library.main, library.other
    day.items("I1", "I2", location="Børn", sublocation="Fag", call_number="86")
    there = a_copy(library, "I1", home=other)
    day.skip()
    anna, per = (Desk(name, f"{name}'s phone", main.agency_id, main.id) for name in ("anna", "per"))
    harbour = anna._replace(branch_id=other.id)
    placed(day, "Ida", title(library, "I1"))
    placed(day, "Bo", Wanted(item="I2"))
    day.do("the pick list", lambda: to_fetch(library))
    day.act("Anna goes for I1", begin_fetching, item="I1", at=anna)
    day.act("Per is not to go as well", begin_fetching, item="I1", at=per)
    day.act("Anna goes again", begin_fetching, item="I1", at=anna)
    day.do("nobody has gone for", lambda: to_fetch(library, only_unmarked=True))
    day.do("a minute before the mark is over", lambda: to_fetch(library), hours=11, minutes=58)
    day.do("then it is over", lambda: to_fetch(library))
    day.act("Per goes for I1", begin_fetching, item="I1", at=per)
    day.act("and does not find it", note_not_found, item="I1", at=per)
    day.do("what else is to be fetched", lambda: to_fetch(library))
    day.do("another copy would do", lambda: to_fetch(library, other))
    day.act("Anna does not find that", note_not_found, item=there, at=harbour)
    day.do("the nearest is sought again", lambda: to_fetch(library))
    day.act("Anna goes for it", begin_fetching, item="I1", at=anna)
    day.act("and gives up", give_up_fetching, item="I1", at=anna)
    day.act("and again", give_up_fetching, item="I1", at=anna)
    day.act("nobody knows it", give_up_fetching, item="nothing", at=anna)
    day.act("nobody knows it", begin_fetching, item="nothing", at=anna)
    day.act("nobody knows it", note_not_found, item="nothing", at=anna)
    day.act("nobody has gone for I2, nor found it", note_not_found, item="I2", at=per)
    day.do("the pick list of a week later", lambda: to_fetch(library), days=6, hours=23, minutes=59)
    day.do("when that is forgotten", lambda: to_fetch(library))
    day.do("I2 comes", lambda: library.check_in("I2"))
    for verb in (begin_fetching, note_not_found):
        day.act("it is not wanted any more", verb, item="I2", at=per)
    return day


def closures(library: Library) -> Journal:
    """Pickup branches that are closed in an emergency: what is fetched, sent and expected."""
    day, main, harbour = Journal(library), library.main, library.other
    north = a_branch(library, 3)
    day.items("I1", "I2", "I3", "I4", "I5")
    library.policy(branch_id=north.id, material_group="atlas", holdable=False)
    a_copy(library, "I1", material_group="atlas")
    day.items("A1", material_group="atlas")
    for number, patron, at in ((1, "Ida", harbour), (2, "Bo", north), (4, "Rut", harbour)):
        placed(day, patron, title(library, f"I{number}"), pickup_branch=at.isil)
    day.do("I4 is sent to the harbour", lambda: library.check_in("I4"))
    library.check_out("Bo", "I5")
    placed(day, "Ida", title(library, "I5"), pickup_branch=harbour.isil)
    placed(day, "Ida", title(library, "A1"), pickup_branch=harbour.isil)

    def close(what: str, branch: Any, days: int, **options: Any) -> None:
        told = {"branch": branch.isil, "first": library.today, "reason": "water"} | options
        until = library.today + timedelta(days=days)
        day.act(f"{branch.name} closes {what}", close_branch, last=until, **told)

    def waits(transaction: Transaction, *, patron: str) -> list[Any]:
        found = patron_holds(library.circulation, transaction, patron=patron, now=library.now)
        assert isinstance(found, PatronHolds)
        return [(each.hold.title, each.days) for each in found.holds]

    def lines(transaction: Transaction, *, branch_id: int) -> list[Any]:
        found = pick_list(transaction, branch_id=branch_id, now=library.now)
        return [(each.item, each.pickup_branch) for each in found]

    def see(what: str) -> None:
        for patron in ("Ida", "Bo"):
            look(day, f"{patron} waits, {what}", waits, patron=patron)
        for at in (main, harbour):
            look(day, f"to be fetched at {at.name}", lines, branch_id=at.id)

    see("while all is open")
    close("until Friday, and Filial 3 stands in", harbour, 2, alternative=north.isil)
    see("while the harbour is closed")
    day.act("somebody goes for I1", begin_fetching, item="I1")
    day.do("I5 comes back", lambda: library.check_in("I5"))
    day.act("which the machine takes back", cancel_check_in, item="I5")
    day.do("I5 comes back", lambda: library.check_in("I5"))
    fifth = holds_of(library, "Ida")[1].hold.id
    day.act(
        "Ida fetches it here", change_hold, patron="Ida", hold_id=fifth, pickup_branch=main.isil
    )
    day.act("the machine takes it back", cancel_check_in, item="I5")
    day.do("I4 has come back from the closed door", lambda: library.check_in("I4"))
    close("too", north, 1)
    see("while both are closed")
    day.do("I2 stays here until then", lambda: library.check_in("I2"))
    day.act("nobody goes for I1", begin_fetching, item="I1")
    close("for a week, and the main library stands in", harbour, 6, alternative=main.isil)
    see("while the last closure names another")
    day.do("I1 is kept here", lambda: library.check_in("I1"))
    close("itself", main, 0)
    see("while everything is closed")
    library.pass_time(days=1)
    see("when the main library is open")
    library.pass_time(days=6)
    see("when all is open")
    return day


def at_the_desk(library: Library) -> Journal:
    """Copies that are to be fetched for somebody, and another who wants to borrow them."""
    day, other = Journal(library), library.other
    kiosk = library.desk()._replace(is_machine=True)
    day.items("I1", "I2", "I3", "I4")
    agreed = Override(frozenset({Reason.COPY_WANTED}), "Ida can wait")

    def late(transaction: Transaction, **about: Any) -> bool:
        return is_delayed(transaction, read_set_up(transaction), now=library.now, **about)

    placed(day, "Ida", title(library, "I1"))
    day.do("Bo may not borrow it", lambda: library.check_out("Bo", "I1"))
    day.do("nor at a kiosk", lambda: library.check_out("Bo", "I1", at=kiosk))  # type: ignore[arg-type]
    day.do("unless Ida can wait", lambda: library.check_out("Bo", "I1", overriding=agreed))
    day.act("but the tag fails", cancel_check_out, item="I1")
    early = library.now - timedelta(hours=1)
    day.do(
        "he had borrowed it before she asked",
        lambda: library.check_out("Bo", "I1", no_block=True, happened=early),
    )
    day.act("or so the machine thought", cancel_check_out, item="I1")
    day.do("he took it all the same", lambda: library.check_out("Bo", "I1", no_block=True))
    day.act("and the tag fails", cancel_check_out, item="I1")
    there = a_copy(library, "I1", home=other)
    day.skip()
    day.do("a copy elsewhere is not as near", lambda: library.check_out("Bo", "I1"))
    day.do(
        "but she waits for it no longer", lambda: library.check_out("Bo", "I1", overriding=agreed)
    )
    day.do("that copy is kept for her now", lambda: library.check_out("Rut", there, at=other))
    day.do("Bo is done", lambda: library.check_in("I1"))
    day.do("Ida fetches it", lambda: library.check_out("Ida", "I1"))
    placed(day, "Ida", title(library, "I2"))
    placed(day, "Bo", title(library, "I2"))
    day.do("Bo is behind Ida", lambda: library.check_out("Bo", "I2"))
    day.do("who is first", lambda: library.check_out("Ida", "I2"))
    day.do("Ida may not renew", lambda: library.renew("Ida", "I2"), days=1)
    (second,) = placed(day, "Rut", Wanted(item="I3"))
    day.act("Rut's rests", pause_hold, patron="Rut", hold_id=second, first=library.today)
    day.do("and keeps nothing", lambda: library.check_out("Bo", "I3"))
    day.act("but the tag fails", cancel_check_out, item="I3")
    (ida,) = placed(day, "Ida", title(library, "I3"))
    day.do("which Ida waits for as well", lambda: library.check_out("Bo", "I3"))
    free = a_copy(library, "I3")
    day.skip()
    day.do("another copy is free for her", lambda: library.check_out("Bo", "I3"))
    day.do("so he may keep it", lambda: library.renew("Bo", "I3"), days=1)
    day.do("that is kept for her", lambda: library.check_out("Rut", free))
    day.do(
        "Rut gets it at a desk that asks nothing",
        lambda: library.check_out("Rut", free, no_block=True),
    )
    day.do("now he may not keep it", lambda: library.renew("Bo", "I3"), days=1)
    for days in (6, 7, 8):
        was = library.today + timedelta(days=31 - days)
        look(day, f"Ida was to have it on {was}: is she late?", late, hold_id=ida, was=was)
    day.do("who has it is not asked", lambda: library.check_out("Rut", "I3", no_block=True))
    day.do("I1 is back", lambda: library.check_in("I1"))
    titles = [title(library, each) for each in ("I4", "I1")]
    placed(day, "Rut", *titles, kind=HoldKind.PARALLEL)
    day.do("one of two is enough for Rut", lambda: library.check_out("Bo", "I4"))
    day.do("so that is kept", lambda: library.check_out("Ida", "I1"))
    day.items("I5")
    (bo,) = placed(day, "Bo", title(library, "I5"))
    day.do("I5 is shelved for Bo", lambda: library.check_in("I5"))
    placed(day, "Ida", title(library, "I5"))
    day.act("Bo gives up", cancel_hold, patron="Bo", hold_id=bo)
    day.do("now it is kept for Ida", lambda: library.check_out("Rut", "I5"))
    second = a_copy(library, "I5")
    day.skip()
    day.do("who gets another copy", lambda: library.check_in(second))
    day.act_on("which leaves the stock", _withdraw, second)
    day.act("the shelf is cleared", clear_shelf)

    day.items("I6", "I7", "I8")
    placed(day, "Ida", title(library, "I7"))
    placed(day, "Rut", title(library, "I6"), title(library, "I7"), kind=HoldKind.PARALLEL)
    day.do("I7 is Ida's, so Rut loses I6", lambda: library.check_out("Bo", "I6"))
    a_copy(library, "I7", home=other)
    day.skip()
    day.do("another copy is at the harbour", lambda: library.check_out("Bo", "I6"))
    a_copy(library, "I7")
    day.skip()
    day.do("and now one is here", lambda: library.check_out("Bo", "I6"))

    bound = a_copy(library, "I8", home=other)
    (ida,) = placed(day, "Ida", title(library, "I8"))
    day.act("Ida's rests", pause_hold, patron="Ida", hold_id=ida, first=library.today)
    placed(day, "Bo", title(library, "I8"))
    day.do("a copy is on its way to Bo", lambda: library.check_in(bound, at=other))
    day.act("Ida is back", pause_hold, patron="Ida", hold_id=ida, first=None)
    day.do("Bo takes the copy that is Ida's", lambda: library.check_out("Bo", "I8"))
    day.do(
        "she gets his, which is not much later",
        lambda: library.check_out("Bo", "I8", overriding=agreed),
    )
    day.do("Rut has it, which Bo has lent", lambda: library.check_out("Rut", "I8", no_block=True))
    return day


def taken_back(library: Library) -> Journal:
    """Loans that are taken back when their holds have gone on to something else."""
    library.policy(loan_days=28, hold_while_on_loan=True)
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3", "I4")
    placed(day, "Ida", title(library, "I1"))
    placed(day, "Bo", title(library, "I2"))
    day.do("I1 has the first place", lambda: library.check_in("I1"))
    day.do("Ida borrows it", lambda: library.check_out("Ida", "I1"))
    day.do("I2 has the first place now", lambda: library.check_in("I2"))
    day.act("the tag of I1 fails", cancel_check_out, item="I1")
    day.do("Ida borrows it", lambda: library.check_out("Ida", "I1"))
    placed(day, "Ida", Wanted(item="I1"))
    day.do("Bo fetches his", lambda: library.check_out("Bo", "I2"))
    day.act("the tag of I1 fails", cancel_check_out, item="I1")
    day.act("it is in nobody's way", clear_shelf)
    (bo,) = placed(day, "Bo", title(library, "I3"))
    day.do("I3 is for Bo", lambda: library.check_in("I3"))
    day.do("Rut takes it", lambda: library.check_out("Rut", "I3", no_block=True))
    day.act("Rut's tag fails", cancel_check_out, item="I3")
    day.do("Rut takes it", lambda: library.check_out("Rut", "I3", no_block=True))
    second = a_copy(library, "I3")
    day.do("another copy is for him", lambda: library.check_in(second))
    day.act("Rut's tag fails", cancel_check_out, item="I3")
    day.do("Rut takes that copy", lambda: library.check_out("Rut", second, no_block=True))
    day.act("Bo gives up", cancel_hold, patron="Bo", hold_id=bo)
    day.act("Rut's tag fails", cancel_check_out, item=second)
    placed(day, "Bo", title(library, "I4"), pickup_branch=other.isil)
    day.do("I4 is on its way", lambda: library.check_in("I4"))
    day.do("Bo takes it here", lambda: library.check_out("Bo", "I4"))
    day.act("the tag fails", cancel_check_out, item="I4")
    day.do("Rut takes it", lambda: library.check_out("Rut", "I4", no_block=True))
    day.do("and returns it", lambda: library.check_in("I4"))
    day.act("which the machine takes back", cancel_check_in, item="I4")
    day.do("and returns it", lambda: library.check_in("I4", at=other))
    day.do("Bo has not come for it", lambda: library.check_in("I4", at=other), days=9)
    day.items("I5", "I6")
    (ida,) = placed(day, "Ida", title(library, "I5"))
    day.do("I5 has the first place", lambda: library.check_in("I5"))
    day.act("Ida gives up", cancel_hold, patron="Ida", hold_id=ida)
    day.do("Rut takes it off the shelf", lambda: library.check_out("Rut", "I5"))
    placed(day, "Bo", title(library, "I6"))
    day.do("I6 has the first place now", lambda: library.check_in("I6"))
    day.act("the tag of I5 fails", cancel_check_out, item="I5")
    day.act("it is taken away", clear_shelf)
    return day


def judged(library: Library) -> Journal:
    """What is said of holds before they are placed, and when they are."""
    day, other = Journal(library), library.other
    library.policy(patron_category="child", loan_days=14, max_holds=2, interest_days=10)
    library.policy(material_group="atlas", loan_days=28, holdable=False)
    library.policy(material_group="paper", on_site_only=True)
    library.policy(material_group="game", loan_days=7, hold_while_on_loan=True)
    library.policy(branch_id=other.id, material_group="film", loan_days=7, holdable=False)
    library.policy(material_group="tool", loan_hours=4)
    a_partner(library)
    day.items("I1", "I2", "I3")
    for group in ("atlas", "paper", "game", "film"):
        day.items(group, material_group=group)
    school = a_school(library)
    day.items("theirs", home=school)
    part = a_copy(library, "I3", part="1")
    a_borrowed_item(library, "Ida", "B1", agreement=AGREEMENT._replace(material_group="atlas"))
    day.items("T1", material_group="tool")
    library.policy(patron_category="baby", loan_days=14, max_holds=1)
    a_patron(library, "Eva", category="child", given_name="Eva", family_name="Ek")
    a_patron(library, "Liv", category="baby", given_name="Liv", family_name="Ek")
    a_patron(library, "Ishøj", kind=PatronKind.LIBRARY, given_name="", family_name="Ishøj")
    library.check_out("Ida", "I2")
    library.check_out("Ida", "game")
    day.skip()

    def judge(transaction: Transaction, *, wish: HoldWish) -> object:
        return judge_hold(library.act(transaction), wish)

    week = timedelta(days=7)
    passed = Override(frozenset({Reason.NOT_HOLDABLE, Reason.TOO_MANY_HOLDS}), "for a course")
    wishes: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("Ida", "I1", {}),
        ("Ida", "I1", {"pickup_branch": "DK-1"}),
        ("nobody", "I1", {}),
        ("Ida", "nothing", {}),
        ("Bo", "I1", {"activates": library.today + week, "pickup_branch": other.isil}),
        ("Rut", "I1", {"interest_until": library.today - timedelta(days=1)}),
        ("Rut", "I1", {"activates": library.today + week, "interest_until": library.today}),
        ("Ida", "I2", {}),
        ("Bo", "I2", {"queue_class": 50, "priority": 3}),
        ("Ida", "game", {}),
        ("Ida", "atlas", {}),
        ("Ida", "atlas", {"overriding": passed}),
        ("Ida", "paper", {}),
        ("Bo", "film", {}),
        ("Bo", "film", {"pickup_branch": other.isil}),
        ("Ida", "theirs", {}),
        ("Ida", "theirs", {"overriding": passed}),
        ("Eva", "I1", {}),
        ("Eva", "I2", {}),
        ("Eva", "I3", {}),
        ("Eva", "I3", {"overriding": passed}),
        ("Ishøj", "I1", {}),
        ("Ishøj", "I1", {}),
    )
    for patron, item, options in wishes:
        told = {name: value for name, value in options.items() if name != "overriding"}
        what = ", ".join((f"{patron} and {item}", *told))
        wish = HoldWish(patron, [Wanted(item=item)], **options)
        look(day, f"{what}, looked at", judge, wish=wish)
        day.act(what, place_holds, patron=patron, wanted=wish.wanted, **options)
    about = Wanted(record_of(library, "I3"))
    several = {
        "the same twice": (title(library, "I1"), Wanted(item="I1")),
        "two parts": (about._replace(part="1"), about._replace(part="2")),
        "one of two": (Wanted(item=part), Wanted(item="nothing"), about),
    }
    for what, wanted in several.items():
        for kind in (HoldKind.NORMAL, HoldKind.PARALLEL):
            day.act(f"{what}, {kind.name}", place_holds, patron="Rut", wanted=wanted, kind=kind)
    for patron in ("Ida", "Bo"):
        placed(day, patron, title(library, "T1"))
    of_foreign = record_of(library, "B1")
    [ours] = [
        each.hold.id for each in holds_of(library, "Ida") if each.hold.record_id == of_foreign
    ]
    foreign_wish: dict[str, Any] = {"wanted": [title(library, "B1")], "overriding": passed}
    day.act("Bo wants what came for Ida", place_holds, patron="Bo", **foreign_wish)
    day.act("as Ida does", place_holds, patron="Ida", **foreign_wish)
    day.act("who gives up", cancel_hold, patron="Ida", hold_id=ours)
    day.act("Bo asks again", place_holds, patron="Bo", **foreign_wish)
    day.act("and Ida", place_holds, patron="Ida", **foreign_wish)
    either = (title(library, "I1"), Wanted(item="nothing"))
    for what in ("Liv may have one", "and no more"):
        day.act(what, place_holds, patron="Liv", wanted=either, kind=HoldKind.PARALLEL)
    [hers] = [each.hold.id for each in holds_of(library, "Liv")]
    day.act("Liv gives up", cancel_hold, patron="Liv", hold_id=hers)
    placed(day, "Liv", title(library, "I2"))
    return day


def handed_in(library: Library) -> Journal:
    """Items that are handed in, at each kind of desk and machine, while patrons wait for them."""
    day, main, other = Journal(library), library.main, library.other
    north = a_branch(library, 3)
    day.items("I1", "I2", "I3", "I4", "I5", "I6")

    def comes(what: str, barcode: str, handling: HoldHandling, **options: Any) -> None:
        at = options.pop("at", main)
        work = partial(library.check_in, barcode, at=at, holds=handling)
        day.do(f"{barcode} {what}, {handling.value}", work, **options)

    comes("waits for nobody", "I1", HoldHandling.REFUSE)
    (rests,) = placed(day, "Ida", title(library, "I1"))
    day.act("Ida's rests", pause_hold, patron="Ida", hold_id=rests, first=library.today)
    for handling in (HoldHandling.REFUSE, HoldHandling.ROUTE):
        comes("may not go to Ida yet", "I1", handling)
    placed(day, "Bo", title(library, "I1"), pickup_branch=other.isil)
    for handling in (HoldHandling.REFUSE, HoldHandling.ROUTE, HoldHandling.BIND):
        comes("is for Bo", "I1", handling)
        if handling is not HoldHandling.BIND:
            comes("is for Bo there", "I1", handling, at=other)
    for handling in HoldHandling:
        comes("is on its way to Bo", "I1", handling)
    for handling in HoldHandling:
        comes("has come to Bo's branch", "I1", handling, at=other)
    for handling in (HoldHandling.ROUTE, HoldHandling.BIND):
        comes("is on the shelf still", "I1", handling, at=other)
    comes("was taken along", "I1", HoldHandling.SHELVE)
    comes("is back there", "I1", HoldHandling.SHELVE, at=other)
    kept = holds_of(library, "Bo")[0].hold
    assert kept.deadline is not None
    library.now = kept.deadline - timedelta(minutes=1)
    comes("is kept until this second", "I1", HoldHandling.SHELVE, at=other)
    comes("is kept no longer", "I1", HoldHandling.SHELVE, at=other, seconds=1)

    titles = [title(library, each) for each in ("I2", "I3")]
    placed(day, "Rut", *titles, kind=HoldKind.PARALLEL)
    placed(day, "Bo", titles[1])
    comes("is one of two", "I2", HoldHandling.BIND)
    comes("is not needed for Rut", "I3", HoldHandling.BIND)
    comes("is Rut's still", "I2", HoldHandling.SHELVE)
    comes("was not fetched", "I2", HoldHandling.SHELVE, days=9)

    placed(day, "Ida", title(library, "I4"))
    comes("is shelved for Ida", "I4", HoldHandling.SHELVE)
    second = a_copy(library, "I4")
    day.skip()
    day.act_on("it leaves the stock, but not the shelf", _withdraw, "I4")
    comes("replaces it", second, HoldHandling.BIND)
    comes("takes its place", second, HoldHandling.SHELVE)

    (fifth,) = placed(day, "Ida", title(library, "I5"))
    ida = {"patron": "Ida", "hold_id": fifth}
    comes("is shelved for Ida", "I5", HoldHandling.SHELVE)
    day.act("she fetches it at the harbour", change_hold, pickup_branch=other.isil, **ida)
    closed = {"first": library.today, "reason": "water"}
    last = library.today + timedelta(days=2)
    day.act("which closes for Filial 3", close_branch, branch=other.isil, last=last,
            alternative=north.isil, **closed)  # fmt: skip
    comes("goes to Filial 3", "I5", HoldHandling.ROUTE)
    comes("is shelved there", "I5", HoldHandling.SHELVE, at=north)
    (sixth,) = placed(day, "Bo", title(library, "I6"))
    comes("is shelved for Bo", "I6", HoldHandling.SHELVE)
    day.act("the main library closes for Filial 3", close_branch, branch=main.isil, last=last,
            alternative=north.isil, **closed)  # fmt: skip
    comes("stays on its shelf behind the closed door", "I6", HoldHandling.SHELVE)
    comes("was taken along to Filial 3", "I6", HoldHandling.SHELVE, at=north)
    day.act("which closes as well", close_branch, branch=north.isil, last=last, **closed)
    bo = {"patron": "Bo", "hold_id": sixth}
    day.act("Bo fetches it at the harbour", change_hold, pickup_branch=other.isil, **bo)
    comes("waits for the harbour", "I6", HoldHandling.SHELVE, at=north)

    library.policy(material_group="atlas", holdable=False)
    day.items("I7")
    a_copy(library, "I7", material_group="atlas")
    placed(day, "Rut", title(library, "I7"))
    placed(day, "Bo", Wanted(item="I7"))
    comes("would not be replaced for Rut", "I7", HoldHandling.ROUTE, at=other)
    a_copy(library, "I7")
    comes("is Bo's, as there is another for Rut", "I7", HoldHandling.ROUTE, at=other)
    day.act_on("Bo has died", end_holds_of, number_of(library, "Bo"))
    return day


DAYS: Days = {
    "waiting": waiting,
    "on-the-hold-shelf": on_the_shelf,
    "sets-of-holds": sets,
    "recalls": recalls,
    "lists-of-holds": lists,
    "fetching": fetching,
    "closed-branches": closures,
    "wanted-at-the-desk": at_the_desk,
    "taken-back": taken_back,
    "holds-judged": judged,
    "handed-in": handed_in,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_as_its_journal_has_it(library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
