"""What each verb of lending answers and writes: every event, every row, by whom, where and when.

The journals are under tests/transcripts/circulation.
``python -m tests.circulation.loans.test_journal`` writes them anew: then read what has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.calendars.due_dates import end_of_day
from circulation.holds.changing import cancel_hold
from circulation.holds.recalls import recall
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, CheckedOut, LoanMark, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_float_group
from circulation.loans import auto_renewals, batches, lost, off_line, onward, renewals, undo
from circulation.loans.conflicts import settle_conflict
from circulation.loans.features import HoldHandling
from circulation.loans.of_patron import open_loans_of
from circulation.loans.privacy import (
    cut_history,
    cut_old_history,
    is_history_due,
    set_history_days,
)
from circulation.loans.statistics import count_day, loans_by
from circulation.loans.today import day_of_branch
from circulation.loans.wishes import OffLineReturn
from circulation.loans.work_lists import (
    items_missing,
    lost_and_claimed,
    no_block_conflicts,
    overdue_loans,
    transits_overdue,
)
from circulation.notices.kinds import NoticeKind
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.consents import give_consent
from circulation.patrons.kinds import Consent
from tests.builders.agencies import a_school
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import danish_fees, number_of
from tests.builders.holds import holds_of
from tests.builders.interlending import a_borrowed_item, a_partner
from tests.builders.journal import Days, Journal, must_be_as_written, perform, write_journals
from tests.builders.notices import rule
from tests.builders.pins import hashed

FOLDER = Path(__file__).parents[2] / "transcripts" / "circulation"


def lending(library: Library) -> Journal:
    """Check-out, renewal, check-in, and what a machine takes back."""
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3")
    day.do("Ida borrows I1", lambda: library.check_out("Ida", "I1"))
    # Only the owner, or what has happened already, says until when.
    until = library.now + timedelta(days=90)
    renew = partial(library.renew, "Ida", "I1", at=other, due=until)
    day.do("Ida renews I1 at the harbour", renew, days=3)
    day.do("Ida borrows I2 at the harbour", lambda: library.check_out("Ida", "I2", at=other))
    day.do("Ida renews everything", lambda: library.renew_all("Ida"), days=1)
    day.do("Bo is refused I1", lambda: library.check_out("Bo", "I1"))
    day.do("Ida returns I1 at the harbour", lambda: library.check_in("I1", at=other))
    day.do("I1 comes home", lambda: library.check_in("I1"))
    early = library.now - timedelta(hours=5)
    day.do("I2 lay in the book drop", lambda: library.check_in("I2", returned=early))
    day.act("the machine takes that back", undo.cancel_check_in, item="I2")
    day.act("and asks again", undo.cancel_check_in, item="I2")
    day.do("I2 is returned", lambda: library.check_in("I2", at=other))
    day.act("the harbour takes it back", undo.cancel_check_in, item="I2", at=other)
    day.do("Bo borrows I3", lambda: library.check_out("Bo", "I3"))
    day.act("the machine could not write the tag", undo.cancel_check_out, item="I3")
    day.act("and asks again", undo.cancel_check_out, item="I3")
    day.act("the harbour cannot", undo.cancel_check_out, item="I3", at=other)
    day.do("I3 is handed in at the harbour", lambda: library.check_in("I3", at=other))
    day.do("Bo borrows it there", lambda: library.check_out("Bo", "I3", at=other))
    day.act("and the tag fails: it travels on", undo.cancel_check_out, item="I3", at=other)
    everywhere = frozenset({library.main.id, other.id})
    library.write(lambda transaction: store_float_group(transaction, "all", everywhere))
    library.write(set_up_changed)
    day.items("I4", float_group="all")
    day.do("Rut borrows I4, which floats", lambda: library.check_out("Rut", "I4"))
    day.do("and returns it at the harbour", lambda: library.check_in("I4", at=other))
    day.act("which the machine takes back", undo.cancel_check_in, item="I4", at=other)
    day.do("I4 is returned at home", lambda: library.check_in("I4"))
    late = {"minutes": 15, "seconds": 1}
    day.act("it is too late to take that back", undo.cancel_check_in, item="I4", moved=late)
    day.do("Rut borrows it", lambda: library.check_out("Rut", "I4"))
    day.act("the last moment", undo.cancel_check_out, item="I4", moved={"minutes": 15})
    return day


def standing_still(library: Library) -> Journal:
    """Claims, losses, suspensions, and two borrowers of one loan."""
    danish_fees(library, compensation="price", handling=8_000)
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3", "I4", price=20000, currency="DKK")
    day.do("Ida borrows I1", lambda: library.check_out("Ida", "I1"))
    day.act("Ida lends I1 to Bo", onward.lend_onward, item="I1", to="Bo", at=other)
    day.act("and once more", onward.lend_onward, item="I1", to="Bo")
    day.act("Bo gives it to Rut", onward.lend_onward, item="I1", to="Rut")
    day.act("Rut gives it back", onward.end_onward_loan, item="I1", at=other)
    day.act("and once more", onward.end_onward_loan, item="I1")
    day.act("nobody has I2 on loan", onward.end_onward_loan, item="I2")
    until = library.today + timedelta(days=9)
    day.act("I1 stands still", lost.suspend, item="I1", until=until, at=other)
    day.act("for two days less", lost.suspend, item="I1", until=until - timedelta(days=2))
    day.act("and goes on", lost.resume, item="I1")
    day.act("and stands still", lost.suspend, item="I1", until=until)
    moment = library.now
    library.now = end_of_day(until, "Europe/Copenhagen") - timedelta(seconds=1)
    day.act("until", onward.lend_onward, item="I1", to="Bo", moved={"seconds": 0})
    day.act("that second", onward.lend_onward, item="I1", to="Bo", moved={"seconds": 1})
    day.act("so it cannot go on", lost.resume, item="I1")
    day.act("Bo gives it back", onward.end_onward_loan, item="I1")
    library.now = moment
    day.act("Ida says it was returned", lost.claim_returned, item="I1", at=other)
    day.act("and says so again", lost.claim_returned, item="I1")
    day.act("and finds it", lost.withdraw_claim, item="I1")
    day.act("Ida says it was returned", lost.claim_returned, item="I1")
    day.do("She was right", lambda: library.check_in("I1"), days=2)
    day.do("Bo borrows I2", lambda: library.check_out("Bo", "I2"))
    day.act("Bo has lost I2", lost.declare_lost, item="I2", at=other)
    day.act("and says so again", lost.declare_lost, item="I2")
    day.act("and finds it", lost.find, item="I2", at=other)
    day.act("and loses it", lost.declare_lost, item="I2")
    day.do("and brings it", lambda: library.check_in("I2"), days=1)
    day.act("I3 is not on its shelf", lost.declare_lost, item="I3")
    day.act("but it is", lost.find, item="I3", at=other)
    day.act("and is not", lost.declare_lost, item="I3")
    day.do("Rut comes with it", lambda: library.check_out("Rut", "I3"), hours=1)
    day.act("and the tag fails: it is missing", undo.cancel_check_out, item="I3")
    day.do("It is handed in", lambda: library.check_in("I3"))
    day.do("I4 begins to travel", lambda: library.check_in("I4", at=other))
    day.act("and does not come", lost.declare_lost, item="I4")
    day.do("I4 turns up", lambda: library.check_in("I4", at=other))
    comes = partial(library.check_in, "I4", at=other)
    earlier, later = (library.now + timedelta(hours=hours) for hours in (-2, 2))
    day.do("it lay in the book drop", partial(comes, returned=earlier))
    day.do(
        "so says another system",
        partial(comes, returned=earlier, off_line=OffLineReturn(None, is_followed=True)),
    )
    day.do(
        "whose clock is fast",
        partial(comes, returned=later, off_line=OffLineReturn(None, is_followed=True)),
    )
    library.check_out("Rut", "I4")
    day.act("Rut says it was returned", lost.claim_returned, item="I4", moved={"days": 1})
    earlier = library.now - timedelta(hours=2)
    day.do("two hours before", partial(comes, returned=earlier), days=1)
    return day


def off_the_line(library: Library) -> Journal:
    """What happened while the line was down, and what staff settle."""
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3")
    library.policy(loan_days=28, renewals=1)
    day.skip()
    day.do("Ida borrows I1", lambda: library.check_out("Ida", "I1"))
    library.pass_time(days=2)
    earlier, due = library.now - timedelta(hours=6), library.now + timedelta(days=7)
    day.do(
        "Bo had borrowed I1 six hours ago",
        lambda: library.check_out("Bo", "I1", at=other, no_block=True, happened=earlier, due=due),
    )
    day.do(
        "which is reported again",
        lambda: library.check_out("Bo", "I1", at=other, no_block=True, happened=earlier, due=due),
    )
    day.do(
        "and Rut a day before",
        lambda: library.check_out(
            "Rut", "I1", at=other, no_block=True, happened=earlier - timedelta(days=1)
        ),
    )
    day.do(
        "Bo renewed it an hour ago",
        lambda: library.renew(
            "Bo", "I1", at=other, no_block=True, happened=library.now - timedelta(hours=1)
        ),
    )
    day.do(
        "and again, which is once too often",
        lambda: library.renew(
            "Bo", "I1", no_block=True, happened=library.now - timedelta(minutes=30)
        ),
    )
    for number in (1, 2):
        day.act_on(f"conflict {number} is settled", settle_conflict, number, at=other)
    day.act_on("and once more", settle_conflict, 2)
    day.act_on("conflict 3 is settled, from the command line", settle_conflict, 3, at=UNATTENDED)
    unknown = library.check_out("nobody", "I2", no_block=True)
    for what in ("nobody borrowed I2", "which is reported again"):
        day.act(
            what,
            off_line.take_report,
            reported=off_line.Reported.CHECK_OUT,
            at=other,
            item="I2",
            patron="nobody",
            refused=unknown,
            happened=earlier,
            due=due,
        )
    nothing = library.check_in("nothing")
    day.act(
        "what nobody knows was handed in",
        off_line.take_report,
        reported=off_line.Reported.CHECK_IN,
        item="nothing",
        patron="",
        refused=nothing,
    )
    lent = library.check_out("Ida", "I3")
    assert lent
    day.skip()
    day.do("Rut has I3 now", lambda: library.check_out("Rut", "I3", no_block=True))
    day.act("which the machine takes back", undo.cancel_check_out, item="I3")
    return day


def borrowed(library: Library) -> Journal:
    """An item of another library, and what its owner is told."""
    library.policy(loan_days=28, renewals=2, recall_days=7, recall_notice_days=3)
    a_partner(library, sends_notices=True)
    day, other = Journal(library), library.other
    a_borrowed_item(library, "Ida", "B1", due=library.now + timedelta(days=20))
    day.skip()
    day.do("B1 has come", lambda: library.check_in("B1"))
    day.do("Ida borrows it", lambda: library.check_out("Ida", "B1"))
    day.act("but the tag fails", undo.cancel_check_out, item="B1")
    day.do("Ida borrows it", lambda: library.check_out("Ida", "B1"))
    day.do("and renews it", lambda: library.renew("Ida", "B1", at=other), days=1)
    due = library.now + timedelta(days=40)
    day.do(
        "which the owner allows",
        lambda: library.renew("Ida", "B1", at=other, by_owner=True, due=due),
    )
    day.act("it is recalled", recall, item="B1", at=other)
    day.act("Ida has lost it", lost.declare_lost, item="B1", at=other)
    day.act("and finds it", lost.find, item="B1", at=other)
    day.do("and returns it", lambda: library.check_in("B1", at=other))
    day.act("which the machine takes back", undo.cancel_check_in, item="B1", at=other)
    day.do("and returns it", lambda: library.check_in("B1"))
    a_borrowed_item(library, "Bo", "B2", request_id="REQ-9")
    day.skip()
    [hold] = [each.hold for each in holds_of(library, "Bo")]
    day.act("Bo gives up waiting", cancel_hold, patron="Bo", hold_id=hold.id, at=other)
    return day


def many_at_once(library: Library) -> Journal:
    """Stacks, a class, and loans that the rules renew by themselves."""
    library.policy(loan_days=28, renewals=1, auto_renew=True)
    library.policy(material_group="manual", auto_renew=False)
    rule(library, "print", kind=NoticeKind.NOT_RENEWED)
    day, other = Journal(library), library.other
    day.items("M1", material_group="manual")
    library.check_out("Ida", "M1", at=other)
    day.skip()
    day.items("I1", "I2", "I3", "I4")
    stack = {"at": other}
    day.act(
        "Ida lays two on the plate",
        batches.check_out_stack,
        patron="Ida",
        barcodes=["I1", "I2"],
        **stack,
    )
    pairs = [("Bo", "I3"), ("Rut", "I4"), ("Rut", "I1")]
    day.act("a class borrows", batches.check_out_pairs, pairs=pairs, **stack)
    library.pass_time(days=1)
    day.act("staff renew a pile", batches.renew_stack, barcodes=["I1", "nothing", "I3"], **stack)
    day.act("a box comes back", batches.check_in_stack, barcodes=["I1", "nothing"], **stack)
    returned = library.now - timedelta(hours=2)
    day.act(
        "and another, of this morning",
        batches.check_in_stack,
        barcodes=["I2"],
        returned=returned,
        holds=HoldHandling.ROUTE,
    )

    def renew_those_due(transaction: Transaction) -> auto_renewals.AutoRenewed:
        return auto_renewals.renew_automatically(
            library.act(transaction, UNATTENDED), within=timedelta(days=2)
        )

    for what, days in (("two are to fall due", 27), ("and one again, which is not renewed", 28)):
        day.do(what, lambda: library.write(renew_those_due), days=days)
    return day


def look(day: Journal, what: str, of: Callable[..., Any], /, **about: Any) -> Any:
    """Writes down what a list of the engine says, or whatever else only reads."""
    read = day.library.read
    return day.do(what, lambda: read(lambda transaction: of(transaction, **about)))


def work_lists(library: Library) -> Journal:
    """What staff have to see to, whole, by branch and by pages."""
    library.policy(material_group="film", loan_days=7, renewals=1, renew_unseen=False)
    day, main, other = Journal(library), library.main, library.other
    day.items("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9")
    day.items("F1", material_group="film")
    for patron, barcode, at in (
        ("Ida", "I1", main),
        ("Ida", "I2", main),
        ("Bo", "I3", other),
        ("Ida", "I4", other),
        ("Ida", "F1", other),
        ("Rut", "I7", main),
    ):
        library.pass_time(hours=1)
        library.check_out(patron, barcode, at=at)

    def done(verb: Any, **options: Any) -> None:
        library.pass_time(hours=1)
        library.write(lambda each: perform(library, each, verb, main, **options))

    for barcode in ("I4", "F1"):
        done(onward.lend_onward, item=barcode, to="Bo")
    done(lost.claim_returned, item="I2")
    done(lost.declare_lost, item="I3")
    done(lost.declare_lost, item="I5")
    done(lost.declare_lost, item="I8")
    for barcode in ("I6", "I9"):
        library.pass_time(hours=1)
        library.check_in(barcode, at=other)
    sent = library.now
    library.pass_time(days=8)
    for patron, barcode in (("Rut", "I1"), ("Bo", "I7")):
        lent = library.check_out(patron, barcode, no_block=True, at=other)
    assert isinstance(lent, CheckedOut)
    refused = library.check_in("nothing")
    report = off_line.OffLineReport(off_line.Reported.CHECK_IN, "nothing", "", refused)
    library.write(lambda each: off_line.take_report(library.act(each), report))
    done(settle_conflict, conflict_id=1)
    day.skip()

    def see(what: str, of: Callable[..., Any], **about: Any) -> None:
        first = look(day, f"{what}, the first", of, limit=1, **about)
        look(day, f"{what}, the rest", of, after=first.next, **about)
        for at in (main, other):
            look(day, f"{what} of {at.name}", of, branch_id=at.id, **about)

    week = sent + timedelta(days=7)
    see("overdue", overdue_loans, now=sent + timedelta(days=29))
    due = library.now.replace(hour=22, minute=59, second=59) - timedelta(days=1)
    look(day, "nothing is overdue in its last second", overdue_loans, now=due)
    see("lost or claimed", lost_and_claimed)
    for mark in LoanMark:
        look(day, mark.name, lost_and_claimed, mark=mark)
    see("missing", items_missing)
    see("sent and not arrived", transits_overdue, sent_before=week)
    look(day, "nothing was sent before that", transits_overdue, sent_before=sent)
    see("conflicts", no_block_conflicts)

    def prospects(transaction: Transaction, *, patron: str) -> Any:
        found = renewals.judge_renewals(library.act(transaction), patron=patron)
        if isinstance(found, Refused):
            return found
        return [(each.item.barcode, each.loan.due, each.refusals) for each in found]

    for patron in ("Ida", "Bo", "Rut", "nobody"):
        look(day, f"what {patron} may renew", prospects, patron=patron)
    for patron in ("Ida", "Bo"):
        patron_id = number_of(library, patron)
        look(day, f"loans of {patron}", open_loans_of, patron_id=patron_id, now=library.now)
    about = {"patron_id": number_of(library, "Bo")}
    for seconds in (0, 1):
        now = lent.loan.due + timedelta(seconds=seconds)
        look(day, f"of Bo, {seconds} seconds after they are due", open_loans_of, now=now, **about)
    return day


def history(library: Library) -> Journal:
    """Loans that have ended are cut from their patrons, by the days of each agency."""
    day, main = Journal(library), library.main
    school = a_school(library)
    agency = school.agency_id
    for name, details in {
        "Eva": {"home_branch": school.id},
        "Liv": {"home_branch": school.id},
        "Ole": {},
    }.items():
        a_patron(library, name, given_name=name, family_name="Ek", **details)
    day.items("I1", "I2", "I3", "I4", "I5", "I6", "I7")
    ole, rut = (number_of(library, each) for each in ("Ole", "Rut"))
    for number, patron in enumerate(("Ida", "Bo", "Rut", "Eva", "Ole", "Liv", "Ole"), 1):
        library.check_out(patron, f"I{number}", at=main)
    act = partial(perform, library)
    library.write(lambda each: act(each, onward.lend_onward, main, item="I1", to="Rut"))
    library.check_out("Ole", "I1", no_block=True)
    library.check_out("Bo", "I6", no_block=True)
    for number in range(1, 7):
        library.check_in(f"I{number}", at=main)
    day.skip()

    def whose(transaction: Transaction) -> list[str]:
        """Whose each event of three items is still."""
        names = {number_of(library, name): name for name in ("Ida", "Bo", "Rut", "Ole")}
        return [
            f"{each.kind.value} of {names.get(each.patron_id or 0)}"
            for barcode in ("I1", "I2", "I7")
            for each in library.events_of(barcode)
        ]

    def cut(what: str, **moved: float) -> None:
        def work(transaction: Transaction) -> Any:
            due = is_history_due(transaction, library.now, library.now)
            return due, cut_old_history(transaction, library.today, library.now)

        day.do(what, lambda: library.write(work), **moved)

    library.write(lambda each: set_history_days(each, agency, 5))
    day.act_on(
        "Bo keeps what he has borrowed",
        give_consent,
        number_of(library, "Bo"),
        Consent.KEEP_HISTORY,
    )
    day.act_on("Rut owes money", block_patron, rut, BlockReason.DEBT, agency_id=agency)
    day.act("Ole has lost I7", lost.declare_lost, item="I7")
    cut("the school's have not been back for five days", days=4, hours=23)
    with pytest.MonkeyPatch.context() as one_at_once:
        one_at_once.setattr("circulation.loans.privacy.BATCH", 1)
        cut("a day more: one of them", days=1)
        cut("and the other")
    cut("and no more")
    library.write(lambda each: set_history_days(each, agency, None))
    cut("the others have not been back for 28 days", days=22)
    with pytest.MonkeyPatch.context() as one_at_once:
        one_at_once.setattr("circulation.loans.privacy.BATCH", 1)
        cut("a day more", days=1)
    look(day, "whose they are", whose)
    day.act_on("Rut has paid", unblock_patron, rut, BlockReason.DEBT, agency_id=agency)
    day.act("Ole has found it", lost.find, item="I7")
    day.act_on("the conflict is settled", settle_conflict, 1)
    cut("what was held back")
    day.do(
        "Bo forgets it all",
        lambda: library.write(lambda each: cut_history(each, number_of(library, "Bo"))),
    )
    day.do("Ole has nothing", lambda: library.write(lambda each: cut_history(each, ole)))
    look(day, "whose they are", whose)
    return day


def counted(library: Library) -> Journal:
    """What is counted of each day, by the clock of its branch."""
    day, main, other = Journal(library), library.main, library.other
    a_patron(library, "Eva", birth_date=date(2016, 1, 1), category="child", municipality="101")
    day.items("I1", "I2")
    day.items("F1", material_group="film")
    library.check_out("Ida", "I1")
    library.pass_time(hours=11, minutes=59, seconds=59)
    library.check_out("Eva", "F1")
    library.pass_time(seconds=1)
    library.renew("Ida", "I1", at=other)
    library.check_out("Ida", "I2", at=other)
    library.pass_time(minutes=10)
    library.write(lambda each: undo.cancel_check_out(library.act(each, other), item="I2"))
    library.pass_time(hours=9)
    library.check_in("F1", at=other)
    library.check_out("Bo", "F1", at=other)
    library.pass_time(days=1)
    library.check_in("I1")
    library.check_in("F1")
    day.skip()
    for days in (3, 2, 1, 0, 1):
        at = library.today - timedelta(days=days)
        day.do(f"{at} is counted", partial(library.write, partial(count_day, day=at)))
    first, last = library.today - timedelta(days=1), library.today
    look(day, "loans of next year", loans_by, dimensions=(), first=date(2027, 1, 1), last=date.max)
    for by in ((), ("day",), ("branch_id", "kind"), ("category", "age_band", "municipality")):
        look(
            day,
            f"loans by {', '.join(by) or 'nothing'}",
            loans_by,
            dimensions=by,
            first=first,
            last=last,
        )
    for branch in (main, other):
        for days in (2, 1, 0, -5, -26, -33):
            at = library.today - timedelta(days=days)
            look(day, f"{at} at {branch.name}", day_of_branch, branch=branch, day=at)
    return day


def refused(library: Library) -> Journal:
    """Dates, lengths and limits of loans: what is shortened, accepted and refused."""
    library.policy(material_group="film", loan_days=7, max_loans_in_group=1)
    library.policy(material_group="odd", loan_until="2026-11-01")
    library.policy(
        material_group="desk", loan_days=7, renew_unseen=False, auto_renew=True, renewals=2
    )
    library.policy(
        patron_category="child", max_loans=2, renewals=1, renew_overdue=False, backdate_days=5
    )
    library.policy(patron_category="guest", loan_days=14, renewal_window_days=3, renewals=1)
    day, other = Journal(library), library.other
    for name in ("child", "guest"):
        a_patron(library, name, category=name, given_name=name, family_name="Ek")
    a_patron(library, "Pin", given_name="Pin", family_name="Ek", pin_hash=hashed("1234"))
    day.items("I1", "I2", "I3", "I4", "I5")
    day.items("F1", "F2", "F3", material_group="film")
    day.items("O1", material_group="odd")
    day.items("D1", material_group="desk")
    nowhere = library.desk()._replace(branch_id=999)
    week = timedelta(days=7)
    out = library.check_out
    for what, wish in {
        "back in a week": {"wanted_until": library.now + week},
        "wanted for longer than a loan is": {"wanted_until": library.now + 9 * week},
        "wanted until now": {"wanted_until": library.now},
    }.items():
        day.do(what, partial(out, "Ida", "I1", **wish))
        day.act("but the tag fails", undo.cancel_check_out, item="I1")
    early, due = library.now - timedelta(hours=6), library.now + week
    told = {"no_block": True, "happened": early, "due": due}
    day.do("lent six hours ago", partial(out, "Ida", "I1", **told))
    day.do("told once more", partial(out, "Ida", "I1", **told))
    day.do("told with another due date", partial(out, "Ida", "I1", no_block=True, happened=early))
    later = early + timedelta(hours=1)
    day.do(
        "lent an hour later until then",
        partial(out, "Ida", "I1", no_block=True, happened=later, due=due),
    )
    day.do("and until another day", partial(out, "Ida", "I1", no_block=True, happened=later))
    day.do(
        "in a week's time", partial(out, "Ida", "I2", no_block=True, happened=library.now + week)
    )
    day.do("what no rule lends any more", partial(out, "Ida", "O1"))
    day.do("unless it has happened", partial(out, "Ida", "O1", no_block=True))
    for barcode in ("F1", "F2"):
        day.do("one film at a time", partial(out, "Bo", barcode))
    for barcode in ("I2", "I3", "I4"):
        day.do("two loans of a child", partial(out, "child", barcode))
    day.do("the child renews", lambda: library.renew("child", "I2"), days=1)
    day.do("and once too often", lambda: library.renew("child", "I2"), days=1)
    day.do("a guest", partial(out, "guest", "I5"))
    day.do("renews too early", lambda: library.renew("guest", "I5"), days=10, hours=11, minutes=39)
    day.do("and in time", lambda: library.renew("guest", "I5"))
    day.do("the child is late", lambda: library.renew("child", "I3"), days=30)
    day.do("nobody's", partial(out, "nobody", "I4"))
    day.do("nothing", partial(out, "nobody", "nothing"))
    for pin in (None, "1111", "1234"):
        day.do(f"the PIN is {pin}, the item unknown", partial(out, "Pin", "nothing", pin=pin))
        day.do("and known", partial(out, "Pin", "I4", pin=pin))
    day.do("at a desk of no branch", partial(out, "Ida", "F3", at=nowhere))
    day.do("it is not returned there", lambda: library.check_in("I1", at=nowhere))  # type: ignore[arg-type]
    day.do("nor renewed", lambda: library.renew("Ida", "I1", at=nowhere))  # type: ignore[arg-type]
    for verb in (lost.claim_returned, lost.declare_lost):
        day.act("nor marked", verb, item="I1", at=nowhere)
    day.act("nor lent onward", onward.lend_onward, item="I1", to="Bo", at=nowhere)
    day.do("D1 is lent", partial(out, "Ida", "D1", at=other))
    day.do(
        "and not renewed by itself: it is to be seen",
        lambda: library.write(
            lambda each: auto_renewals.renew_automatically(library.act(each, UNATTENDED))
        ),
        days=7,
    )
    day.do("nor from home", lambda: library.renew("Ida", "D1", seen=False))
    day.do("but at the desk", lambda: library.renew("Ida", "D1"))
    sooner, told = library.now + timedelta(days=2), {"no_block": True, "is_told": True}
    day.do("another system says sooner", partial(library.renew, "Ida", "D1", due=sooner, **told))
    day.do("and does not say until when", partial(library.renew, "Ida", "D1", **told))
    for barcode, days in (("F3", 31), ("F3", 30), ("I3", 6), ("I3", 5)):
        came = library.now - timedelta(days=days, minutes=-1)
        day.do(f"{barcode} came {days} days ago", partial(library.check_in, barcode, returned=came))
    return day


DAYS: Days = {
    "lending": lending,
    "standing-still": standing_still,
    "off-line": off_the_line,
    "borrowed": borrowed,
    "many-at-once": many_at_once,
    "work-lists": work_lists,
    "history": history,
    "counted": counted,
    "loans-refused": refused,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_as_its_journal_has_it(library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
