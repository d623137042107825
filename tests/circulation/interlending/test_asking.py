"""Asking other libraries for what a patron wants."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from catalogue.database import Transaction, open_database
from circulation.interlending.asking import Wish, answered, ask
from circulation.interlending.borrowing import Accepted, Agreement, Incoming, accept, expect
from circulation.interlending.notices import PartnerNotice, PartnerNoticeKind, claim_notice
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState, Obstacle
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, Refused
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier, find_patron
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold, holds_of, record_of
from tests.builders.interlending import a_partner, again, partner_desk, told

AGREEMENT = Agreement("ill", "Broker")


def asked(
    library: Library, card: str, wish: Wish, **about: Any
) -> InterlibraryLoan | Refused | Obstacle:
    return library.write(
        lambda transaction: ask(library.act(transaction), patron=card, wish=wish, **about)
    )


def patron_id_of(library: Library, card: str) -> int:
    key = IDENTIFIERS.of(library.circulation)
    found = library.read(lambda transaction: find_patron(transaction, card, key=key))
    assert found is not None
    return found


def claimed(library: Library) -> PartnerNotice:
    found = library.write(lambda transaction: claim_notice(transaction, "ill", library.now))
    assert found is not None
    return found


def test_a_record_of_ours_is_asked_for_comes_and_is_lent(either_library: Library) -> None:
    library = either_library
    a_partner(library)
    card, barcode = a_patron(library), an_item(library, title="Vildanden", author="Ibsen, Henrik")
    record = record_of(library, barcode)
    before = library.now + timedelta(days=30)
    loan = asked(library, card, Wish(record), needed_before=before, pickup_branch="DK-900102")
    assert isinstance(loan, InterlibraryLoan)
    assert (loan.state, loan.title, loan.author) == (
        BorrowingState.ASKED,
        "Vildanden",
        "Ibsen, Henrik",
    )
    notice = claimed(library)
    assert notice.kind is PartnerNoticeKind.ASKED
    assert notice.facts == {
        "user": card,
        "record": str(record),
        "pickup": "DK-900102",
        "before": before.isoformat(),
    }

    library.write(
        lambda transaction: answered(library.act(transaction, UNATTENDED), loan.id, will_lend=True)
    )
    assert again(library, loan).state is BorrowingState.EXPECTED
    accepted = library.write(
        lambda transaction: accept(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            agreement=AGREEMENT,
            request_id=loan.request_id,
            patron=None,
            incoming=Incoming("TEMP-1", due=library.now + timedelta(days=60)),
        )
    )
    assert isinstance(accepted, Accepted)
    assert accepted.loan.id == loan.id
    (queued,) = holds_of(library, card)
    assert queued.hold.bound_item == "TEMP-1"
    lent = library.check_out(card, "TEMP-1")
    assert isinstance(lent, CheckedOut)
    assert lent.item.title == "Vildanden"


def test_a_wish_is_asked_for_once(library: Library) -> None:
    a_partner(library)
    card, other = a_patron(library), a_patron(library)
    wish = Wish(title="  Njals\nsaga ", number="9788711111119")
    first, second = asked(library, card, wish), asked(library, card, wish)
    assert isinstance(first, InterlibraryLoan)
    assert second == first
    assert first.title == "Njals saga"
    assert told(library, first) == ["asked"]
    assert asked(library, other, wish) != first


def test_who_will_not_lend_it(library: Library) -> None:
    a_partner(library)
    card = a_patron(library)
    loan = asked(library, card, Wish(title="Njals saga"))
    assert isinstance(loan, InterlibraryLoan)
    gone = library.write(
        lambda transaction: answered(library.act(transaction, UNATTENDED), loan.id, will_lend=False)
    )
    assert isinstance(gone, InterlibraryLoan)
    assert (gone.state, gone.user, gone.closed) == (BorrowingState.CANCELLED, "", library.now)
    # Asked for once more it is another loan.
    assert asked(library, card, Wish(title="Njals saga")) != gone
    late = library.write(
        lambda transaction: answered(library.act(transaction, UNATTENDED), loan.id, will_lend=True)
    )
    assert late == gone
    unknown = library.write(
        lambda transaction: answered(library.act(transaction, UNATTENDED), 5, will_lend=True)
    )
    assert unknown is Obstacle.UNKNOWN


def test_the_partner_says_by_itself_that_it_comes(library: Library) -> None:
    a_partner(library)
    card = a_patron(library)
    loan = asked(library, card, Wish(title="Njals saga"))
    assert isinstance(loan, InterlibraryLoan)
    expected = library.write(
        lambda transaction: expect(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            agreement=AGREEMENT,
            request_id=loan.request_id,
            patron=card,
            incoming=Incoming(),
        )
    )
    assert isinstance(expected, InterlibraryLoan)
    assert (expected.id, expected.state) == (loan.id, BorrowingState.EXPECTED)


@pytest.mark.parametrize("partner", [None, "ILL", "nobody"])
def test_nobody_to_ask(library: Library, partner: str | None) -> None:
    a_partner(library, takes_requests=False)
    outcome = asked(library, a_patron(library), Wish(title="Njals saga"), partner=partner)
    assert outcome is Obstacle.NO_PARTNER


def test_which_partner_is_asked(library: Library) -> None:
    a_partner(library)
    a_partner(library, "OTHER")
    loan = asked(library, a_patron(library), Wish(title="Njals saga"), partner="other")
    assert isinstance(loan, InterlibraryLoan)
    assert loan.partner == "other"


def test_what_is_refused(library: Library) -> None:
    a_partner(library)
    card = a_patron(library)
    blocked = a_patron(library)
    patron_id = patron_id_of(library, blocked)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), patron_id, BlockReason.EXCLUDED
        )
    )
    for outcome, reason in (
        (asked(library, "nobody", Wish(title="x")), Reason.PATRON_UNKNOWN),
        (asked(library, blocked, Wish(title="x")), Reason.PATRON_BLOCKED),
        (asked(library, card, Wish(4711)), Reason.RECORD_UNKNOWN),
        (asked(library, card, Wish(title=" ")), Reason.RECORD_UNKNOWN),
        (asked(library, card, Wish(title="x"), pickup_branch="DK-1"), Reason.BRANCH_UNKNOWN),
    ):
        assert isinstance(outcome, Refused), reason
        assert outcome.reasons == (reason,)


def test_wishes_count_among_holds(library: Library) -> None:
    """Each may cost the library something, and be kept for the patron one day."""
    library.policy(loan_days=28, max_holds=3)
    a_partner(library)
    card = a_patron(library)
    a_hold(library, card, an_item(library))
    first = asked(library, card, Wish(title="one"))
    assert isinstance(first, InterlibraryLoan)
    assert isinstance(asked(library, card, Wish(title="two")), InterlibraryLoan)
    outcome = asked(library, card, Wish(title="three"))
    assert isinstance(outcome, Refused)
    assert [(each.reason, each.limit) for each in outcome.refusals] == [(Reason.TOO_MANY_HOLDS, 3)]
    assert asked(library, card, Wish(title="one")) == first
    assert isinstance(asked(library, a_patron(library), Wish(title="three")), InterlibraryLoan)


def test_a_wish_that_comes_to_two_processes_at_once_is_asked_for_once(database_url: str) -> None:
    databases = [open_database(database_url), open_database(database_url)]
    library = a_library(databases[0])
    libraries = [library, Library(databases[1], library.main, library.other)]
    a_partner(library)
    card, both = a_patron(library), Barrier(2)

    def wish(where: Library) -> InterlibraryLoan | Refused | Obstacle:
        def work(transaction: Transaction) -> InterlibraryLoan | Refused | Obstacle:
            with suppress(BrokenBarrierError):  # on SQLite one waits for the other
                both.wait(0.2)
            return ask(where.act(transaction), patron=card, wish=Wish(title="one"))

        return where.write(work)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(wish, libraries))
    assert len({each.id for each in found if isinstance(each, InterlibraryLoan)}) == 1
    for each in databases:
        each.close()


NATIONAL = "010111-0000"


@pytest.mark.parametrize("way", ["asked", "expected", "accepted"])
def test_a_national_number_that_was_typed_is_neither_kept_nor_told_to_a_partner(
    either_library: Library, way: str
) -> None:
    library = either_library
    key = IdentifierKey(b"k" * 32)
    library.circulation = Circulation({IDENTIFIERS: key})
    a_partner(library)
    card = a_patron(library)
    patron_id = patron_id_of(library, card)
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), patron_id, NATIONAL, "national_id"
        )
    )
    if way == "asked":
        loan = asked(library, NATIONAL, Wish(title="Vildanden"))
        assert isinstance(loan, InterlibraryLoan)
        assert claimed(library).facts["user"] == card
    else:
        verb: Any = expect if way == "expected" else accept
        found = library.write(
            lambda transaction: verb(
                Act(transaction, library.circulation, partner_desk(library), library.now),
                agreement=AGREEMENT,
                request_id="R-1",
                patron=NATIONAL,
                incoming=Incoming(barcode="FOREIGN-1", title="Vildanden"),
            )
        )
        loan = found.loan if isinstance(found, Accepted) else found
    assert isinstance(loan, InterlibraryLoan)
    assert (loan.user, loan.patron_id) == (card, patron_id)
