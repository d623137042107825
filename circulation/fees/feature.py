"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.fees import rules, section
from circulation.fees.acts import FEES_AT_LOAN, FEES_AT_RENEWAL, FeesAtEnd, FeesAtLoss, FeesAtUndo
from circulation.fees.debts import lift_settled_blocks
from circulation.fees.loan_fees import fees_at_hold
from circulation.fees.payment_ways import PAYMENT_WAYS
from circulation.holds.wishes import PLACING
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.ledger.postings import LESS_IS_OWED
from circulation.loans.ending import ENDING
from circulation.loans.features import LENDING, RENEWING
from circulation.loans.lost import LOSING
from circulation.loans.undo import UNDOING
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(LENDING, FEES_AT_LOAN),
    joins(RENEWING, FEES_AT_RENEWAL),
    joins(ENDING, FeesAtEnd()),
    joins(LOSING, FeesAtLoss()),
    joins(UNDOING, FeesAtUndo()),
    joins(PLACING, fees_at_hold),
    joins(LESS_IS_OWED, lift_settled_blocks),
    joins(SET_UP_PARTS, rules.FEES),
    joins(SET_UP_PARTS, PAYMENT_WAYS),
    joins(SECTIONS, section.FEES),
    joins(SECTIONS, section.PAYMENT),
)
