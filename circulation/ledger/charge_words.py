"""What charges are called by people: in letters, on receipts, on the screens of machines.

The engine notes why it charges as one of `ChargeReason`; whoever charges by hand writes words of
their own, which are told as they stand. Each language has a word for everything here.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from circulation.ledger.money import ChargeKind


class ChargeReason(Enum):
    """Why the engine charges. The value is what `charges.reason` holds, and what staff read."""

    LENT = "lent"
    RENEWED = "renewed"
    KEPT_ASIDE = "kept aside"
    RETURNED_LATE = "returned late"
    RENEWED_LATE = "renewed late"
    NOT_RETURNED = "not returned"  # a late fee that comes with a bill
    COMPENSATED = "compensation for what was not returned"
    REMINDED = "reminder"  # what a letter costs
    PAID_BEFOREHAND = "paid beforehand"


KINDS: Final[dict[str, dict[ChargeKind, str]]] = {
    "da": {
        ChargeKind.LATE_FEE: "Gebyr for sen aflevering",
        ChargeKind.COMPENSATION: "Erstatning",
        ChargeKind.DAMAGE: "Erstatning for skade",
        ChargeKind.PROCESSING: "Klargøring",
        ChargeKind.LOAN_FEE: "Lånegebyr",
        ChargeKind.HOLD_FEE: "Reserveringsgebyr",
        ChargeKind.ADMINISTRATIVE: "Administrationsgebyr",
        ChargeKind.SERVICE: "Serviceydelse",
        ChargeKind.OTHER: "Andet",
        ChargeKind.CREDIT: "Tilgodehavende",
    },
    "en": {
        ChargeKind.LATE_FEE: "Late fee",
        ChargeKind.COMPENSATION: "Compensation",
        ChargeKind.DAMAGE: "Compensation for damage",
        ChargeKind.PROCESSING: "Processing",
        ChargeKind.LOAN_FEE: "Loan fee",
        ChargeKind.HOLD_FEE: "Hold fee",
        ChargeKind.ADMINISTRATIVE: "Administrative fee",
        ChargeKind.SERVICE: "Service",
        ChargeKind.OTHER: "Other",
        ChargeKind.CREDIT: "Credit",
    },
}
REASONS: Final[dict[str, dict[ChargeReason, str]]] = {
    "da": {
        ChargeReason.LENT: "Lånegebyr",
        ChargeReason.RENEWED: "Fornyelsesgebyr",
        ChargeReason.KEPT_ASIDE: "Reserveringsgebyr",
        ChargeReason.RETURNED_LATE: "Gebyr for sen aflevering",
        ChargeReason.RENEWED_LATE: "Gebyr for sen fornyelse",
        ChargeReason.NOT_RETURNED: "Gebyr for manglende aflevering",
        ChargeReason.COMPENSATED: "Erstatning for ikke afleveret materiale",
        ChargeReason.REMINDED: "Rykkergebyr",
        ChargeReason.PAID_BEFOREHAND: "Tilgodehavende",
    },
    "en": {
        ChargeReason.LENT: "Loan fee",
        ChargeReason.RENEWED: "Renewal fee",
        ChargeReason.KEPT_ASIDE: "Hold fee",
        ChargeReason.RETURNED_LATE: "Late fee",
        ChargeReason.RENEWED_LATE: "Fee for a late renewal",
        ChargeReason.NOT_RETURNED: "Late fee for what was not returned",
        ChargeReason.COMPENSATED: "Compensation for material that was not returned",
        ChargeReason.REMINDED: "Reminder fee",
        ChargeReason.PAID_BEFOREHAND: "Credit",
    },
}
_BY_VALUE: Final = {reason.value: reason for reason in ChargeReason}


def own_words(reason: str) -> str:
    """The words of whoever charged by hand; empty where the engine did."""
    return "" if reason in _BY_VALUE else reason


def charge_text(kind: ChargeKind, reason: str, language: str) -> str:
    """What a person is told that a charge is for; Danish where the language has no words."""
    words = language if language in KINDS else "da"
    if reason in _BY_VALUE:
        return REASONS[words][_BY_VALUE[reason]]
    return reason or KINDS[words][kind]
