"""What a supplier asks for what it would lend: its terms are accepted by rule or by somebody, or
the next library is asked; what it costs goes to the case, and to the patron if a rule says so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.interlending.asking import Wish, ask
from circulation.interlending.cases import Case, attempts_of, case_by_id
from circulation.interlending.offers import accept_offer
from circulation.interlending.remarks import RemarkKind
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.interlending.rules import INTERLENDING_RULES
from circulation.interlending.states import BorrowingState
from circulation.kernel.set_up import set_up_changed
from protocols.iso18626.codes import Action, ReasonForMessage, RequestType, Status, Version
from protocols.iso18626.messages import (
    AgencyId,
    Costs,
    DeliveryInfo,
    Header,
    Request,
    RequestingAgencyMessage,
    RetryInfo,
    SupplyingAgencyMessage,
)
from tests.builders.circulation import a_patron
from tests.builders.fees import total
from tests.protocols.iso18626.stage import ODENSE, OURS, Stage, a_partner

_PRICE = Costs(Decimal("35.00"), "DKK")


@pytest.fixture(params=Version)
def asked(stage: Stage, request: pytest.FixtureRequest) -> tuple[Stage, InterlibraryLoan, str]:
    """Odense was asked for what P1 wants, in either version; Aarhus is the next."""
    stage.version = request.param
    library = stage.library
    for agency, days in ((ODENSE, 1), ("DK-775100", 2)):
        a_partner(library, agency, takes_requests=True, days=days, version=request.param.value)
    card = a_patron(library)

    def work(transaction: Transaction) -> InterlibraryLoan:
        found = ask(library.act(transaction), patron=card, wish=Wish(title="Peters jul"))
        assert isinstance(found, InterlibraryLoan)
        return found

    loan = library.write(work)
    stage.tell()
    return stage, loan, card


def rules(stage: Stage, **said: Any) -> None:
    def work(transaction: Transaction) -> None:
        INTERLENDING_RULES.store(transaction, **said)
        set_up_changed(transaction)

    stage.library.write(work)


def says(stage: Stage, loan: InterlibraryLoan, status: Status, **said: Any) -> None:
    stage.library.pass_time(seconds=1)
    now = stage.library.now
    confirmation = stage.say(
        SupplyingAgencyMessage(
            Header(AgencyId(ODENSE), AgencyId(OURS), now, loan.request_id, "THEIRS-1"),
            ReasonForMessage.STATUS_CHANGE,
            status,
            last_change=now,
            **said,
        )
    )
    assert confirmation.error is None


def attempts(stage: Stage, loan: InterlibraryLoan) -> list[InterlibraryLoan]:
    case_id = loan.case_id or 0
    return stage.library.read(lambda transaction: attempts_of(transaction, case_id=case_id))


def case_of(stage: Stage, loan: InterlibraryLoan) -> Case:
    found = stage.library.write(lambda transaction: case_by_id(transaction, loan.case_id))
    assert found is not None
    return found


Asked = tuple[Stage, InterlibraryLoan, str]
_OFFER = {
    "reason_retry": "CostExceedsMaxCost",
    "retry_info": RetryInfo(loan_condition=("LibraryUseOnly",), offered_costs=_PRICE),
}


def test_what_the_rules_accept_is_asked_for_once_more(asked: Asked) -> None:
    stage, loan, card = asked
    rules(stage, most_cost=4_000, conditions=["libraryuseonly"], patron_pays="cost")
    says(stage, loan, Status.RETRY_POSSIBLE, **_OFFER)
    first, again = attempts(stage, loan)
    assert (first.state, again.state) == (BorrowingState.UNFILLED, BorrowingState.ASKED)
    [request] = stage.tell()
    assert isinstance(request, Request)
    assert request.service_info.request_type is RequestType.RETRY
    assert request.service_info.requesting_agency_previous_request_id == loan.request_id
    assert request.header.requesting_agency_request_id == again.request_id
    assert request.maximum_costs == _PRICE
    # The same once more, and late news of the first, change nothing.
    says(stage, loan, Status.RETRY_POSSIBLE, **_OFFER)
    says(stage, loan, Status.UNFILLED, reason_unfilled="NotHeld")
    assert len(attempts(stage, loan)) == 2
    sent = DeliveryInfo(stage.library.now, ("FREMMED-1",), delivery_costs=_PRICE)
    says(
        stage, again, Status.LOANED, due_date=stage.library.now + timedelta(30), delivery_info=sent
    )
    stage.library.check_in("FREMMED-1")
    case = case_of(stage, loan)
    assert (case.outcome, case.cost) == ("filled", 3_500)
    assert total(stage.library, card) == 3_500
    assert not [each for each in stage.remarks(loan.request_id) if each.kind is RemarkKind.TERMS]


@pytest.mark.parametrize(
    "said",
    [
        {"most_cost": 3_499, "conditions": ["LibraryUseOnly"]},
        {"most_cost": 3_500, "currency": "EUR", "conditions": ["LibraryUseOnly"]},
        {"most_cost": 3_500},
    ],
)
def test_what_they_do_not_accept_is_for_somebody_or_for_the_next(
    asked: Asked, said: dict[str, Any]
) -> None:
    stage, loan, _ = asked
    has_conditions = stage.version is Version.V2021  # with an offer: 1.2 has no place for them
    if not has_conditions and "conditions" not in said:
        said = {"most_cost": 0}
    rules(stage, **said)
    says(stage, loan, Status.RETRY_POSSIBLE, **_OFFER)
    [remark] = stage.remarks(loan.request_id)
    conditions = "LibraryUseOnly, " if has_conditions else ""
    assert (remark.kind, remark.text) == (
        RemarkKind.TERMS,
        f"CostExceedsMaxCost, {conditions}35.00 DKK",
    )
    assert len(attempts(stage, loan)) == 1
    rules(stage, other_offers="next", **said)
    later = {**_OFFER, "reason_retry": "OnLoan"}
    says(stage, loan, Status.RETRY_POSSIBLE, **later)
    _, following = attempts(stage, loan)
    assert following.partner == "dk-775100"
    [cancelled] = stage.tell()
    assert isinstance(cancelled, RequestingAgencyMessage)
    assert cancelled.action is Action.CANCEL


def test_what_can_be_had_later_is_asked_for_then(asked: Asked) -> None:
    stage, loan, _ = asked
    then = stage.library.now + timedelta(days=14)
    says(
        stage,
        loan,
        Status.RETRY_POSSIBLE,
        reason_retry="OnLoan",
        retry_info=RetryInfo(retry_after=then),
    )

    def accept(transaction: Transaction) -> Any:
        found = loan_by_id(transaction, loan.id)
        assert found is not None
        return accept_offer(stage.library.act(transaction), found)

    again = stage.library.write(accept)
    assert isinstance(again, InterlibraryLoan)
    assert stage.tell() == []
    stage.library.now = then
    [request] = stage.tell()
    assert isinstance(request, Request)
    assert request.service_info.requesting_agency_previous_request_id == loan.request_id


def test_a_promise_on_terms(asked: Asked) -> None:
    stage, loan, _ = asked
    terms = DeliveryInfo(stage.library.now, loan_condition=("LibraryUseOnly",))
    says(stage, loan, Status.WILL_SUPPLY, delivery_info=terms)
    [remark] = stage.remarks(loan.request_id)
    assert (remark.kind, remark.text) == (RemarkKind.TERMS, "LibraryUseOnly")
    [kept] = attempts(stage, loan)
    assert kept.state is BorrowingState.EXPECTED
    says(stage, loan, Status.WILL_SUPPLY, delivery_info=terms)
    assert len(stage.remarks(loan.request_id)) == 1


def test_a_price_above_what_was_accepted_is_for_somebody_to_read(asked: Asked) -> None:
    stage, loan, card = asked
    sent = DeliveryInfo(stage.library.now, ("FREMMED-1",), delivery_costs=_PRICE)
    says(stage, loan, Status.LOANED, delivery_info=sent)
    [remark] = stage.remarks(loan.request_id)
    assert (remark.kind, remark.text) == (RemarkKind.TERMS, "35.00 DKK")
    stage.library.check_in("FREMMED-1")
    assert case_of(stage, loan).cost == 3_500
    assert total(stage.library, card) == 0  # the rules charge nobody


def test_a_late_promise_of_what_was_given_up_is_cancelled_once_more(asked: Asked) -> None:
    stage, loan, _ = asked
    says(stage, loan, Status.UNFILLED, reason_unfilled="NotHeld")
    assert attempts(stage, loan)[-1].partner == "dk-775100"
    says(stage, loan, Status.WILL_SUPPLY)
    [cancelled] = stage.tell()
    assert isinstance(cancelled, RequestingAgencyMessage)
    assert (cancelled.action, len(attempts(stage, loan))) == (Action.CANCEL, 2)


def test_who_names_no_terms_or_the_same_again_is_not_asked_for_ever(asked: Asked) -> None:
    stage, loan, _ = asked
    rules(stage, most_cost=4_000, conditions=["LibraryUseOnly"])
    says(stage, loan, Status.RETRY_POSSIBLE, reason_retry="NotFoundAsCited")
    assert len(attempts(stage, loan)) == 1
    says(stage, loan, Status.RETRY_POSSIBLE, **_OFFER)
    _, again = attempts(stage, loan)
    says(stage, again, Status.RETRY_POSSIBLE, **_OFFER)
    assert len(attempts(stage, loan)) == 2
    assert [each.kind for each in stage.remarks(again.request_id)] == [RemarkKind.TERMS]


@pytest.mark.parametrize("amount", ["0.00", "-5", "1E+30", "99999999999999999999"])
def test_a_price_that_cannot_be_is_no_harm(asked: Asked, amount: str) -> None:
    stage, loan, _ = asked
    price = Costs(Decimal(amount), "DKK")
    try:
        says(stage, loan, Status.RETRY_POSSIBLE, retry_info=RetryInfo(offered_costs=price))
    except AssertionError:  # the schema has no such number
        return
    assert len(attempts(stage, loan)) == 1


def test_the_last_of_two_offers_is_the_one_that_is_accepted(asked: Asked) -> None:
    """It was offered already, and then costs more; or was promised, and then has a condition."""
    stage, loan, _ = asked
    for price in ("35.00", "60.00"):
        costs = Costs(Decimal(price), "DKK")
        terms = RetryInfo(offered_costs=costs)
        says(stage, loan, Status.RETRY_POSSIBLE, reason_retry="Costs", retry_info=terms)

    def accept(transaction: Transaction) -> Any:
        found = loan_by_id(transaction, loan.id)
        assert found is not None
        return accept_offer(stage.library.act(transaction), found)

    assert isinstance(stage.library.write(accept), InterlibraryLoan)
    [request] = stage.tell()
    assert isinstance(request, Request)
    assert request.maximum_costs == Costs(Decimal("60.00"), "DKK")
