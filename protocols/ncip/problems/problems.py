"""Refusals of circulation or a handler as Problems, the words of NCIP.

A service may use the general and messaging types and those of its own list (Z39.83-1-2012, 5.3 to
5.5). `refusal` sees to that, whatever a function that several services share has said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal as EngineRefusal
from circulation.ledger.money import debts_text
from protocols.ncip.messages import Code, Problem, Refusal, Request
from protocols.ncip.problems.problem_lists import TYPES, nearest
from protocols.ncip.problems.problem_reasons import PROBLEMS
from protocols.ncip.problems.problem_types import ProblemType

#: The element at fault, if the caller sent it.
_ELEMENTS = {
    Reason.PATRON_UNKNOWN: "UserIdentifierValue",
    Reason.PIN_MISSING: "AuthenticationInputData",
    Reason.PIN_WRONG: "AuthenticationInputData",
    Reason.PIN_LOCKED: "AuthenticationInputData",
    Reason.ITEM_UNKNOWN: "ItemIdentifierValue",
    Reason.RECORD_UNKNOWN: "BibliographicRecordIdentifier",
    Reason.HOLD_UNKNOWN: "RequestIdentifierValue",
    Reason.HOLD_DATES_WRONG: "NeedBeforeDate",
    Reason.DATE_TOO_OLD: "DateEventOccurred",
    Reason.DATE_IN_FUTURE: "DateEventOccurred",
    Reason.FEE_NOT_ACKNOWLEDGED: "AcknowledgedFeeAmount",
    Reason.AMOUNT_WRONG: "MonetaryValue",
    Reason.AMOUNT_ABOVE_LIMIT: "MonetaryValue",
    Reason.NOTHING_OWED: "MonetaryValue",
    Reason.OWED_ELSEWHERE: "MonetaryValue",
    Reason.PAYMENT_TOO_LARGE: "MonetaryValue",
    Reason.PARTIAL_PAYMENT: "MonetaryValue",
    Reason.CURRENCY_NOT_OWED: "CurrencyCode",
    Reason.CHARGE_SETTLED: "RelatedFiscalTransactionReferenceId",
    Reason.CHARGE_UNKNOWN: "RelatedFiscalTransactionReferenceId",
    Reason.ORDER_ID_TAKEN: "FiscalTransactionReferenceId",
    **dict.fromkeys(
        (
            Reason.CARD_REPORTED_LOST,
            Reason.CARD_NOT_VALID,
            Reason.PATRON_EXPIRED,
            Reason.PATRON_BLOCKED,
            Reason.TOO_MANY_LOANS,
            Reason.TOO_MANY_HOLDS,
        ),
        "UserIdentifierValue",
    ),
    **dict.fromkeys(
        (
            Reason.ITEM_NOT_LOANABLE,
            Reason.ON_SITE_ONLY,
            Reason.ON_LOAN_TO_ANOTHER,
            Reason.NOT_HOLDABLE,
            Reason.ALREADY_ON_HOLD,
            Reason.ALREADY_ON_LOAN_TO_PATRON,
        ),
        "ItemIdentifierValue",
    ),
}
#: If the first was not sent, the request named it by the second.
_INSTEAD = {
    "UserIdentifierValue": "AuthenticationInputData",
    "ItemIdentifierValue": "BibliographicRecordIdentifier",
}


def problem(
    kind: ProblemType, detail: str = "", element: str = "", value: str | None = None
) -> Problem:
    """A Problem. `value` may be quoted from the request only if it cannot be a secret."""
    return Problem(Code(kind.value), detail or None, element or None, value or None)


def problems(
    service: str, refusals: Iterable[EngineRefusal], values: dict[str, str | None]
) -> tuple[Problem, ...]:
    """What circulation refused, the most important first, each type once. `values` gives what the
    caller sent in each element that is not secret.
    """
    made: dict[ProblemType, Problem] = {}
    for refusal in refusals:
        kind = PROBLEMS[service][refusal.reason]
        detail = refusal.reason.value
        if refusal.debts:
            detail += f"; pay there: {debts_text(refusal.debts)}"
            if kind in made:
                made[kind] = replace(
                    made[kind], problem_detail=f"{made[kind].problem_detail}; {detail}"
                )
        if kind not in made:
            element = _ELEMENTS.get(refusal.reason, "")
            if element not in values:
                element = _INSTEAD.get(element, element)
            made[kind] = problem(kind, detail, element, values.get(element))
    return tuple(made.values())


def refusal(request: Request, *found: Problem) -> Refusal:
    """The response that says why the request was not carried out, in types of its service."""
    service = type(request).__name__
    return Refusal(service, tuple(_fitting(service, each) for each in found))


def _fitting(service: str, said: Problem) -> Problem:
    kind = TYPES.get(said.problem_type.value) if said.problem_type else None
    if kind is None:
        return said
    fitting = nearest(service, kind)
    return said if fitting is kind else replace(said, problem_type=Code(fitting.value))
