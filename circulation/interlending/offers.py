"""What a library asks for what it would lend: conditions, a price, a later day.

The rules accept it (`terms.InterlendingTerms`), or the next library is asked, or a person decides
with `accept_offer` and `decline_offer`. What was accepted is asked for once more, under a new id
that names the one before. What it costs is kept with the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from circulation.callers.partners import PARTNERS
from circulation.interlending.cases import Case, case_by_id, store_case
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rota import begin_attempt, ours, pass_over, rules_of
from circulation.interlending.rows import InterlibraryLoan, advance
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle
from circulation.kernel.act import Act
from circulation.ledger.money import amount_text

#: Why a loan has ended that was asked for once more.
TRIED_AGAIN = "asked for once more, on its terms"
DECLINED = "its terms were not accepted"


class Offer(NamedTuple):
    """What is asked for: conditions, a price in minor units, and from when on it can be had."""

    conditions: tuple[str, ...] = ()
    cost: int = 0
    currency: str = ""
    available: datetime | None = None
    why: str = ""

    def said(self) -> dict[str, Any]:
        """As it is kept with the loan."""
        return {
            "conditions": list(self.conditions),
            "cost": self.cost,
            "currency": self.currency,
            "available": self.available and self.available.isoformat(),
            "why": self.why,
        }

    def text(self) -> str:
        """For people."""
        price = amount_text(self.cost, self.currency) if self.cost else ""
        later = f"from {self.available:%Y-%m-%d}" if self.available else ""
        return ", ".join(filter(None, (self.why, *self.conditions, price, later)))


def offer_of(said: Mapping[str, Any]) -> Offer:
    """The offer that is kept with a loan."""
    available = said.get("available")
    return Offer(
        tuple(said.get("conditions") or ()),
        int(said.get("cost") or 0),
        said.get("currency") or "",
        datetime.fromisoformat(available) if available else None,
        said.get("why") or "",
    )


def offered(act: Act, loan: InterlibraryLoan, offer: Offer) -> None:
    """A library would lend it, if it is asked once more on these terms."""
    was_offered = loan.said.get("offer") == offer.said()
    new = _with_offer(act, loan, offer, BorrowingAction.OFFER)
    if isinstance(new, Obstacle):
        note_remark(act, loan, RemarkKind.ODD, offer.text())
        return
    if was_offered:  # it says so once more
        return
    case = case_by_id(act.transaction, new.case_id)
    is_current = case is not None and case.closed is None and case.loan_id == new.id
    # Who asks for the terms that were accepted once more would ask for ever.
    is_new = not new.said.get("accepted") and (offer.cost or offer.conditions)
    if case is not None and is_current and is_new and _fits(act, case, offer):
        accept_offer(act, new)
    elif case is not None and is_current and _goes_on(act, case):
        decline_offer(act, new)
    else:
        note_remark(act, new, RemarkKind.TERMS, offer.text())


def _with_offer(
    act: Act, loan: InterlibraryLoan, offer: Offer, action: BorrowingAction
) -> InterlibraryLoan | Obstacle:
    """The loan with these terms, kept though its state may be the same as before."""
    return advance(act, loan, action, details=loan.with_said(offer=offer.said()).details)


def promised_on_terms(act: Act, loan: InterlibraryLoan, offer: Offer) -> None:
    """A library lends it on these terms, unless we say no."""
    if loan.said.get("offer") == offer.said():
        return
    new = _with_offer(act, loan, offer, BorrowingAction.EXPECT)
    if isinstance(new, Obstacle):
        return
    case = case_by_id(act.transaction, new.case_id)
    if case is None or case.closed is not None or case.loan_id != new.id:
        note_remark(act, new, RemarkKind.TERMS, offer.text())
    elif _fits(act, case, offer):
        _agree(act, case, new, offer)
    elif _goes_on(act, case):
        decline_offer(act, new)
    else:
        note_remark(act, new, RemarkKind.TERMS, offer.text())


def charged_by_owner(act: Act, loan: InterlibraryLoan, offer: Offer) -> None:
    """What it costs in the end, as the owner says when it sends it: above what was accepted,
    somebody reads of it."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is None or not offer.cost:
        return
    is_more = offer.currency != case.currency or offer.cost > max(
        case.cost, rules_of(act.circulation.current_set_up(act.transaction), case).most_cost
    )
    if is_more:
        note_remark(act, loan, RemarkKind.TERMS, offer.text())
    if offer.currency == case.currency and case.closed is None:
        store_case(act.transaction, case._replace(cost=offer.cost))


def accept_offer(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """It is asked for once more on the terms that were offered, from the day on from which it can
    be had; or what was promised on terms is left to come."""
    case = case_by_id(act.transaction, loan.case_id)
    said = loan.said.get("offer")
    if said is None or loan.closed is not None:
        return Obstacle.NOT_OFFERED
    offer = offer_of(said)
    if loan.state is not BorrowingState.OFFERED:
        if loan.state is BorrowingState.EXPECTED and case is not None and case.closed is None:
            _agree(act, case, loan, offer)
            return loan
        return Obstacle.NOT_OFFERED
    partner = PARTNERS.of(act.circulation.current_set_up(act.transaction)).get(loan.partner)
    if partner is None or case is None or case.closed is not None:
        return Obstacle.NO_PARTNER
    advance(act, loan.with_said(why=TRIED_AGAIN), BorrowingAction.REFUSE)
    _add_cost(act, case, offer)
    wait = timedelta() if offer.available is None else max(offer.available - act.now, timedelta())
    terms = {
        "previous": loan.request_id,
        "accepted": said,
        "supplier": loan.said.get("supplier"),
    }
    again = begin_attempt(act, case, partner, wait=wait, said=terms)
    case = case_by_id(act.transaction, case.id) or case
    store_case(act.transaction, case._replace(loan_id=again.id, look_at=None))
    return again


def decline_offer(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """The terms are not accepted: the library is told, and the next is asked."""
    if loan.said.get("offer") is None or loan.closed is not None:
        return Obstacle.NOT_OFFERED
    if loan.state not in (BorrowingState.OFFERED, BorrowingState.EXPECTED):
        return Obstacle.NOT_OFFERED
    return pass_over(act, loan, DECLINED, BorrowingAction.REFUSE)


def _fits(act: Act, case: Case, offer: Offer) -> bool:
    """Do the rules accept it?"""
    rules = rules_of(act.circulation.current_set_up(act.transaction), case)
    accepted = {each.casefold() for each in rules.conditions}
    if any(each.casefold() not in accepted for each in offer.conditions):
        return False
    if offer.available is not None and offer.available > act.now:
        return False
    return not offer.cost or (offer.currency == rules.currency and offer.cost <= rules.most_cost)


def _goes_on(act: Act, case: Case) -> bool:
    rules = rules_of(act.circulation.current_set_up(act.transaction), case)
    return rules.other_offers == "next"


def _agree(act: Act, case: Case, loan: InterlibraryLoan, offer: Offer) -> None:
    """It is left to come; a library that waits for our word on its terms is told."""
    _add_cost(act, case, offer)
    tell(ours(act), loan, PartnerNoticeKind.AGREED)


def _add_cost(act: Act, case: Case, offer: Offer) -> None:
    if offer.cost:
        cost = case._replace(cost=offer.cost, currency=offer.currency)
        store_case(act.transaction, cost)
