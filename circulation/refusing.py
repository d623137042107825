"""Which check decides on which reason: a table, so that no reason is without its check.

Others may give a reason as well: a verb that needs an item says ITEM_UNKNOWN for itself. A test
holds the table against the functions it names, and every protocol has words and codes for every
reason (their own tests walk `Reason`).
"""

from __future__ import annotations

from circulation.reasons import Reason

#: Reason -> module and function, below `circulation`.
DECIDED_BY: dict[Reason, str] = {
    Reason.PATRON_UNKNOWN: "parties.parties",
    Reason.PIN_MISSING: "pin_rules.check_pin",
    Reason.PIN_WRONG: "pin_rules.check_pin",
    Reason.CARD_REPORTED_LOST: "checks.patron_refusals",
    Reason.CARD_NOT_VALID: "checks.patron_refusals",
    Reason.PATRON_EXPIRED: "checks.patron_refusals",
    Reason.PATRON_BLOCKED: "checks.patron_refusals",
    Reason.ITEM_UNKNOWN: "parties.parties",
    Reason.ITEM_NOT_LOANABLE: "checks.terms_refusals",
    Reason.ON_SITE_ONLY: "checks.terms_refusals",
    Reason.NO_LOAN_POLICY: "checks.terms_refusals",
    Reason.ON_LOAN_TO_ANOTHER: "checks.check_out_refusals",
    Reason.ALREADY_ON_LOAN_TO_PATRON: "checks.check_out_refusals",
    Reason.TOO_MANY_LOANS: "checks.check_out_refusals",
    Reason.TOO_MANY_LOANS_IN_GROUP: "checks.check_out_refusals",
    Reason.LOAN_SUSPENDED: "loan_states.refusal_of",
    Reason.ITEM_CLAIMED_RETURNED: "loan_states.refusal_of",
    Reason.ITEM_LOST: "loan_states.refusal_of",
    Reason.NOTHING_TO_CANCEL: "loan_states.refusal_of",
    Reason.PIN_LOCKED: "pin_rules.check_pin",
    Reason.ITEM_NOT_ON_LOAN: "loan_states.refusal_of",
    Reason.NOT_ON_LOAN_TO_PATRON: "renewals._renew",
    Reason.MAX_RENEWALS_REACHED: "checks.renewal_refusals",
    Reason.RENEWAL_WINDOW_NOT_OPEN: "checks.renewal_refusals",
    Reason.ITEM_NOT_AT_HAND: "checks.renewal_refusals",
    Reason.LOAN_RECALLED: "renewals._renew",
    Reason.NOT_RECALLABLE: "recalls.recall",
    Reason.OVERDUE_NOT_RENEWABLE: "checks.renewal_refusals",
    Reason.ON_HOLD_FOR_ANOTHER: "loan_states.refusal_of",
    Reason.WANTED_BY_ANOTHER: "renewals._renew",
    Reason.RECORD_UNKNOWN: "holds._refusals",
    Reason.NOT_HOLDABLE: "hold_eligibility.target_refusals",
    Reason.ALREADY_ON_HOLD: "hold_eligibility.target_refusals",
    Reason.TOO_MANY_HOLDS: "hold_eligibility.patron_hold_refusals",
    Reason.HOLD_UNKNOWN: "holds._own_hold",
    Reason.HOLD_DATES_WRONG: "hold_eligibility.date_refusals",
    Reason.NOT_WANTED: "pick_list.begin_fetching",
    Reason.BEING_FETCHED: "pick_list.begin_fetching",
    Reason.FEE_NOT_ACKNOWLEDGED: "fees.loan_fees.fee_refusals",
    Reason.CHARGE_UNKNOWN: "payments.shares_of",
    Reason.NOTHING_OWED: "payments.shares_of",
    Reason.CHARGE_SETTLED: "payments.shares_of",
    Reason.AMOUNT_WRONG: "payments.shares_of",
    Reason.PAYMENT_TOO_LARGE: "payments.shares_of",
    Reason.PARTIAL_PAYMENT: "payments.shares_of",
    Reason.CURRENCY_NOT_OWED: "payments.shares_of",
    Reason.ORDER_ID_TAKEN: "payments._once_more",
    Reason.BOOKED: "booking.at_loan.LoanBound",
    Reason.ON_DISPLAY: "booking.at_loan.loan_bound",
    Reason.BOOKING_UNKNOWN: "booking.bookings.open_booking",
    Reason.NOT_BOOKABLE: "booking.planning.plan",
    Reason.NOT_ENOUGH_COPIES: "booking.changes.extend_booking",
    Reason.BOOKING_DATES_WRONG: "booking.bookings.place_booking",
    Reason.BOOKING_TOO_LONG: "booking.changes.extend_booking",
    Reason.BOOKING_UNDER_WAY: "booking.changes.cancel_booking",
    Reason.NOT_FOR_BOOKING: "booking.delivering.deliver_booking",
    Reason.STAYS_ELSEWHERE: "booking.collecting._hindrance",
    Reason.PLACEMENT_UNKNOWN: "booking.collecting.put_into",
    Reason.BRANCH_UNKNOWN: "lending.check_out",
}
