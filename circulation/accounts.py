"""What is known of a patron: status, blocks, counts, and the list of loans."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from catalogue.statements import Transaction, many
from circulation.due_dates import local_date
from circulation.engine import Circulation
from circulation.facts import ALL, items_on_loan, items_overdue, patron_facts
from circulation.pin_rules import look_at_pin
from circulation.reasons import BlockReason, IdentifierBlock, Reason
from circulation.results import (
    Block,
    Desk,
    PatronLoan,
    PatronLoans,
    PatronStatus,
    Refusal,
    Refused,
)
from circulation.schema import patron_blocks


def _block(reason: str, since: datetime, message: str) -> Block:
    return Block(BlockReason(reason), since, message)


_blocks = many(
    select(patron_blocks.c.reason, patron_blocks.c.since, patron_blocks.c.message)
    .where(patron_blocks.c.patron_id == bindparam("of_patron"))
    .order_by(patron_blocks.c.since, patron_blocks.c.reason),
    _block,
    "of_patron",
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

    A blocked or expired patron is still shown. Refused only with PATRON_UNKNOWN, PIN_MISSING,
    PIN_WRONG or PIN_LOCKED (`pin` None asks for none). A wrong PIN does not count against the
    patron; `desk` is who asks, and is stopped where it guesses.
    Raises VerificationNeeded (see `circulation.pins`).
    """
    facts = patron_facts(transaction, circulation.identifiers.stored(patron), now, "")
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := look_at_pin(circulation, transaction, facts, pin, desk, now):
        return Refused((wrong,))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    today = local_date(now, home.timezone)
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
        blocks=tuple(_blocks(transaction, facts.id)) if facts.block_reasons else (),
        denied=facts.denied(today),
        loans=facts.loans,
        overdue=facts.overdue,
        max_loans=set_up.terms(home.id, facts.category, "").max_loans,
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

    `only_overdue` leaves the others out of the list and of `total`.
    Asks for no PIN: call `patron_status` first where one is needed.
    """
    facts = patron_facts(transaction, circulation.identifiers.stored(patron), now, "")
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    skipped = min(max(start - 1, 0), ALL)
    at_most = ALL if limit is None else min(max(limit, 0), ALL)
    if only_overdue:
        found = items_overdue(transaction, facts.id, now, at_most, skipped)
    else:
        found = items_on_loan(transaction, facts.id, at_most, skipped)
    listed = []
    for item in found:
        loan = item.loan()
        if loan is not None:
            home = set_up.branches[item.home_branch_id]
            is_overdue = loan.due < now and item.loan_mark is None
            listed.append(PatronLoan(item.item(home), loan, is_overdue))
    total = facts.overdue if only_overdue else facts.loans
    return PatronLoans(facts.patron(), total, tuple(listed))
