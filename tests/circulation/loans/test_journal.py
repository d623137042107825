"""What each verb of lending answers and writes: every event, every row, by whom, where and when.

The journals are under tests/transcripts/circulation.
``python -m tests.circulation.loans.test_journal`` writes them anew: then read what has changed.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from catalogue.database import Transaction
from circulation.holds.changing import cancel_hold
from circulation.holds.recalls import recall
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_float_group
from circulation.loans import auto_renewals, batches, lost, off_line, onward, undo
from circulation.loans.conflicts import settle_conflict
from circulation.loans.features import HoldHandling
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library
from tests.builders.fees import danish_fees
from tests.builders.holds import holds_of
from tests.builders.interlending import a_borrowed_item, a_partner
from tests.builders.journal import Days, Journal, must_be_as_written, write_journals
from tests.builders.notices import rule

FOLDER = Path(__file__).parents[2] / "transcripts" / "circulation"


def lending(library: Library) -> Journal:
    """Check-out, renewal, check-in, and what a machine takes back."""
    day, other = Journal(library), library.other
    day.items("I1", "I2", "I3")
    day.do("Ida borrows I1", lambda: library.check_out("Ida", "I1"))
    day.do("Ida renews I1 at the harbour", lambda: library.renew("Ida", "I1", at=other), days=3)
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
    rule(library, "print", kind=NoticeKind.NOT_RENEWED)
    day, other = Journal(library), library.other
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


DAYS: Days = {
    "lending": lending,
    "standing-still": standing_still,
    "off-line": off_the_line,
    "borrowed": borrowed,
    "many-at-once": many_at_once,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_as_its_journal_has_it(library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
