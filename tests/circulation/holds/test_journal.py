"""What each verb of holds answers and writes: every event, every row, by whom, where and when.

The journals are under tests/transcripts/circulation.
``python -m tests.circulation.holds.test_journal`` writes them anew: then read what has changed.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from catalogue.database import Transaction
from circulation.holds.absences import Absence, set_absence
from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.expiry import expire_holds
from circulation.holds.kinds import HoldKind
from circulation.holds.part import WAITED_FOR
from circulation.holds.pick_list import begin_fetching, give_up_fetching
from circulation.holds.placing import place_holds
from circulation.holds.purge import purge_holds
from circulation.holds.recalls import cancel_recall, recall, recall_for_holds_that_begin
from circulation.holds.results import Wanted
from circulation.holds.shelf import clear_shelf
from circulation.holds.unfillable import unfillable_holds
from circulation.holds.withdrawing import let_go_of_item
from circulation.holds.work_lists import record_queue
from circulation.items.facts import item_facts
from circulation.kernel.act import Act
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import read_set_up
from circulation.loans.features import HoldHandling
from circulation.loans.lost import declare_lost
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library
from tests.builders.holds import a_copy, record_of, shelf, title, to_fetch
from tests.builders.journal import Days, Journal, must_be_as_written, write_journals

FOLDER = Path(__file__).parents[2] / "transcripts" / "circulation"


def placed(journal: Journal, patron: str, *wanted: Wanted, **options: object) -> list[int]:
    """Places holds, and gives their numbers."""
    names = ", ".join(each.item or f"title {each.record_id}" for each in wanted)
    answer = journal.act(
        f"{patron} asks for {names}", place_holds, patron=patron, wanted=wanted, **options
    )
    return [each.hold.id for each in answer.holds]


def _withdraw(act: Act, barcode: str) -> None:
    facts = item_facts(act.transaction, barcode=barcode)
    assert facts is not None
    let_go_of_item(act, facts)


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
    for days in (28, 200):
        day.do(
            f"what ended {days} days ago is forgotten",
            lambda: library.write(lambda transaction: purge_holds(transaction, library.now)),
            days=days,
        )
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
    day.act("I1 is lost", declare_lost, item="I1")
    day.do(
        "what nothing can fill",
        lambda: library.read(
            lambda transaction: unfillable_holds(library.circulation, transaction)
        ),
    )
    return day


DAYS: Days = {
    "waiting": waiting,
    "on-the-hold-shelf": on_the_shelf,
    "sets-of-holds": sets,
    "recalls": recalls,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_as_its_journal_has_it(library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
