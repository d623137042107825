"""Slips for patrons, in their language: what they have just borrowed, handed in or paid, how they
stand, and what the members of a group have at home.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, columns, many, many_of, scalars
from circulation.fees.receipts import return_receipt
from circulation.holds.lists import patron_holds
from circulation.holds.results import HoldState, QueuedHold
from circulation.kernel.act import Act
from circulation.kernel.results import Branch, Refused
from circulation.languages.installed import default_language
from circulation.languages.installed import language as language_called
from circulation.ledger.balances import balances_of
from circulation.ledger.charge_words import charge_text
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.ledger.schema import charge_postings, charges, payments
from circulation.loans.facts import items_on_loan
from circulation.loans.schema import loans
from circulation.notices.causes import Cause
from circulation.notices.contents import read_contents
from circulation.notices.persons import Person, read_persons
from circulation.notices.rendering import Templates
from circulation.notices.slips import NothingToPrint, Slip, made, told
from circulation.patrons.blocks import blocks_of
from circulation.patrons.groups import members_of, name_of_group
from circulation.patrons.identifiers import known_as, shown_as


@scalars(int)
def _returned(*, patron_id: int, since: datetime) -> Statement:
    return (
        select(loans.c.id)
        .where(loans.c.patron_id == patron_id, loans.c.checked_in >= since)
        .order_by(loans.c.checked_in, loans.c.id)
    )


class _Payment(NamedTuple):
    id: int
    amount: int
    currency: str
    at: datetime


@many(_Payment)
def _paid(*, patron_id: int, since: datetime) -> Statement:
    return (
        select(*columns(_Payment, payments))
        .where(
            payments.c.patron_id == patron_id,
            payments.c.at >= since,
            payments.c.reversed.is_(None),
        )
        .order_by(payments.c.at, payments.c.id)
    )


class _Share(NamedTuple):
    """What a payment has settled of a charge."""

    payment_id: int
    kind: str
    reason: str
    amount: int
    currency: str


@many_of(_Share)
def _shares(*, payment_ids: Sequence[int]) -> Statement:
    its = {
        "kind": charges.c.kind,
        "reason": charges.c.reason,
        "amount": -charge_postings.c.amount,
    }
    return (
        select(*columns(_Share, charge_postings, charges, **its))
        .select_from(charge_postings.join(charges, charges.c.id == charge_postings.c.charge_id))
        .where(
            charge_postings.c.payment_id.in_(payment_ids),
            charge_postings.c.kind == PostingKind.PAYMENT.value,
        )
        .order_by(charge_postings.c.id)
    )


def _person(act: Act, patron_id: int) -> tuple[Person, Branch]:
    """The patron, and the branch in whose name they are spoken to."""
    person = read_persons(act.transaction, [patron_id])[patron_id]
    return person, act.circulation.current_set_up(act.transaction).branches[person.home_branch_id]


def _on_loan(act: Act, patron_id: int) -> list[dict[str, Any]]:
    found = items_on_loan(act.transaction, patron_id=patron_id)
    return [told(each) for each in found]


def _owed(act: Act, patron_id: int) -> list[dict[str, Any]]:
    """What is still owed, to each agency by its name."""
    set_up = act.circulation.current_set_up(act.transaction)
    names = {each.agency_id: each.agency_name for each in set_up.branches.values()}
    return [
        {"agency": names.get(each.agency_id, ""), "amount": each.total, "currency": each.currency}
        for each in balances_of(act.transaction, patron_id)
        if each.total > 0
    ]


def receipt(
    act: Act, templates: Templates, patron_id: int, *, since: datetime | None = None
) -> Slip:
    """What the patron has on loan, and what came back from them since then, with its time."""
    person, branch = _person(act, patron_id)
    ids = [] if since is None else _returned(act.transaction, patron_id=patron_id, since=since)
    contents = read_contents(act.transaction, [Cause(loans=tuple(ids))])
    facts = {
        "patron": person.name,
        "loans": _on_loan(act, patron_id),
        "returned": [each._asdict() for each in contents.loans],
    }
    return made(act, templates, "receipt", branch, person.language, facts)


def loan_slip(act: Act, templates: Templates, patron_id: int, *, since: datetime) -> Slip:
    """What the patron has borrowed since then. Raises NothingToPrint for nothing."""
    person, branch = _person(act, patron_id)
    all_loans = _on_loan(act, patron_id)
    lent = [each for each in all_loans if each["loan_checked_out"] >= since]
    if not lent:
        raise NothingToPrint("nothing was lent to the patron just now")
    facts = {"patron": person.name, "loans": lent, "total": len(all_loans)}
    return made(act, templates, "loans", branch, person.language, facts)


def return_slip(act: Act, templates: Templates, patron_id: int) -> Slip:
    """What the patron has handed in here today, with the number of the evidence (see
    `circulation.fees.receipts`). Raises NothingToPrint for nothing."""
    person = _person(act, patron_id)[0]
    found = return_receipt(act, patron=known_as(act.transaction, patron_id=patron_id) or "")
    if isinstance(found, Refused) or not found.items:
        raise NothingToPrint("the patron has handed in nothing here today")
    its = [
        {"title": each.title, "barcode": each.barcode, "checked_in": each.at}
        for each in found.items
    ]
    facts = {"patron": person.name, "returned": its, "number": found.number}
    return made(act, templates, "returns", found.branch, person.language, facts)


def payment_slip(act: Act, templates: Templates, patron_id: int, *, since: datetime) -> Slip:
    """What the patron has paid since then, and what for. Raises NothingToPrint for nothing."""
    person, branch = _person(act, patron_id)
    paid = _paid(act.transaction, patron_id=patron_id, since=since)
    if not paid:
        raise NothingToPrint("the patron has paid nothing just now")
    language = templates.language(person.language, "slip_payment")
    shares = _shares(act.transaction, payment_ids=[each.id for each in paid])
    its = [
        each._asdict()
        | {
            "charges": [
                {
                    "text": charge_text(ChargeKind(share.kind), share.reason, language),
                    "amount": share.amount,
                    "currency": share.currency,
                }
                for share in shares
                if share.payment_id == each.id
            ]
        }
        for each in paid
    ]
    facts = {"patron": person.name, "payments": its, "owed": _owed(act, patron_id)}
    return made(act, templates, "payment", branch, person.language, facts)


def status_slip(act: Act, templates: Templates, patron_id: int) -> Slip:
    """How the patron stands: loans, holds, what is owed, blocks, until when the card is good."""
    person, branch = _person(act, patron_id)
    language = templates.language(person.language, "slip_status")
    words = language_called(language).words
    facts = {
        "patron": person.name,
        "card": shown_as(act.transaction, patron_id),
        "expires": person.expires,
        "blocks": [
            words.pgettext("desk", f"BLOCK_{each.reason.value}")
            for each in blocks_of(act.transaction, patron_id=patron_id)
        ],
        "owed": _owed(act, patron_id),
        "loans": _on_loan(act, patron_id),
        **_holds(act, patron_id),
    }
    return made(act, templates, "status", branch, person.language, facts)


def _holds(act: Act, patron_id: int) -> dict[str, Any]:
    """What is ready for the patron, and what they wait for with the place in the queue."""
    patron = known_as(act.transaction, patron_id=patron_id) or ""
    found = patron_holds(act.circulation, act.transaction, patron=patron, now=act.now)
    holds = () if isinstance(found, Refused) else found.holds

    def fields(each: QueuedHold) -> dict[str, Any]:
        hold = each.hold
        place = {"branch": hold.pickup_branch.name, "place_in_queue": each.number_in_queue}
        return {"title": hold.title, "number": hold.number, "deadline": hold.deadline} | place

    return {
        "ready": [fields(each) for each in holds if each.hold.state is HoldState.READY],
        "waiting": [fields(each) for each in holds if each.hold.state is not HoldState.READY],
    }


def group_slip(act: Act, templates: Templates, group_id: int, branch_id: int) -> Slip:
    """What each member of a group has on loan, those of the groups below it included: a class list
    for its teacher. Raises NothingToPrint where there is no such group, or nobody has anything."""
    name = name_of_group(act.transaction, group_id=group_id)
    if name is None:
        raise NothingToPrint(f"there is no group {group_id}")
    members = members_of(act.transaction, group_id=group_id)
    persons = read_persons(act.transaction, members)
    its = [
        {"name": persons[each].name, "loans": loans}
        for each in members
        if (loans := _on_loan(act, each))
    ]
    if not its:
        raise NothingToPrint(f"nobody of {name} has anything on loan")
    branch = act.circulation.current_set_up(act.transaction).branches[branch_id]
    facts = {"group": name, "members": its, "total": sum(len(each["loans"]) for each in its)}
    return made(act, templates, "group", branch, default_language(), facts)
