"""Money in NCIP: what was charged, what a user owes, what was agreed to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from circulation.calendars.due_dates import local_date
from circulation.fees.rules import agency_fee_terms
from circulation.kernel.results import ChargedFee, PatronStatus, Refusal, Refused
from circulation.ledger.balances import debts_elsewhere
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charge_words import charge_text, debts_said
from circulation.ledger.money import Charge, ChargedLoan, ChargeKind
from protocols.hosting.answering import Context
from protocols.ncip.messages import Amount, Code, ItemId, RequiredFeeAmount
from protocols.ncip.models.accounts import (
    AccountBalance,
    AccountDetails,
    AcknowledgedFeeAmount,
    FiscalTransactionInformation,
    FiscalTransactionReferenceId,
    ItemDetails,
    UserFiscalAccount,
)
from protocols.ncip.models.items import BibliographicDescription
from protocols.ncip.subjects.items import ITEM_BARCODE

#: The most charges that one account lists; its balance is right even beyond it.
LISTED_CHARGES = 200

ASSESS = Code("Assess")
#: FiscalTransactionType of each kind of charge.
TRANSACTION_TYPES: dict[ChargeKind, str] = {
    ChargeKind.LATE_FEE: "Fine",
    ChargeKind.COMPENSATION: "Book Replacement Charge",
    ChargeKind.DAMAGE: "Book Replacement Charge",
    ChargeKind.PROCESSING: "Service Charge",
    ChargeKind.LOAN_FEE: "Rental",
    ChargeKind.HOLD_FEE: "Reservation Charge",
    ChargeKind.ADMINISTRATIVE: "Reminder Charge",
    ChargeKind.SERVICE: "Service Charge",
    ChargeKind.OTHER: "Purchase",
    ChargeKind.CREDIT: "Purchase",
}


def acknowledged(given: AcknowledgedFeeAmount | None) -> bool | int:
    """What the user has agreed to pay, in minor units; False if nothing is said."""
    value = given.monetary_value if given else None
    return False if value is None else value


def required_fee(refused: Refused) -> RequiredFeeAmount | None:
    """The price that was not agreed to, if that is the reason."""
    return next((_price(each) for each in refused.refusals if each.amount and each.currency), None)


def _price(refusal: Refusal) -> RequiredFeeAmount:
    return RequiredFeeAmount(Code(refusal.currency or ""), refusal.amount)


def charged(fees: Sequence[ChargedFee], agency_isil: str) -> FiscalTransactionInformation | None:
    """What a verb has charged, as one transaction, since NCIP has room for one."""
    if not fees:
        return None
    first = fees[0]
    same = [each for each in fees if each.currency == first.currency]
    return FiscalTransactionInformation(
        fiscal_action_type=ASSESS,
        fiscal_transaction_reference_id=reference(agency_isil, str(first.charge_id)),
        fiscal_transaction_type=Code(TRANSACTION_TYPES[ChargeKind(first.kind)]),
        amount=Amount(Code(first.currency), sum(each.amount for each in same)),
    )


def reference(agency_isil: str, value: str) -> FiscalTransactionReferenceId:
    return FiscalTransactionReferenceId(Code(agency_isil), value)


def fiscal_accounts(
    identifier: str, status: PatronStatus, collected_at: int, context: Context
) -> tuple[UserFiscalAccount, ...]:
    """What the user owes and can pay at the agency `collected_at` (an id), one account for each
    currency; a single empty one if nothing is owed, with a line of no amount that says where to
    pay what is owed to other agencies."""
    found = patron_charges(
        context.circulation,
        context.transaction,
        patron=identifier,
        now=context.now,
        page=ChargePage(collected_at=collected_at, limit=LISTED_CHARGES),
    )
    if isinstance(found, Refused):
        return ()
    set_up = context.circulation.current_set_up(context.transaction)
    agencies = {each.agency_id: each.agency_isil for each in set_up.branches.values()}
    zone = ZoneInfo(status.home_branch.timezone)
    details: dict[str, list[AccountDetails]] = defaultdict(list)
    for charge, loans in found.charges:
        details[charge.currency].append(
            AccountDetails(
                charge.created.astimezone(zone),
                _owed(charge, loans, agencies.get(charge.agency_id, ""), status.patron.language),
            )
        )
    totals: dict[str, int] = defaultdict(int)
    for balance in found.balances:
        totals[balance.currency] += balance.total
    if not totals:
        day = local_date(context.now, status.home_branch.timezone)
        terms = agency_fee_terms(set_up, status.home_branch.agency_id, status.patron.category, day)
        totals[terms.currency] = 0
    if not any(total > 0 for total in totals.values()):
        debts = debts_elsewhere(
            context.circulation, context.transaction, status.patron.id, collected_at
        )
        if debts:
            currency = min(totals)
            said = debts_said(debts, status.patron.language)
            details[currency].append(_paid_elsewhere(said, currency, context.now.astimezone(zone)))
    return tuple(
        UserFiscalAccount(AccountBalance(Code(currency), total), tuple(details[currency]))
        for currency, total in sorted(totals.items())
    )


def _paid_elsewhere(text: str, currency: str, now: datetime) -> AccountDetails:
    """Return a line of no amount for what is not collected at the partner's agency."""
    line = FiscalTransactionInformation(
        fiscal_action_type=ASSESS,
        fiscal_transaction_type=Code(TRANSACTION_TYPES[ChargeKind.OTHER]),
        amount=Amount(Code(currency), 0),
        fiscal_transaction_description=text,
    )
    return AccountDetails(now, line)


def _owed(
    charge: Charge, loans: Sequence[ChargedLoan], agency_isil: str, language: str
) -> FiscalTransactionInformation:
    return FiscalTransactionInformation(
        fiscal_action_type=ASSESS,
        fiscal_transaction_reference_id=reference(agency_isil, str(charge.id)),
        fiscal_transaction_type=Code(TRANSACTION_TYPES[charge.kind]),
        amount=Amount(Code(charge.currency), charge.balance),
        fiscal_transaction_description=charge_text(charge.kind, charge.reason, language),
        item_details=next(
            (
                ItemDetails(
                    ItemId(Code(agency_isil), ITEM_BARCODE, loan.barcode),
                    BibliographicDescription(title=loan.title or None),
                )
                for loan in loans
                if loan.barcode is not None
            ),
            None,
        ),
    )
