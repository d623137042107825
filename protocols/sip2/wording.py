"""What is shown to patrons (AF), in each language; nothing else in this folder holds such texts.

Which language: the one the terminal names in 23 and 63 if it is spoken here, else the account's.
"""

from __future__ import annotations

from enum import Enum, auto


class Text(Enum):
    """The occasions of a screen message."""

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
    CHARGE_SETTLED = auto()
    AMOUNT_WRONG = auto()
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
    RECEIPT_DUE = auto()

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
    RECORD_UNKNOWN = auto()
    NOT_HOLDABLE = auto()
    ALREADY_ON_HOLD = auto()
    TOO_MANY_HOLDS = auto()
    HOLD_UNKNOWN = auto()
    HOLD_DATES_WRONG = auto()
    NOT_WANTED = auto()
    BEING_FETCHED = auto()
    BOOKED = auto()
    BOOKING_UNKNOWN = auto()
    NOT_BOOKABLE = auto()
    STAYS_ELSEWHERE = auto()

    TO_ANOTHER_BRANCH = auto()
    TO_HOLD_SHELF = auto()
    TO_HOLD_PLACE = auto()
    TO_STAFF = auto()
    HOLD_NUMBER = auto()
    HOLD_READY = auto()
    HOLD_CANCELLED = auto()
    HOLD_WHAT = auto()


#: SIP2 language codes (2.12, chapter 4) that are spoken here; 024 is the United Kingdom.
LANGUAGES: dict[str, str] = {"001": "en", "009": "da", "024": "en"}

