"""What is known of a patron: status, blocks and counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, columns, one
from circulation.accounts.loans import (
    BriefLoans,
    LoanPage,
    PatronLoans,
    loans_in_brief,
    loans_listed,
)
from circulation.calendars.due_dates import local_date
from circulation.holds.of_patron import HOLDS_OF_PATRON, NO_HOLDS
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import IdentifierBlock, Reason
from circulation.kernel.results import Patron, PatronStatus, Refusal, Refused
from circulation.ledger.balances import ACCOUNT_OF_PATRON
from circulation.loans.of_patron import loans_of
from circulation.loans.schema import loans
from circulation.patrons.blocks import blocks_of
from circulation.patrons.facts import PatronFacts, borrower_facts, patron_alone, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import look_at_pin


class _Onward(NamedTuple):
    """How many loans others lent onward to the patron, and how many of them are overdue."""

    number: int
    overdue: int


@one(_Onward)
def _onward(*, now: datetime, patron_id: int) -> Statement:
    return select(
        *columns(
            _Onward,
            number=func.count(),
            overdue=func.count().filter(loans.c.due < now, loans.c.mark.is_(None)),
        )
    ).where(loans.c.co_patron_id == patron_id, loans.c.checked_in.is_(None))


def patron_status(act: Act, *, patron: str, pin: str | None = None) -> PatronStatus | Refused:
    """What is known of the patron with this identifier (SIP2 63, NCIP LookupUser).

    What is said of blocks is as the desk's agency sees it (see `PatronStatus`).
    A blocked or expired patron is still shown. Refused only with PATRON_UNKNOWN, PATRON_NOT_SERVED,
    PIN_MISSING, PIN_WRONG or PIN_LOCKED (`pin` None asks for none but what the desk asks for). A
    wrong PIN does not count against the patron; the desk is stopped where it guesses.
    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    facts = _known(act, patron, pin)
    return facts if isinstance(facts, Refused) else _status(act, facts)


def patron_status_and_facts(
    act: Act, *, patron: str, pin: str | None = None
) -> tuple[PatronStatus, PatronFacts] | Refused:
    """The same, and what lists are made from, for those who may want one (`loans_listed`)."""
    facts = _known(act, patron, pin)
    return facts if isinstance(facts, Refused) else (_status(act, facts), facts)


def patron_standing(act: Act, *, patron: str, pin: str | None = None) -> PatronStatus | Refused:
    """The answer of `patron_status` for who asks for no list and no number (SIP2 23): loans are
    counted as far as a limit reaches, for `has_too_many_loans`, and nothing else is."""
    facts = _known(act, patron, pin, partial(_hardly_counted, act.circulation))
    return facts if isinstance(facts, Refused) else _status(act, facts)


def _hardly_counted(
    circulation: Circulation, transaction: Transaction, *, identifier: str, now: datetime
) -> PatronFacts | None:
    set_up = circulation.set_up_at_hand(transaction)
    facts = borrower_facts(
        transaction,
        identifier=identifier,
        now=now,
        material_group="",
        most=set_up.most_loans_of_anybody,
        most_of_group=0,
    )
    if facts is None or facts.set_up_version == set_up.version:
        return facts
    return patron_facts(transaction, identifier=identifier, now=now)  # there may be other limits


def patron_known(act: Act, *, patron: str, pin: str | None = None) -> Patron | Refused:
    """The patron with this identifier, refused as by `patron_status`; nothing is counted."""
    facts = _known(act, patron, pin, patron_alone)
    return facts if isinstance(facts, Refused) else facts.patron()


def patron_status_and_loans(
    act: Act, *, patron: str, pin: str | None = None, limit: int | None = None
) -> tuple[PatronStatus, PatronLoans] | Refused:
    """The answers of `patron_status` and `patron_loans` for those who want both: the patron is
    looked up once."""
    facts = _known(act, patron, pin)
    if isinstance(facts, Refused):
        return facts
    return _status(act, facts), loans_listed(act, facts, page=LoanPage(limit=limit))


def patron_status_and_brief_loans(
    act: Act, *, patron: str, pin: str | None = None, limit: int
) -> tuple[PatronStatus, BriefLoans] | Refused:
    """The same with the loans in brief, `limit` at most."""
    facts = _known(act, patron, pin)
    if isinstance(facts, Refused):
        return facts
    return _status(act, facts), loans_in_brief(act, facts, limit)


def _known(
    act: Act,
    patron: str,
    pin: str | None,
    read: Callable[..., PatronFacts | None] = patron_facts,
) -> PatronFacts | Refused:
    """The patron; with a PIN, only if it is the right one."""
    transaction, circulation, _, now = act
    facts = read(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    wrong = look_at_pin(act, facts, pin)
    return Refused((wrong,)) if wrong else facts


def _status(act: Act, facts: PatronFacts) -> PatronStatus:
    transaction, circulation, desk, now = act
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    today = local_date(now, home.timezone)
    at_hand = desk.agency_id or facts.agency_id
    counted = set_up.agreements.counted_at(at_hand)
    blocks = blocks_of(transaction, patron_id=facts.id) if facts.block_reasons else []
    if blocks and desk.agency_id:
        blocks = [each for each in blocks if each.agency_id is None or each.agency_id in counted]
    onward, overdue_onward = 0, 0
    had, waits_for = loans_of(facts), HOLDS_OF_PATRON.of(facts) or NO_HOLDS
    if had.onward:
        onward, overdue_onward = _onward(transaction, now=now, patron_id=facts.id) or (0, 0)
    return PatronStatus(
        patron=facts.patron(),
        given_name=facts.given_name,
        family_name=facts.family_name,
        birth_date=facts.birth_date,
        email="" if facts.is_protected else facts.email,
        phone="" if facts.is_protected else facts.phone,
        is_protected=facts.is_protected,
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
        loans=had.number + onward,
        overdue=had.overdue + overdue_onward,
        max_loans=set_up.terms(home.id, facts.category, "").max_loans,
        onward_loans=onward,
        recalled=had.recalled,
        has_account=ACCOUNT_OF_PATRON.of(facts) is not None,
        holds=waits_for.number,
        holds_ready=waits_for.ready,
    )
