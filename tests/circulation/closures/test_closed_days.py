"""Days that a library.toml closes: due dates, pickup dates and one message for each patron."""

from __future__ import annotations

from datetime import date, timedelta

from circulation.calendars.due_dates import end_of_day, local_date
from circulation.kernel.elsewhere import leave_to_another
from circulation.kernel.results import CheckedOut
from circulation.kernel.set_up import set_up_changed
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, shelf
from tests.builders.notices import EMAIL, sent
from tests.circulation.closures.test_closing import due_of
from tests.circulation.setting_up.test_dunning import HEAD as WITH_RULES

COPENHAGEN = "Europe/Copenhagen"
HEAD = WITH_RULES.partition("[[rules]]")[0]
RULES = """
[[rules]]
loan_days = 7
pickup_days = 7
[[notices]]
at = "DK-900100"
channels = ["email"]
"""
#: The seventh day from the builder's today, a Wednesday, and the day after it.
CLOSED = """
[[agencies.DK-900100.special_days]]
days = "2026-12-02..2026-12-03"
note = "Flytning"
"""


def apply(library: Library, text: str) -> None:
    declared = read(HEAD + text)
    assert declared.problems == []
    library.write(lambda transaction: apply_set_up(library.act(transaction), declared))


def lend(library: Library, card: str, **where: object) -> str:
    barcode = an_item(library)
    assert isinstance(library.check_out(card, barcode, **where), CheckedOut)  # type: ignore[arg-type]
    return barcode


def due_day(library: Library, barcode: str) -> date:
    return local_date(due_of(library, barcode), COPENHAGEN)


def test_days_that_a_text_closes_move_what_falls_on_them_and_one_message_says_so(
    library: Library,
) -> None:
    apply(library, RULES)
    assert library.today + timedelta(days=7) == date(2026, 12, 2)
    ida = a_patron(library, email=EMAIL, language="en")
    lent, other, wanted = lend(library, ida), lend(library, ida, at=library.other), an_item(library)
    a_hold(library, ida, wanted)
    library.check_in(wanted)
    sent(library)
    planned = library.read(
        lambda transaction: plan(transaction, read(HEAD + RULES + CLOSED), library.now)
    )
    assert [(len(each.loans), len(each.pickups)) for each in planned.moved] == [(1, 1), (1, 0)]
    apply(library, RULES + CLOSED)
    assert due_day(library, lent) == due_day(library, other) == date(2026, 12, 4)
    [kept] = shelf(library)
    assert kept.deadline == end_of_day(date(2026, 12, 4), COPENHAGEN)
    [message] = sent(library)
    assert message.body.count("closed from 2 December") == 2
    assert message.body.count("(Flytning)") == 2
    assert message.body.count("due 4 December") == 2
    assert "until 4 December" in message.body
    for text in (RULES + CLOSED, RULES, RULES + CLOSED):  # nothing is brought forward
        apply(library, text)
    assert sent(library) == []
    apply(library, RULES + CLOSED.replace("12-03", "12-04"))
    assert due_day(library, lent) == date(2026, 12, 5)
    assert len(sent(library)) == 1


def test_the_rules_are_followed_for_days_that_a_text_closes(library: Library) -> None:
    apply(library, RULES.replace("loan_days", 'closed_days = "keep"\nloan_days'))
    kept = lend(library, a_patron(library))
    apply(library, RULES.replace("loan_days", 'closed_days = "keep"\nloan_days') + CLOSED)
    assert due_day(library, kept) == date(2026, 12, 2)
    bound = RULES.replace("loan_days", "within_card = true\nloan_days")
    apply(library, bound)
    expiring = lend(library, a_patron(library, expires=date(2026, 12, 3)))
    apply(library, bound + CLOSED)
    assert due_day(library, expiring) == date(2026, 12, 3)


def test_a_week_with_fewer_open_days_moves_due_dates_and_days_closed_before_do_not(
    library: Library,
) -> None:
    apply(library, RULES)
    lent = lend(library, a_patron(library))
    week = '[agencies.DK-900100.week]\nmonday-tuesday = "10-18"\nthursday = "10-18"\n'
    apply(library, RULES + week)
    assert due_day(library, lent) == date(2026, 12, 3)
    apply(library, RULES + week.replace("thursday", "friday"))
    assert due_day(library, lent) == date(2026, 12, 4)


def test_a_branch_that_another_system_looks_after_keeps_its_dates(library: Library) -> None:
    apply(library, RULES)
    lent = lend(library, a_patron(library))

    def leave(transaction: object) -> None:
        leave_to_another(transaction, library.main.id, now=library.now)  # type: ignore[arg-type]
        set_up_changed(transaction)  # type: ignore[arg-type]

    library.write(leave)
    apply(library, RULES + CLOSED)
    assert due_day(library, lent) == date(2026, 12, 2)
