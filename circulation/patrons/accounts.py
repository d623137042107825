"""What is known of a patron: status, blocks, counts, and the list of loans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from catalogue.database import Moment, Transaction, key_parameters, many, many_of, one, scalar
from catalogue.schema import agencies
from circulation.calendars.due_dates import local_date
from circulation.items.facts import (
    ALL,
    ItemFacts,
    items_lent_onward_to,
    items_listed,
    items_overdue,
)
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import BlockReason, IdentifierBlock, Reason
from circulation.kernel.results import (
    Block,
    Borrower,
    Desk,
    Item,
    Loan,
    Patron,
    PatronStatus,
    Refusal,
    Refused,
)
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans
from circulation.patrons.facts import CARD_OF_PATRON, PatronFacts, patron_facts
from circulation.patrons.pin_rules import check_pin, look_at_pin
from circulation.patrons.schema import patron_blocks, patrons


@dataclass(frozen=True, slots=True)
class PatronLoan:
    """One line of a patron's list of loans."""

    item: Item
    loan: Loan
    is_overdue: bool
    is_recalled: bool = False  # somebody waits for it, and has brought the due date forward
    # Of a loan lent onward: who has the item now, or (for a pupil) whose loan it is.
    lent_onward_to: Borrower | None = None
    lent_onward_by: Borrower | None = None


@dataclass(frozen=True, slots=True)
class PatronLoans:
    """A page of a patron's open loans, by due date, and how many there are in all.

    What others have lent onward to the patron comes after their own loans, and is counted.
    """

    patron: Patron
    total: int
    loans: tuple[PatronLoan, ...]


def _block(reason: str, *facts: Any) -> Block:
    return Block(BlockReason(reason), *facts)


#: All blocks of a patron, whosever they are.
blocks_of = many(
    select(
        patron_blocks.c.reason,
        patron_blocks.c.since,
        patron_blocks.c.message,
        patron_blocks.c.agency_id,
        agencies.c.isil,
    )
    .select_from(patron_blocks.outerjoin(agencies, agencies.c.id == patron_blocks.c.agency_id))
    .where(patron_blocks.c.patron_id == bindparam("of_patron"))
    .order_by(patron_blocks.c.since, patron_blocks.c.reason, patron_blocks.c.id),
    _block,
    "of_patron",
)


#: Patrons as borrowers, by the newest card that may still be used.
_borrowers = many_of(
    lambda size: select(patrons.c.id, CARD_OF_PATRON, patrons.c.name, patrons.c.agency_id).where(
        patrons.c.id.in_(key_parameters(size))
    ),
    Borrower,
)
_onward: Callable[..., Any] = one(
    select(
        func.count(),
        func.count().filter(loans.c.due < bindparam("now", type_=Moment), loans.c.mark.is_(None)),
    ).where(loans.c.co_patron_id == bindparam("patron_id"), loans.c.checked_in.is_(None)),
    None,
    "now",
    "patron_id",
)
_recalled = scalar(
    select(func.count())
    .select_from(loans)
    .where(
        loans.c.patron_id == bindparam("patron_id"),
        loans.c.recalled.is_not(None),
        loans.c.checked_in.is_(None),
    ),
    "patron_id",
)


def patron_status(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    pin: str | None = None,
    desk: Desk | None = None,
) -> PatronStatus | Refused:
    """What is known of the patron with this identifier (SIP2 23 and 63, NCIP LookupUser).

    What is said of blocks is as the desk's agency sees it (see `PatronStatus`).
    A blocked or expired patron is still shown. Refused only with PATRON_UNKNOWN, PATRON_NOT_SERVED,
    PIN_MISSING, PIN_WRONG or PIN_LOCKED (`pin` None asks for none but what `desk` asks for). A
    wrong PIN does not count against the patron; `desk` is who asks, and stopped where it guesses.
    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    facts = _known(circulation, transaction, patron, pin, desk, now)
    if isinstance(facts, Refused):
        return facts
    recalled = _recalled(transaction, facts.id) if facts.loans else 0
    return _status(circulation, transaction, facts, recalled, desk, now)


def let_in(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    pin: str | None,
    desk: Desk,
) -> Patron | Refused:
    """The patron, where the desk may deal with them: before a verb that asks for no PIN itself.

    Refused with PATRON_UNKNOWN, PATRON_NOT_SERVED, PIN_MISSING, PIN_WRONG or PIN_LOCKED. A wrong
    PIN counts as a failed try, so this is for transactions that may write.
    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    facts = patron_facts(transaction, circulation.identifiers.stored(patron), now, "")
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    wrong = check_pin(circulation, transaction, facts, pin, desk, now)
    return Refused((wrong,)) if wrong else facts.patron()


def patron_status_and_loans(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    pin: str | None = None,
    desk: Desk | None = None,
    limit: int | None = None,
) -> tuple[PatronStatus, PatronLoans] | Refused:
    """What `patron_status` and `patron_loans` tell, for those who want both: the patron is looked
    up once."""
    facts = _known(circulation, transaction, patron, pin, desk, now)
    if isinstance(facts, Refused):
        return facts
    listed = _loans(circulation, transaction, facts, now, limit=limit)
    if len(listed.loans) == listed.total:
        recalled = sum(each.is_recalled and each.lent_onward_by is None for each in listed.loans)
    else:
        recalled = _recalled(transaction, facts.id)
    return _status(circulation, transaction, facts, recalled, desk, now), listed


