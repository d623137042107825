"""What is shown to patrons (AF). The sentences are those of `circulation.languages`.

Which language: the one the terminal names in 23 and 63 if it is there, else the account's.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from circulation.languages.installed import language as language_called
from circulation.languages.installed import tags


class Text(Enum):
    """The occasions of a screen message: names of sentences with the context "screen"."""

    LOGIN_FIRST = auto()
    NOT_PERMITTED = auto()
    SYSTEM_FAULT = auto()
    NOT_FOR_NOW = auto()
    VERSION_TOO_OLD = auto()
    SERVER_ENDS = auto()
    RENEW_WHAT = auto()
    FEE_NOT_ACKNOWLEDGED = auto()
    CHARGE_UNKNOWN = auto()
    NOTHING_OWED = auto()
    OWED_ELSEWHERE = auto()
    CHARGE_SETTLED = auto()
    AMOUNT_WRONG = auto()
    AMOUNT_ABOVE_LIMIT = auto()
    PAYMENT_TOO_LARGE = auto()
    PARTIAL_PAYMENT = auto()
    CURRENCY_NOT_OWED = auto()
    ORDER_ID_TAKEN = auto()
    FEE_PAID = auto()
    FEE_LATE = auto()
    FEE_COMPENSATION = auto()
    FEE_DAMAGE = auto()
    FEE_PROCESSING = auto()
    FEE_LOAN = auto()
    FEE_HOLD = auto()
    FEE_ADMINISTRATIVE = auto()
    FEE_SERVICE = auto()
    FEE_OTHER = auto()
    FEE_CREDIT = auto()
    CARD_KEPT = auto()
    BRANCH_UNKNOWN = auto()
    HOME_LIBRARY = auto()
    TAKEN_BACK = auto()
    WAS_NOT_ON_LOAN = auto()
    AMOUNT_OWED = auto()
    NOT_LENT_HERE = auto()
    IN_HOUSE_ONLY = auto()
    WRITTEN_OFF = auto()
    NOTED_FOR_STAFF = auto()
    LENT_AGAIN_SINCE = auto()
    JOURNAL_ID_TAKEN = auto()
    RECEIPT_DUE = auto()
    OTHER_SYSTEM_UNREACHED = auto()
    AMOUNT_FITS_NO_DEBT = auto()
    PAID_OR_NOT = auto()

    PATRON_UNKNOWN = auto()
    PATRON_NOT_SERVED = auto()
    PIN_MISSING = auto()
    PIN_WRONG = auto()
    CARD_REPORTED_LOST = auto()
    CARD_NOT_VALID = auto()
    PATRON_EXPIRED = auto()
    PATRON_BLOCKED = auto()
    BLOCKED_EXCLUDED = auto()
    BLOCKED_BY_MACHINE = auto()
    BLOCKED_SELF_REGISTERED = auto()
    BLOCKED_FOR_DEBT = auto()

    ITEM_UNKNOWN = auto()
    ITEM_NOT_LOANABLE = auto()
    ON_SITE_ONLY = auto()
    ON_LOAN_TO_ANOTHER = auto()
    ALREADY_ON_LOAN_TO_PATRON = auto()
    TOO_MANY_LOANS = auto()
    TOO_MANY_LOANS_IN_GROUP = auto()
    LOAN_SUSPENDED = auto()
    ITEM_CLAIMED_RETURNED = auto()
    ITEM_LOST = auto()
    NOTHING_TO_CANCEL = auto()
    PIN_LOCKED = auto()
    ITEM_NOT_ON_LOAN = auto()
    NOT_ON_LOAN_TO_PATRON = auto()
    MAX_RENEWALS_REACHED = auto()
    RENEWAL_WINDOW_NOT_OPEN = auto()
    RENEWAL_GAINS_NOTHING = auto()
    ITEM_NOT_AT_HAND = auto()
    LOAN_RECALLED = auto()
    NOT_RECALLABLE = auto()
    OVERDUE_NOT_RENEWABLE = auto()
    ON_HOLD_FOR_ANOTHER = auto()
    WANTED_BY_ANOTHER = auto()
    COPY_KEPT_FOR_HOLD = auto()
    RECORD_UNKNOWN = auto()
    NOT_HOLDABLE = auto()
    ALREADY_ON_HOLD = auto()
    TOO_MANY_HOLDS = auto()
    HOLD_UNKNOWN = auto()
    HOLD_DATES_WRONG = auto()
    NOT_WANTED = auto()
    BEING_FETCHED = auto()
    DATE_TOO_OLD = auto()
    DATE_IN_FUTURE = auto()
    RETURN_BEFORE_LOAN = auto()
    BOOKED = auto()
    BOOKING_UNKNOWN = auto()
    NOT_BOOKABLE = auto()
    STAYS_ELSEWHERE = auto()

    TO_ANOTHER_BRANCH = auto()
    KEEP_UNTIL_OPEN = auto()
    TO_HOLD_SHELF = auto()
    TO_HOLD_PLACE = auto()
    TO_STAFF = auto()
    HOLD_NUMBER = auto()
    HOLD_READY = auto()
    HOLD_CANCELLED = auto()
    HOLD_WHAT = auto()


#: Sentences that have a plural, by their `limit`.
_COUNTED: Final = frozenset(
    {Text.TOO_MANY_LOANS, Text.TOO_MANY_LOANS_IN_GROUP, Text.TOO_MANY_HOLDS}
)


def say(text: Text, language: str, **facts: Any) -> str:
    """`text` in `language`, with its facts filled in."""
    words = language_called(language).words
    if text in _COUNTED:
        sentence = words.npgettext("screen", text.name, text.name, facts["limit"])
    else:
        sentence = words.pgettext("screen", text.name)
    return sentence.format(**facts) if facts else sentence


def language_of(code: str, otherwise: str) -> str:
    """The language a SIP2 code stands for, or `otherwise` where there is none for it."""
    for language in _LANGUAGES.get(code, ()):
        if language in tags():
            return language
    return otherwise


def code_of(language: str) -> str:
    """The SIP2 code of a language (BCP 47, as in ``da`` or ``en-GB``); 000 if it has none."""
    return _CODES.get(language.partition("-")[0].lower(), "000")


#: SIP2 language codes (2.12, chapter 4).
_CODES: Final = {
    "en": "001",
    "fr": "002",
    "de": "003",
    "it": "004",
    "nl": "005",
    "sv": "006",
    "fi": "007",
    "es": "008",
    "da": "009",
    "pt": "010",
    "nb": "012",
    "nn": "012",
    "no": "012",
    "he": "013",
    "ja": "014",
    "ru": "015",
    "ar": "016",
    "pl": "017",
    "el": "018",
    "zh": "019",
    "ko": "020",
    "ta": "022",
    "ms": "023",
    "is": "025",
}
#: The languages of a code: Norwegian has two.
_LANGUAGES: Final[dict[str, tuple[str, ...]]] = {
    **{code: tuple(each for each in _CODES if _CODES[each] == code) for code in _CODES.values()},
    "024": ("en",),  # of the United Kingdom
}
