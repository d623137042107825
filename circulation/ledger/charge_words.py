"""What charges are called by people: in letters, on receipts, on the screens of machines.

The engine notes why it charges as one of `ChargeReason`; whoever charges by hand writes words of
their own, which are told as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from circulation.kernel.results import DebtElsewhere
from circulation.languages.installed import language as language_called
from circulation.ledger.money import ChargeKind, debts_text


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
    BORROWED_ELSEWHERE = "borrowed from another library"  # what that library takes for it


_BY_VALUE: Final = {reason.value: reason for reason in ChargeReason}


def own_words(reason: str) -> str:
    """The words of whoever charged by hand; empty where the engine did."""
    return "" if reason in _BY_VALUE else reason


def charge_text(kind: ChargeKind, reason: str, language: str) -> str:
    """What a person is told that a charge is for."""
    words = language_called(language).words
    if reason in _BY_VALUE:
        return words.pgettext("charge reason", _BY_VALUE[reason].name)
    return reason or words.pgettext("charge", kind.name)


def debts_said(debts: Iterable[DebtElsewhere], language: str) -> str:
    """Return the sentence that says to which agencies money is owed, and is paid."""
    words = language_called(language).words
    return words.pgettext("screen", "OWED_ELSEWHERE").format(debts=debts_text(debts))
