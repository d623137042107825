"""Asking other libraries for what a patron wants and we do not lend them.

`ask` is the one way in for every protocol and desk: Z39.50's item order, a form on the web. The
wish is a case, and the first of the partners that take requests is asked (`rota`, `ranking`); the
request itself goes out with the outbox, and what the partner answers moves the case on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Transaction
from catalogue.records import fetch_records
from circulation.calendars.due_dates import local_date
from circulation.callers.partners import folded_agency
from circulation.holds.eligibility import patron_hold_refusals
from circulation.holds.of_patron import number_of_holds
from circulation.interlending.cases import Case, case_wanted, cases_of_patron
from circulation.interlending.rota import Sought, begin_case, not_lent, rules_of
from circulation.interlending.rows import InterlibraryLoan, advance, loan_by_id
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle
from circulation.interlending.suppliers import SUPPLIERS
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.patrons.facts import PatronFacts, lock_patron, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS, told_as

#: The longest text that is sent on.
LONGEST = 500


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
    """Asks other libraries for something for the patron, one after the other; gives the loan of the
    first. The same wish again is the same case, and its last loan, until something has come.

    `partner` is an agency, by default all that take requests, in the order of the rules.
    `pickup_branch` is an ISIL, by default the patron's home branch. Refused with PATRON_UNKNOWN,
    BRANCH_UNKNOWN, RECORD_UNKNOWN or what keeps the patron from placing holds, among which wishes
    under way count as well; Obstacle.NO_PARTNER where nobody can be asked.
    """
    transaction = act.transaction
    only = "" if partner is None else folded_agency(partner)
    known = SUPPLIERS.of(act.circulation.current_set_up(transaction))
    if not known or (only and only not in known):
        return Obstacle.NO_PARTNER
    reader = _reader(act, patron, pickup_branch)
    if isinstance(reader, Refused):
        return reader
    borrower, pickup = reader
    wanted = _described(transaction, wish)
    if wanted is None:
        return Refused((Refusal(Reason.RECORD_UNKNOWN),))
    before = case_wanted(
        transaction, patron_id=borrower.id, title=wanted.title, author=wanted.author, only=only
    )
    last = None
    if before is not None and before.loan_id is not None:
        last = loan_by_id(transaction, before.loan_id)
    if refusals := _refusals(act, borrower, pickup, is_new=last is None):
        return Refused(tuple(refusals))
    if last is not None:
        return last
    case = _begun(act, borrower, pickup, wanted)._replace(
        user=told_as(transaction, borrower.id, patron), only=only, before=needed_before
    )
    return begin_case(act, case) or Obstacle.NO_PARTNER


def _begun(act: Act, borrower: PatronFacts, pickup: Branch, wanted: Wish) -> Case:
    set_up = act.circulation.current_set_up(act.transaction)
    rules = rules_of(set_up, Sought(pickup.id, borrower.category))
    return Case(
        id=act.circulation.ids.next(act.now),
        patron_id=borrower.id,
        user="",
        category=borrower.category,
        branch_id=pickup.id,
        title=wanted.title,
        author=wanted.author,
        number=wanted.number,
        record_id=wanted.record_id,
        before=None,
        only="",
        loan_id=None,
        look_at=None,
        rota="[]",
        cost=0,
        currency=rules.currency,
        outcome="",
        created=act.now,
        closed=None,
    )


def _reader(
    act: Act, patron: str, pickup_branch: str | None
) -> tuple[PatronFacts, Branch] | Refused:
    """Who wants it, locked, and where they will fetch it."""
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.set_up_at_hand(transaction)
    known_by = IDENTIFIERS.of(circulation).stored(patron)
    lock_patron(transaction, identifier=known_by)
    borrower = patron_facts(transaction, identifier=known_by, now=act.now)
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    pickup = set_up.branches[borrower.home_branch_id]
    if pickup_branch is not None:
        named = [each for each in set_up.branches.values() if each.isil == pickup_branch]
        if not named:
            return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
        pickup = named[0]
    return borrower, pickup


def _refusals(act: Act, borrower: PatronFacts, pickup: Branch, *, is_new: bool) -> list[Refusal]:
    """Why the patron may not wish for it, as for a hold: each wish may become one."""
    transaction, patron_id = act.transaction, borrower.id
    set_up = act.circulation.set_up_at_hand(transaction)
    under_way = 0
    if is_new:
        under_way = number_of_holds(transaction, patron_id=patron_id)
        under_way += len(cases_of_patron(transaction, patron_id=patron_id))
    return patron_hold_refusals(
        borrower,
        set_up.terms(pickup.id, borrower.category, ""),
        under_way,
        int(is_new),
        local_date(act.now, pickup.timezone),
        set_up.counted_at(pickup.id),
    )


def answered(act: Act, loan_id: int, *, will_lend: bool) -> InterlibraryLoan | Obstacle:
    """The partner has answered a request: it will see to it, or it will not; then the next is
    asked, or the patron is told."""
    transaction = act.transaction
    loan = loan_by_id(transaction, loan_id)
    if loan is None:
        return Obstacle.UNKNOWN
    if loan.state is not BorrowingState.ASKED:  # it has said more already
        return loan
    if will_lend:
        return advance(act, loan, BorrowingAction.EXPECT)
    new = advance(act, loan, BorrowingAction.CANCEL)
    not_lent(act, loan)
    return new


def declined(
    act: Act,
    loan: InterlibraryLoan,
    why: str,
    action: BorrowingAction = BorrowingAction.REFUSE,
) -> InterlibraryLoan | Obstacle:
    """The partner will not lend what it was asked for, whatever it has promised: the next is asked,
    or the patron is told. Nobody is told of what was cancelled here."""
    if loan.closed is not None:
        return loan
    new = advance(act, loan.with_said(why=why or None), action)
    if isinstance(new, InterlibraryLoan):
        not_lent(act, loan)
    return new


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
