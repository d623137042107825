"""What has happened becomes notices, each once, and only where a rule sends them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.notices.choices import choose
from circulation.notices.gathering import Page, begin_after_now, gather, look, tell
from circulation.notices.kinds import NoticeKind
from circulation.notices.terms import NoticeTerms
from circulation.notices.triggers import TRIGGERS
from circulation.patrons.blocks import block_patron, unblock_patron
from tests.builders.agencies import a_school
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.notices import (
    EMAIL,
    act,
    gathered,
    lend,
    log,
    patron_id,
    rule,
    sent,
    states,
    write,
)


def kinds(library: Library, card: str) -> list[str]:
    gathered(library)
    sent(library)
    return [kind for kind, _, state in states(library, card) if state == "sent"]


def test_each_event_says_what_may_come_of_it() -> None:
    assert all(trigger.kinds for trigger in TRIGGERS)


def test_a_hold_that_stands_ready_is_told_once(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_READY)
    card = a_patron(library, email=EMAIL)
    other = a_patron(library)
    barcode = an_item(library, title="Peters jul")
    lend(library, other, barcode)
    a_hold(library, card, barcode)
    library.check_in(barcode)
    assert gathered(library) == 1
    assert gathered(library) == 0
    library.pass_time(hours=1)
    assert gathered(library) == 0
    (message,) = sent(library)
    assert message.kind is NoticeKind.HOLD_READY
    assert "* Peters jul (Krohn, Johan): Hovedbiblioteket, hyldenummer" in message.body


def test_loans_returns_and_blocks(library: Library) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcode = an_item(library)
    lend(library, card, barcode)
    assert kinds(library, card) == ["loan_made", "welcome"]
    library.pass_time(days=1)
    library.check_in(barcode)
    who = patron_id(library, card)
    act(library, block_patron, who, BlockReason.DEBT)
    assert kinds(library, card)[2:] == ["blocked", "item_returned"]
    library.pass_time(days=1)
    act(library, unblock_patron, who, BlockReason.DEBT)
    assert kinds(library, card)[4:] == ["unblocked"]


def test_a_block_that_was_lifted_meanwhile_is_not_told(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.BLOCKED)
    card = a_patron(library, email=EMAIL)
    who = patron_id(library, card)
    act(library, block_patron, who, BlockReason.DEBT)
    gathered(library)
    act(library, unblock_patron, who, BlockReason.DEBT)
    assert kinds(library, card) == []


def test_a_block_is_told_in_the_name_of_its_agency(library: Library) -> None:
    """And the lifting of one, while that of another agency stands."""
    rule(library, "email", kind=NoticeKind.BLOCKED)
    rule(library, "email", kind=NoticeKind.UNBLOCKED)
    school, card = a_school(library), a_patron(library, email=EMAIL)
    who = patron_id(library, card)
    for branch in (school, library.main):
        desk = library.desk(branch)
        act(library, block_patron, who, BlockReason.DEBT, desk=desk)
    gathered(library)
    senders = [message.body for message in sent(library)]
    assert len(senders) == 2
    assert sum("Skolebiblioteket" in body for body in senders) == 1
    library.pass_time(days=1)
    desk = library.desk(school)
    act(library, unblock_patron, who, BlockReason.DEBT, desk=desk)
    gathered(library)
    [lifted] = sent(library)
    assert lifted.kind is NoticeKind.UNBLOCKED
    assert "Skolebiblioteket" in lifted.body


def test_a_receipt_for_who_has_asked_for_it(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.LOAN_MADE, on_request=True)
    asking, other = a_patron(library, email=EMAIL), a_patron(library, email=EMAIL)
    act(
        library,
        choose,
        patron_id(library, asking),
        NoticeKind.LOAN_MADE,
        wanted=True,
        terms=NoticeTerms(on_request=True),
    )
    for card in (asking, other):
        lend(library, card, an_item(library))
    assert gathered(library) == 1
    assert kinds(library, asking) == ["loan_made"]
    assert log(library, other) == []


def test_an_event_that_was_committed_late_is_found(library: Library) -> None:
    """Ids are taken before they are committed: what is a minute old is looked at again."""
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    assert gathered(library) == 0
    library.pass_time(seconds=10)
    lend(library, card, an_item(library))
    for _ in range(3):
        library.pass_time(seconds=20)
        gathered(library)
    assert kinds(library, card) == ["loan_made"]


def test_a_library_that_was_filled_tells_nobody(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    lend(library, card, an_item(library))
    write(library, begin_after_now)
    assert gathered(library) == 0
    library.pass_time(minutes=5)
    lend(library, card, an_item(library))
    assert gathered(library) == 1


def test_more_events_than_fit_into_a_page(
    sqlite_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = sqlite_library
    monkeypatch.setattr("circulation.notices.gathering.AT_MOST", 3)
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    for _ in range(7):
        lend(library, card, an_item(library))
    after: int | None = 0
    turns = 0
    while after is not None:
        start = after
        _, after = library.write(
            lambda each, start=start: gather(library.act(each, UNATTENDED), after=start)
        )
        turns += 1
    assert turns == 3
    library.now += timedelta(minutes=2)
    (message,) = sent(library)
    assert message.body.count("* Peters jul") == 7


def test_a_turn_ends_when_it_has_made_some_notices(
    sqlite_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lends meanwhile waits for the end of the turn; nothing is left out or told twice."""
    library = sqlite_library
    monkeypatch.setattr("circulation.notices.gathering.MADE_AT_MOST", 2)
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    for _ in range(5):
        lend(library, card, an_item(library))
    after: int | None = 0
    made: list[int] = []
    while after is not None:
        start = after
        number, after = library.write(
            lambda each, start=start: gather(library.act(each, UNATTENDED), after=start)
        )
        made.append(number)
    assert made == [2, 2, 1]
    library.now += timedelta(minutes=2)
    (message,) = sent(library)
    assert message.body.count("* Peters jul") == 5


def test_what_another_has_taken_out_meanwhile_is_left_to_it(library: Library) -> None:
    """Between the look and the telling: another process has told of it."""
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    gathered(library)
    lend(library, card, an_item(library))
    page = library.read(lambda each: look(library.act(each, UNATTENDED)))
    assert [len(notices) for notices in page.notices.values()] == [1]
    assert gathered(library) == 1
    assert library.write(lambda each: tell(library.act(each, UNATTENDED), page)) == 0
    assert kinds(library, card) == ["loan_made"]


def test_an_event_of_somebody_who_has_gone_meanwhile_is_looked_at_again(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    gathered(library)
    lend(library, card, an_item(library))
    page = library.read(lambda each: look(library.act(each, UNATTENDED)))
    ((event_id, (notice,)),) = page.notices.items()
    stale = Page({event_id: [notice._replace(recipient_id=999_999)]})
    assert library.write(lambda each: tell(library.act(each, UNATTENDED), stale)) == 0
    assert gathered(library) == 1