#: {limit} and {day} stand for the fact behind a refusal, {branch} for a branch's name.
TEXTS: dict[Text, dict[str, str]] = {
    Text.LOGIN_FIRST: {
        "en": "This machine is not logged in.",
        "da": "Maskinen er ikke logget ind.",
    },
    Text.NOT_PERMITTED: {
        "en": "This machine is not set up for that.",
        "da": "Maskinen er ikke sat op til det.",
    },
    Text.HOME_LIBRARY: {"en": "Home library: {branch}", "da": "Hjembibliotek: {branch}"},
    Text.TAKEN_BACK: {"en": "Returned: {title}", "da": "Afleveret: {title}"},
    Text.WAS_NOT_ON_LOAN: {
        "en": "This item was not on loan.",
        "da": "Materialet var ikke udlånt.",
    },
    Text.AMOUNT_OWED: {"en": "You owe {amount}.", "da": "Du skylder {amount}."},
    Text.NOT_LENT_HERE: {
        "en": "This machine does not lend items of this kind. Please ask the staff.",
        "da": "Maskinen udlåner ikke materialer af denne slags. Henvend dig til personalet.",
    },
    Text.IN_HOUSE_ONLY: {
        "en": "For use in the library only.",
        "da": "Kun til brug på biblioteket.",
    },
    Text.WRITTEN_OFF: {"en": "Written off: {amount}.", "da": "Afskrevet: {amount}."},
    Text.NOTED_FOR_STAFF: {
        "en": "Noted for the staff to look at.",
        "da": "Noteret til personalet.",
    },
    Text.RECEIPT_DUE: {"en": "{title} - due {day}", "da": "{title} - afleveres {day}"},
    Text.SYSTEM_FAULT: {
        "en": "Something went wrong. Please ask the staff.",
        "da": "Noget gik galt. Henvend dig til personalet.",
    },
    Text.NOT_FOR_NOW: {
        "en": "The library system cannot be reached for the moment. Please try again later.",
        "da": "Bibliotekssystemet kan ikke nås i øjeblikket. Prøv igen om lidt.",
    },
    Text.VERSION_TOO_OLD: {
        "en": "This machine speaks an old version of SIP; version 1.00 or 2.00 is needed.",
        "da": "Maskinen taler en gammel udgave af SIP; der kræves version 1.00 eller 2.00.",
    },
    Text.FEE_NOT_ACKNOWLEDGED: {
        "en": "This costs {amount}, which has to be agreed to first.",
        "da": "Det koster {amount}, som først skal godkendes.",
    },
    Text.CHARGE_UNKNOWN: {"en": "This fee is not known here.", "da": "Gebyret er ukendt."},
    Text.NOTHING_OWED: {"en": "Nothing is owed.", "da": "Der er intet at betale."},
    Text.CHARGE_SETTLED: {
        "en": "This fee was settled already.",
        "da": "Gebyret er allerede afregnet.",
    },
    Text.AMOUNT_WRONG: {"en": "This amount cannot be paid.", "da": "Beløbet kan ikke betales."},
    Text.PAYMENT_TOO_LARGE: {
        "en": "This is more than is owed: {amount}.",
        "da": "Det er mere end der skyldes: {amount}.",
    },
    Text.PARTIAL_PAYMENT: {
        "en": "A fee is paid in full or not at all: {amount}.",
        "da": "Et gebyr betales helt eller slet ikke: {amount}.",
    },
    Text.CURRENCY_NOT_OWED: {
        "en": "Nothing is owed in this currency.",
        "da": "Der er intet at betale i denne valuta.",
    },
    Text.ORDER_ID_TAKEN: {
        "en": "Another payment had this number. Please ask the staff.",
        "da": "En anden betaling har haft dette nummer. Henvend dig til personalet.",
    },
    Text.FEE_PAID: {"en": "{amount} was paid.", "da": "{amount} er betalt."},
    Text.FEE_LATE: {"en": "Late fee", "da": "Gebyr for sen aflevering"},
    Text.FEE_COMPENSATION: {"en": "Compensation", "da": "Erstatning"},
    Text.FEE_DAMAGE: {"en": "Damage", "da": "Erstatning for skade"},
    Text.FEE_PROCESSING: {"en": "Processing", "da": "Ekspeditionsgebyr"},
    Text.FEE_LOAN: {"en": "Loan fee", "da": "Lånegebyr"},
    Text.FEE_HOLD: {"en": "Hold fee", "da": "Reserveringsgebyr"},
    Text.FEE_ADMINISTRATIVE: {"en": "Administrative fee", "da": "Administrationsgebyr"},
    Text.FEE_SERVICE: {"en": "Service", "da": "Ydelse"},
    Text.FEE_OTHER: {"en": "Fee", "da": "Gebyr"},
    Text.FEE_CREDIT: {"en": "Paid beforehand", "da": "Forudbetalt"},
    Text.RENEW_WHAT: {
        "en": "Which loan is to be renewed was not said.",
        "da": "Det blev ikke sagt, hvilket lån der skal fornyes.",
    },
    Text.CARD_KEPT: {
        "en": "The machine has kept the card.",
        "da": "Automaten har beholdt kortet.",
    },
    Text.SERVER_ENDS: {
        "en": "The library system is not available at present. Please try again later.",
        "da": "Bibliotekssystemet er ikke tilgængeligt i øjeblikket. Prøv igen senere.",
    },
    Text.BRANCH_UNKNOWN: {
        "en": "The branch of this machine is not known. Please ask the staff.",
        "da": "Maskinens bibliotek er ukendt. Henvend dig til personalet.",
    },
    Text.PATRON_UNKNOWN: {
        "en": "The card is not known here. Please ask the staff.",
        "da": "Kortet er ukendt. Henvend dig til personalet.",
    },
    Text.PATRON_NOT_SERVED: {
        "en": "This machine does not serve patrons of your library.",
        "da": "Denne maskine betjener ikke dit biblioteks lånere.",
    },
    Text.PIN_MISSING: {"en": "Please enter your PIN.", "da": "Indtast din pinkode."},
    Text.PIN_WRONG: {"en": "The PIN is wrong.", "da": "Pinkoden er forkert."},
    Text.CARD_REPORTED_LOST: {
        "en": "This card was reported lost. Please ask the staff.",
        "da": "Kortet er meldt bortkommet. Henvend dig til personalet.",
    },
    Text.CARD_NOT_VALID: {
        "en": "This card is no longer valid. Please ask the staff.",
        "da": "Kortet er ikke længere gyldigt. Henvend dig til personalet.",
    },
    Text.PATRON_EXPIRED: {
        "en": "Your registration has expired. Please ask the staff.",
        "da": "Din registrering er udløbet. Henvend dig til personalet.",
    },
    Text.PATRON_BLOCKED: {
        "en": "You cannot borrow at present. Please ask the staff.",
        "da": "Du kan ikke låne for tiden. Henvend dig til personalet.",
    },
    Text.BLOCKED_EXCLUDED: {
        "en": "You are excluded from borrowing. Please ask the staff.",
        "da": "Du er udelukket fra at låne. Henvend dig til personalet.",
    },
    Text.BLOCKED_BY_MACHINE: {
        "en": "Your card was blocked at a machine. Please ask the staff.",
        "da": "Dit kort er spærret af en automat. Henvend dig til personalet.",
    },
    Text.BLOCKED_SELF_REGISTERED: {
        "en": "Please show yourself to the staff once before you borrow.",
        "da": "Henvend dig til personalet, før du låner første gang.",
    },
    Text.BLOCKED_FOR_DEBT: {
        "en": "You owe the library money and cannot borrow until it is paid.",
        "da": "Du skylder biblioteket penge og kan ikke låne, før de er betalt.",
    },
    Text.ITEM_UNKNOWN: {
        "en": "This item is not known here. Please hand it to the staff.",
        "da": "Materialet er ukendt. Aflever det til personalet.",
    },
    Text.ITEM_NOT_LOANABLE: {
        "en": "This item is not for loan to you.",
        "da": "Materialet kan ikke lånes af dig.",
    },
    Text.ON_SITE_ONLY: {
        "en": "This item can be used in the library only.",
        "da": "Materialet kan kun benyttes på biblioteket.",
    },
    Text.ON_LOAN_TO_ANOTHER: {
        "en": "This item is on loan to somebody else. Please hand it to the staff.",
        "da": "Materialet er udlånt til en anden. Aflever det til personalet.",
    },
    Text.ALREADY_ON_LOAN_TO_PATRON: {
        "en": "You have this item on loan already.",
        "da": "Du har allerede lånt materialet.",
    },
    Text.TOO_MANY_LOANS: {
        "en": "You have reached the limit of {limit} loans.",
        "da": "Du har nået grænsen på {limit} lån.",
    },
    Text.TOO_MANY_LOANS_IN_GROUP: {
        "en": "You have reached the limit of {limit} loans of this kind.",
        "da": "Du har nået grænsen på {limit} lån af denne slags.",
    },
    Text.LOAN_SUSPENDED: {
        "en": "This loan is suspended. Please ask the staff.",
        "da": "Lånet er sat i bero. Henvend dig til personalet.",
    },
    Text.ITEM_CLAIMED_RETURNED: {
        "en": "You have told us that this item was returned. Please ask the staff.",
        "da": "Du har oplyst, at materialet er afleveret. Henvend dig til personalet.",
    },
    Text.ITEM_LOST: {
        "en": "This item was reported lost. Please ask the staff.",
        "da": "Materialet er meldt bortkommet. Henvend dig til personalet.",
    },
    Text.NOTHING_TO_CANCEL: {
        "en": "There is nothing to undo. Please hand the item to the staff.",
        "da": "Der er intet at fortryde. Aflever materialet til personalet.",
    },
    Text.PIN_LOCKED: {
        "en": "Too many wrong PINs were entered. Please wait, or ask the staff.",
        "da": "Pinkoden er indtastet forkert for mange gange. Vent lidt, eller henvend dig til "
        "personalet.",
    },
    Text.ITEM_NOT_ON_LOAN: {
        "en": "This item is not on loan.",
        "da": "Materialet er ikke udlånt.",
    },
    Text.NOT_ON_LOAN_TO_PATRON: {
        "en": "This item is not on loan to you.",
        "da": "Materialet er ikke udlånt til dig.",
    },
    Text.MAX_RENEWALS_REACHED: {
        "en": "This loan cannot be renewed again.",
        "da": "Lånet kan ikke fornyes flere gange.",
    },
    Text.RENEWAL_WINDOW_NOT_OPEN: {
        "en": "It is too early to renew this loan. Try again from {day}.",
        "da": "Det er for tidligt at forny lånet. Prøv igen fra {day}.",
    },
    Text.RENEWAL_GAINS_NOTHING: {
        "en": "Renewing this loan now would not give you more time.",
        "da": "Du får ikke længere tid ved at forny lånet nu.",
    },
    Text.ITEM_NOT_AT_HAND: {
        "en": "This loan can be renewed only where you bring the item.",
        "da": "Lånet kan kun fornys, når du har materialet med.",
    },
    Text.LOAN_RECALLED: {
        "en": "This loan was recalled, because somebody waits for it.",
        "da": "Lånet er hjemkaldt, fordi en anden venter på materialet.",
    },
    Text.NOT_RECALLABLE: {
        "en": "This loan cannot be recalled.",
        "da": "Lånet kan ikke hjemkaldes.",
    },
    Text.OVERDUE_NOT_RENEWABLE: {
        "en": "This loan is overdue and cannot be renewed.",
        "da": "Afleveringsfristen er overskredet, og lånet kan ikke fornyes.",
    },
    Text.ON_HOLD_FOR_ANOTHER: {
        "en": "This item waits for somebody else. Please hand it to the staff.",
        "da": "Materialet er reserveret til en anden. Aflever det til personalet.",
    },
    Text.WANTED_BY_ANOTHER: {
        "en": "Somebody else waits for this title, so the loan cannot be renewed.",
        "da": "Titlen er reserveret af en anden, så lånet kan ikke fornyes.",
    },
    Text.RECORD_UNKNOWN: {
        "en": "This title is not known here. Please ask the staff.",
        "da": "Titlen er ukendt. Henvend dig til personalet.",
    },
    Text.NOT_HOLDABLE: {
        "en": "This title cannot be reserved by you.",
        "da": "Titlen kan ikke reserveres af dig.",
    },
    Text.ALREADY_ON_HOLD: {
        "en": "You have reserved this title already.",
        "da": "Du har allerede reserveret titlen.",
    },
    Text.TOO_MANY_HOLDS: {
        "en": "You have reached the limit of {limit} reservations.",
        "da": "Du har nået grænsen på {limit} reserveringer.",
    },
    Text.HOLD_UNKNOWN: {
        "en": "You have no such reservation.",
        "da": "Du har ikke en sådan reservering.",
    },
    Text.HOLD_DATES_WRONG: {
        "en": "The reservation would end before it begins.",
        "da": "Reserveringen ville slutte, før den begynder.",
    },
    Text.NOT_WANTED: {
        "en": "Nobody waits for this item.",
        "da": "Ingen venter på materialet.",
    },
    Text.BEING_FETCHED: {
        "en": "Somebody else is fetching this item.",
        "da": "En anden er ved at hente materialet.",
    },
    Text.BOOKED: {
        "en": "This title is booked for others. Please hand it to the staff.",
        "da": "Titlen er booket af andre. Aflever den til personalet.",
    },
    Text.BOOKING_UNKNOWN: {
        "en": "There is no such booking.",
        "da": "Bookingen findes ikke.",
    },
    Text.NOT_BOOKABLE: {
        "en": "This title cannot be booked as you wish. Please ask the staff.",
        "da": "Titlen kan ikke bookes sådan. Henvend dig til personalet.",
    },
    Text.STAYS_ELSEWHERE: {
        "en": "This item has its place elsewhere for now. Please hand it to the staff.",
        "da": "Materialet har for tiden plads et andet sted. Aflever det til personalet.",
    },
    Text.TO_HOLD_SHELF: {
        "en": "For the hold shelf.",
        "da": "Til reserveringshylden.",
    },
    Text.TO_HOLD_PLACE: {
        "en": "For the hold shelf, place {number}.",
        "da": "Til reserveringshylden, plads {number}.",
    },
    Text.TO_STAFF: {
        "en": "Please hand this item to the staff.",
        "da": "Aflever materialet til personalet.",
    },
    Text.HOLD_NUMBER: {
        "en": "Reserved. You are number {number} in the queue.",
        "da": "Reserveret. Du er nummer {number} i køen.",
    },
    Text.HOLD_READY: {
        "en": "Reserved. Your item is ready or on its way.",
        "da": "Reserveret. Dit materiale er klar eller på vej.",
    },
    Text.HOLD_CANCELLED: {
        "en": "The reservation was cancelled.",
        "da": "Reserveringen er slettet.",
    },
    Text.HOLD_WHAT: {
        "en": "Which title is to be reserved was not said.",
        "da": "Det blev ikke sagt, hvilken titel der skal reserveres.",
    },
    Text.TO_ANOTHER_BRANCH: {
        "en": "To go to {branch}.",
        "da": "Skal til {branch}.",
    },
}


def language_of(code: str, otherwise: str) -> str:
    """The language a SIP2 code stands for, or `otherwise` where it is not spoken here."""
    return LANGUAGES.get(code, otherwise)


def code_of(language: str) -> str:
    """The SIP2 code of a language (BCP 47, as in ``da`` or ``en-GB``); 000 where it has none."""
    return _CODES.get(language.partition("-")[0].lower(), "000")


def say(text: Text, language: str, **facts: object) -> str:
    """`text` in `language`, with its facts filled in."""
    return TEXTS[text][language].format(**facts) if facts else TEXTS[text][language]


_CODES: dict[str, str] = {
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
