"""Loans, and renewing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from circulation.accounts.history import ended_loans
from circulation.interlending.part import WITH_PARTNER
from circulation.items.facts import ItemFacts
from circulation.kernel.paging import MOST
from circulation.kernel.results import Loan, Refused
from circulation.loans.renewals import LoanProspect, judge_renewals, renew
from circulation.loans.wishes import RenewalWish
from circulation.patrons.consents import consents_of
from circulation.patrons.kinds import Consent
from circulation.staff.lookups import Seen
from protocols.fbs.calls import Request
from protocols.fbs.handling.looking import act_for, day_of, known_by, note_look
from protocols.fbs.handling.material import (
    group_names,
    group_told,
    periodical,
    wire_number,
)
from protocols.fbs.problems import no_patron
from protocols.fbs.refusals import RENEWED, renewal_denials
from protocols.hosting.answering import Context
from protocols.records.naming import record_ids

LOAN: Final = "loan"
INTERLIBRARY_LOAN: Final = "interLibraryLoan"


def list_loans(request: Request, context: Context) -> list[dict[str, Any]]:
    """The patron's loans by due date, and why each cannot be renewed."""
    note_look(request, context, Seen.LOANS, request.place.id)
    found = _prospects(request, context)
    told = _Telling(context, [each.item for each in found])
    return [
        {
            "isRenewable": not each.refusals,
            "isLongtermLoan": False,
            "renewalStatusList": renewal_denials(each.refusals) if each.refusals else [],
            "loanDetails": told.loan(each.item, each.loan.loan(), each.loan.branch_id),
        }
        for each in found
    ]


def renew_loans(request: Request, context: Context) -> list[dict[str, Any]]:
    """Renews the loans of the body, as far as the rules let it; ids that are no loan of the
    patron's are left out, there being nothing to show of them."""
    wanted = set(request.body)
    found = [each for each in _prospects(request, context) if wire_number(each.loan.id) in wanted]
    found.sort(key=lambda each: each.item.id)  # items are locked by rising id
    told, act = _Telling(context, [each.item for each in found]), act_for(request, context)
    answers = []
    for each in found:
        wish = RenewalWish(known_by(request.place), each.item.barcode, seen=False)
        answer = renew(act, wish)
        if isinstance(answer, Refused):
            status, loan = renewal_denials(answer.refusals), answer.loan or each.loan.loan()
        else:
            status, loan = [RENEWED], answer.loan
        details = told.loan(each.item, loan, each.loan.branch_id)
        answers.append({"renewalStatus": status, "loanDetails": details})
    return answers


def list_with_history(request: Request, context: Context) -> dict[str, Any]:
    """The loans, and those that are over, where the patron has agreed that they are kept."""
    loans = list_loans(request, context)
    transaction, patron_id = context.transaction, request.place.id
    over: list[dict[str, Any]] = []
    if Consent.KEEP_HISTORY in consents_of(transaction, patron_id):
        note_look(request, context, Seen.HISTORY, patron_id)
        ended = ended_loans(transaction, patron_id=patron_id, after=None, limit=MOST).lines
        records = record_ids(transaction, [each.record_id for each in ended])
        branches = context.circulation.current_set_up(transaction).branches
        for each in ended:
            zone = branches[each.branch_id].timezone
            over.append(
                {
                    "loanId": wire_number(each.id),
                    "materialItemNumber": each.barcode,
                    "recordId": records[each.record_id],
                    "loanDate": day_of(each.checked_out, zone),
                    "dueDate": day_of(each.due, zone),
                    "returnedDate": day_of(each.checked_in, zone),
                    "loanType": LOAN,
                }
            )
    return {"loans": loans, "historicalMaterialLoans": over}


def _prospects(request: Request, context: Context) -> Sequence[LoanProspect]:
    found = judge_renewals(act_for(request, context), patron=known_by(request.place))
    if isinstance(found, Refused):
        raise no_patron()
    return found


class _Telling:
    """What is told of loans of these items: read once for all of them."""

    def __init__(self, context: Context, items: Sequence[ItemFacts]) -> None:
        transaction = context.transaction
        self._branches = context.circulation.current_set_up(transaction).branches
        self._records: Mapping[int, str] = record_ids(
            transaction, [each.record_id for each in items]
        )
        names = group_names(context)
        groups = {each.material_group for each in items}
        self._groups = {group: group_told(group, names) for group in groups}

    def loan(self, item: ItemFacts, loan: Loan, branch_id: int) -> dict[str, Any]:
        zone = self._branches[branch_id].timezone
        told: dict[str, Any] = {
            "loanId": wire_number(loan.id),
            "materialItemNumber": item.barcode,
            "recordId": self._records[item.record_id],
            "loanDate": day_of(loan.checked_out, zone),
            "dueDate": day_of(loan.due, zone),
            "loanType": LOAN,
        }
        told.update(self._groups[item.material_group])
        if item.part:
            told["periodical"] = periodical(item.part)
        partner = WITH_PARTNER.of(item)
        if partner is not None and partner.borrowing_state is not None:
            told["loanType"] = INTERLIBRARY_LOAN
            told["ilBibliographicRecord"] = _described(item, told["recordId"])
        return told


def _described(item: ItemFacts, record: str) -> dict[str, Any]:
    """What is known of something that belongs to another library: no web site finds its record."""
    return {
        "recordId": record,
        "mediumType": item.material_group,
        "title": item.title or None,
        "author": item.author or None,
    }
