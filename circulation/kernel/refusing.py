"""Which check decides on which reason: a table, so that no reason is without its check.

Others may give a reason as well: a verb that needs an item says ITEM_UNKNOWN for itself. A test
holds the table against the functions it names, and every protocol has words and codes for every
reason (their own tests walk `Reason`).
"""

from __future__ import annotations

from circulation.kernel.reasons import Reason

#: Reason -> module and function, below `circulation`.
DECIDED_BY: dict[Reason, str] = {
    Reason.PATRON_UNKNOWN: "parties.parties",
    Reason.PATRON_NOT_SERVED: "patrons.pin_rules.check_pin",
    Reason.PIN_MISSING: "patrons.pin_rules._not_let_in",
    Reason.PIN_WRONG: "patrons.pin_rules.check_pin",
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
    Reason.LOAN_SUSPENDED: "loans.states.refusal_of",
    Reason.ITEM_CLAIMED_RETURNED: "loans.states.refusal_of",
    Reason.ITEM_LOST: "loans.states.refusal_of",
    Reason.NOTHING_TO_CANCEL: "loans.states.refusal_of",
    Reason.PIN_LOCKED: "patrons.pin_rules.check_pin",
    Reason.ITEM_NOT_ON_LOAN: "loans.states.refusal_of",
    Reason.NOT_ON_LOAN_TO_PATRON: "loans.renewals._renew",
    Reason.MAX_RENEWALS_REACHED: "checks.renewal_refusals",
    Reason.RENEWAL_WINDOW_NOT_OPEN: "checks.renewal_refusals",
    Reason.ITEM_NOT_AT_HAND: "checks.renewal_refusals",
    Reason.LOAN_RECALLED: "loans.renewals._renew",
    Reason.NOT_RECALLABLE: "holds.recalls.recall",
    Reason.OVERDUE_NOT_RENEWABLE: "checks.renewal_refusals",
    Reason.ON_HOLD_FOR_ANOTHER: "loans.states.refusal_of",
    Reason.WANTED_BY_ANOTHER: "loans.renewals._renew",
    Reason.RECORD_UNKNOWN: "holds.placing._refusals",
    Reason.NOT_HOLDABLE: "holds.eligibility.target_refusals",
    Reason.ALREADY_ON_HOLD: "holds.eligibility.target_refusals",
    Reason.TOO_MANY_HOLDS: "holds.eligibility.patron_hold_refusals",
    Reason.HOLD_UNKNOWN: "holds.changing._own_hold",
    Reason.HOLD_DATES_WRONG: "holds.eligibility.date_refusals",
    Reason.NOT_WANTED: "holds.pick_list.begin_fetching",
    Reason.BEING_FETCHED: "holds.pick_list.begin_fetching",
    Reason.FEE_NOT_ACKNOWLEDGED: "fees.loan_fees.fee_refusals",
    Reason.CHARGE_UNKNOWN: "fees.paying.shares_of",
    Reason.NOTHING_OWED: "fees.paying.shares_of",
    Reason.CHARGE_SETTLED: "fees.paying.shares_of",
    Reason.AMOUNT_WRONG: "fees.paying.shares_of",
    Reason.PAYMENT_TOO_LARGE: "fees.paying.shares_of",
    Reason.PARTIAL_PAYMENT: "fees.paying.shares_of",
    Reason.CURRENCY_NOT_OWED: "fees.paying.shares_of",
    Reason.ORDER_ID_TAKEN: "ledger.orders.once",
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
    Reason.BRANCH_UNKNOWN: "loans.lending.check_out",
}
