"""Asking other libraries for what a patron wants and we do not lend them.

`ask` is the one way in for every protocol and desk: Z39.50's item order, a form on the web. It goes
to the partner of the set-up that takes requests (its option `takes_requests`); the request itself
goes out with the outbox, and what the partner answers moves the loan on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Transaction
from catalogue.records import fetch_records
from circulation.calendars.due_dates import local_date
from circulation.callers.partners import PARTNERS, Partner, folded_agency
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    begun,
    insert_loan,
    loan_by_id,
    loan_wanted,
)
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle
from circulation.kernel.act import Act
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import patron_refusals
from circulation.patrons.facts import PatronFacts, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS, told_as

#: The longest text that is sent on.
LONGEST = 500
#: The option of a partner that says that it may be asked.
TAKES_REQUESTS = "takes_requests"


#: What follows where nobody lends what a patron asked for.
UNOBTAINABLE: Registry[Callable[[Act, InterlibraryLoan], None]] = Registry("nobody lends it")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: a record of ours whose copies are not lent, or a description of a title.

    Texts are empty where nothing is known. `number` is an ISBN, ISSN or the like.
    """

    record_id: int | None = None
    title: str = ""
    author: str = ""
    number: str = ""


def ask(
    act: Act,
    *,
    patron: str,
    wish: Wish,
    partner: str | None = None,
    pickup_branch: str | None = None,
    needed_before: datetime | None = None,
) -> InterlibraryLoan | Refused | Obstacle:
    """Asks a partner to borrow something for the patron; the same wish again is the same loan.

    `partner` is an agency, by default the first of those that take requests. `pickup_branch` is an
    ISIL, by default the patron's home branch. Refused with PATRON_UNKNOWN, BRANCH_UNKNOWN,
    RECORD_UNKNOWN or what keeps the patron from placing holds; Obstacle.NO_PARTNER.
    """
    transaction, circulation = act.transaction, act.circulation
    asked = _partner(circulation.current_set_up(transaction), partner)
    if asked is None:
        return Obstacle.NO_PARTNER
    reader = _reader(act, patron, pickup_branch)
    if isinstance(reader, Refused):
        return reader
    borrower, pickup = reader
    wanted = _described(transaction, wish)
    if wanted is None:
        return Refused((Refusal(Reason.RECORD_UNKNOWN),))
    agency = folded_agency(asked.agency)
    known = loan_wanted(
        transaction, partner=agency, patron_id=borrower.id, title=wanted.title, author=wanted.author
    )
    if known is not None:
        return known
    loan = begun(
        act,
        partner=agency,
        actor=asked.name or asked.agency,
        state_name=BorrowingState.ASKED.value,
        title=wanted.title,
        author=wanted.author,
        branch_id=asked.branch_id,
        patron_id=borrower.id,
        user=told_as(transaction, borrower.id, patron),
    )
    loan = loan.with_said(pickup=pickup.isil)
    insert_loan(transaction, loan)
    about = {"pickup": pickup.isil}
    if wanted.record_id is not None:
        about["record"] = str(wanted.record_id)
    if wanted.number:
        about["number"] = wanted.number
    if needed_before is not None:
        about["before"] = needed_before.isoformat()
    tell(act, loan, PartnerNoticeKind.ASKED, about=about)
    return loan


def _reader(
    act: Act, patron: str, pickup_branch: str | None
) -> tuple[PatronFacts, Branch] | Refused:
    """Who wants it, and where they will fetch it."""
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.set_up_at_hand(transaction)
    known_by = IDENTIFIERS.of(circulation).stored(patron)
    borrower = patron_facts(transaction, identifier=known_by, now=act.now, material_group="")
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    pickup = set_up.branches[borrower.home_branch_id]
    if pickup_branch is not None:
        named = [each for each in set_up.branches.values() if each.isil == pickup_branch]
        if not named:
            return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
        pickup = named[0]
    today = local_date(act.now, pickup.timezone)
    refusals = patron_refusals(borrower, Action.HOLD, today, set_up.counted_at(pickup.id))
    return Refused(tuple(refusals)) if refusals else (borrower, pickup)


def answered(act: Act, loan_id: int, *, will_lend: bool) -> InterlibraryLoan | Obstacle:
    """The partner has answered a request: it will see to it, or it will not; then the patron is
    told."""
    transaction = act.transaction
    loan = loan_by_id(transaction, loan_id)
    if loan is None:
        return Obstacle.UNKNOWN
    if loan.state is not BorrowingState.ASKED:  # it has said more already
        return loan
    if not will_lend:
        for follow in UNOBTAINABLE:
            follow(act, loan)
    action = BorrowingAction.EXPECT if will_lend else BorrowingAction.CANCEL
    return advance(act, loan, action)


def declined(act: Act, loan: InterlibraryLoan, why: str) -> InterlibraryLoan | Obstacle:
    """The partner will not lend what it was asked for, whatever it has promised: the patron is
    told. Nobody is told of what was cancelled here."""
    if loan.closed is not None:
        return loan
    for follow in UNOBTAINABLE:
        follow(act, loan)
    return advance(act, loan.with_said(why=why or None), BorrowingAction.REFUSE)


def _partner(set_up: SetUp, agency: str | None) -> Partner | None:
    if agency is not None:
        found = PARTNERS.of(set_up).get(folded_agency(agency))
        return found if found is not None and found.options.get(TAKES_REQUESTS) else None
    return next(
        (each for each in PARTNERS.of(set_up).values() if each.options.get(TAKES_REQUESTS)), None
    )


def _described(transaction: Transaction, wish: Wish) -> Wish | None:
    """The wish with the title of its record; None where there is no such record, or no title."""
    title, author, number = (
        " ".join(text.split())[:LONGEST] for text in (wish.title, wish.author, wish.number)
    )
    if wish.record_id is not None:
        found = fetch_records(transaction, [wish.record_id])
        if not found:
            return None
        title, author = title or found[0].title, author or found[0].author
    if not title and not number:
        return None
    return Wish(wish.record_id, title or number, author, number)