def _known(
    circulation: Circulation,
    transaction: Transaction,
    patron: str,
    pin: str | None,
    desk: Desk | None,
    now: datetime,
) -> PatronFacts | Refused:
    """The patron; with a PIN, only if it is the right one."""
    facts = patron_facts(transaction, circulation.identifiers.stored(patron), now, "")
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    wrong = look_at_pin(circulation, transaction, facts, pin, desk, now)
    return Refused((wrong,)) if wrong else facts


def _status(
    circulation: Circulation,
    transaction: Transaction,
    facts: PatronFacts,
    recalled: int,
    desk: Desk | None,
    now: datetime,
) -> PatronStatus:
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    today = local_date(now, home.timezone)
    at_hand = facts.agency_id if desk is None else desk.agency_id
    counted = set_up.agreements.counted_at(at_hand)
    blocks = blocks_of(transaction, facts.id) if facts.block_reasons else []
    if desk is not None:
        blocks = [each for each in blocks if each.agency_id is None or each.agency_id in counted]
    onward, overdue_onward = 0, 0
    if facts.has_onward_loans:
        onward, overdue_onward = _onward(transaction, now, facts.id)
    return PatronStatus(
        patron=facts.patron(),
        given_name=facts.given_name,
        family_name=facts.family_name,
        birth_date=facts.birth_date,
        email=facts.email,
        phone=facts.phone,
        home_branch=home,
        expires=facts.expires,
        is_expired=facts.is_expired(today),
        note=facts.note,
        has_pin=facts.pin_hash is not None,
        identifier_kind=facts.identifier_kind,
        identifier_blocked=facts.blocked_identifier()
        or (IdentifierBlock.WITHDRAWN if facts.is_identifier_expired(today) else None),
        blocks=tuple(blocks),
        denied=facts.denied(today, counted),
        loans=facts.loans + onward,
        overdue=facts.overdue + overdue_onward,
        max_loans=set_up.terms(home.id, facts.category, "").max_loans,
        onward_loans=onward,
        recalled=recalled,
        has_account=bool(facts.has_account),
        has_holds=bool(facts.has_holds),
    )


def patron_loans(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    only_overdue: bool = False,
    start: int = 1,
    limit: int | None = None,
) -> PatronLoans | Refused:
    """The patron's open loans by due date: from the `start`-th (1 is the first), `limit` at most.

    What others have lent onward to the patron comes last: they have it, and hand it in.
    `only_overdue` leaves the others out of the list and of `total`.
    Asks for no PIN: call `patron_status` first where one is needed.
    """
    facts = patron_facts(transaction, circulation.identifiers.stored(patron), now, "")
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    return _loans(
        circulation, transaction, facts, now, only_overdue=only_overdue, start=start, limit=limit
    )


def _loans(
    circulation: Circulation,
    transaction: Transaction,
    facts: PatronFacts,
    now: datetime,
    *,
    only_overdue: bool = False,
    start: int = 1,
    limit: int | None = None,
) -> PatronLoans:
    set_up = circulation.set_up(transaction, facts.set_up_version)
    skipped = min(max(start - 1, 0), ALL)
    at_most = ALL if limit is None else min(max(limit, 0), ALL)
    if not (facts.loans or facts.has_onward_loans):
        return PatronLoans(facts.patron(), 0, ())
    if only_overdue:
        own = items_overdue(transaction, facts.id, now, at_most, skipped)
    else:
        own = items_listed(transaction, facts.id, at_most, skipped)
    number = facts.overdue if only_overdue else facts.loans
    onward = [
        item
        for item in (items_lent_onward_to(transaction, facts.id) if facts.has_onward_loans else ())
        if not only_overdue or _is_overdue(item, now)
    ]
    first = max(skipped - number, 0)
    found = own + onward[first : first + at_most - len(own)]
    listed = _listed(transaction, set_up, facts.id, found, now)
    return PatronLoans(facts.patron(), number + len(onward), tuple(listed))


def _is_overdue(item: ItemFacts, now: datetime) -> bool:
    return item.loan_due is not None and item.loan_due < now and item.loan_mark is None


def _listed(
    transaction: Transaction,
    set_up: SetUp,
    patron_id: int,
    found: Sequence[ItemFacts],
    now: datetime,
) -> Iterator[PatronLoan]:
    """The lines for items on loan to the patron, or lent onward to them."""
    holders = {item.co_borrower_id for item in found if item.co_borrower_id is not None}
    names = {each.patron_id: each for each in _borrowers(transaction, sorted(holders))}
    for item in found:
        loan, is_own = item.loan(), item.borrower_id == patron_id
        if loan is None:
            continue
        yield PatronLoan(
            item.item(set_up.branches[item.home_branch_id]),
            loan,
            _is_overdue(item, now),
            is_recalled=item.loan_recalled is not None,
            lent_onward_to=names.get(item.co_borrower_id or 0) if is_own else None,
            lent_onward_by=None if is_own else item.borrower(),
        )
