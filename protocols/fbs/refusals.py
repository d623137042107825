"""From circulation's reasons to the words of FBS: results of reservations, denials of renewals,
letters of blocks. What FBS has no word for is another reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Refusal

RENEWED: Final = "renewed"
SUCCESS: Final = "success"
#: Of reservations: what there is no better word for.
NOT_RESERVABLE: Final = "not_reservable"
#: Of renewals: what there is no better word for.
OTHER_REASON: Final = "deniedOtherReason"

_NOBODY = "patron_not_found"
_BLOCKED = "patron_is_blocked"
RESERVATION_RESULTS: Final[dict[Reason, str]] = {
    Reason.PATRON_UNKNOWN: _NOBODY,
    Reason.PATRON_NOT_SERVED: _NOBODY,
    Reason.PIN_MISSING: _BLOCKED,
    Reason.PIN_WRONG: _BLOCKED,
    Reason.PIN_LOCKED: _BLOCKED,
    Reason.CARD_REPORTED_LOST: _BLOCKED,
    Reason.CARD_NOT_VALID: _BLOCKED,
    Reason.PATRON_EXPIRED: _BLOCKED,
    Reason.PATRON_BLOCKED: _BLOCKED,
    Reason.ALREADY_ON_HOLD: "already_reserved",
    Reason.ALREADY_ON_LOAN_TO_PATRON: "already_loaned",
    Reason.TOO_MANY_HOLDS: "exceeds_max_reservations",
    Reason.RECORD_UNKNOWN: "material_not_found",
    Reason.ITEM_UNKNOWN: "material_not_found",
    Reason.NOT_HOLDABLE: "no_reservable_materials",
    Reason.ITEM_NOT_LOANABLE: "material_not_loanable",
    Reason.ON_SITE_ONLY: "material_not_loanable",
    Reason.NO_LOAN_POLICY: "loaning_profile_not_found",
    Reason.ITEM_LOST: "material_lost",
    Reason.FEE_NOT_ACKNOWLEDGED: "material_not_reservable",
}

_DENIED_BLOCKED = "deniedLoanerIsBlocked"
_DENIED_RESERVED = "deniedReserved"
_DENIED_MATERIAL = "deniedMaterialIsNotLoanable"
RENEWAL_DENIALS: Final[dict[Reason, str]] = {
    Reason.PATRON_UNKNOWN: "deniedLoanerNotFound",
    Reason.PATRON_NOT_SERVED: "deniedLoanerNotFound",
    Reason.PIN_MISSING: _DENIED_BLOCKED,
    Reason.PIN_WRONG: _DENIED_BLOCKED,
    Reason.PIN_LOCKED: _DENIED_BLOCKED,
    Reason.CARD_REPORTED_LOST: _DENIED_BLOCKED,
    Reason.CARD_NOT_VALID: _DENIED_BLOCKED,
    Reason.PATRON_EXPIRED: _DENIED_BLOCKED,
    Reason.PATRON_BLOCKED: _DENIED_BLOCKED,
    Reason.WANTED_BY_ANOTHER: _DENIED_RESERVED,
    Reason.ON_HOLD_FOR_ANOTHER: _DENIED_RESERVED,
    Reason.LOAN_RECALLED: _DENIED_RESERVED,
    Reason.MAX_RENEWALS_REACHED: "deniedMaxRenewalsReached",
    Reason.ITEM_NOT_LOANABLE: _DENIED_MATERIAL,
    Reason.ON_SITE_ONLY: _DENIED_MATERIAL,
    Reason.NO_LOAN_POLICY: "deniedLoaningProfileNotFound",
    Reason.ITEM_UNKNOWN: "deniedMaterialIsNotFound",
    Reason.ITEM_NOT_ON_LOAN: "deniedMaterialIsNotFound",
    Reason.NOT_ON_LOAN_TO_PATRON: "deniedMaterialIsNotFound",
}

_NO_PERMISSION = "patronDoesNotHavePermission"
_NOT_UPDATABLE = "notUpdatable"
#: Of bookings; there are no other words.
BOOKING_RESULTS: Final[dict[Reason, str]] = {
    Reason.NOT_ENOUGH_COPIES: "notEnoughMaterials",
    Reason.BOOKING_UNKNOWN: _NOT_UPDATABLE,
    Reason.BOOKING_UNDER_WAY: _NOT_UPDATABLE,
    Reason.NOT_BOOKABLE: _NO_PERMISSION,
    Reason.BOOKING_TOO_LONG: _NO_PERMISSION,
    Reason.PATRON_NOT_SERVED: _NO_PERMISSION,
    Reason.PATRON_BLOCKED: _NO_PERMISSION,
    Reason.PATRON_EXPIRED: _NO_PERMISSION,
    Reason.CARD_REPORTED_LOST: _NO_PERMISSION,
    Reason.CARD_NOT_VALID: _NO_PERMISSION,
    Reason.TOO_MANY_HOLDS: _NO_PERMISSION,
}

#: The letter of a block that FBS has none for.
OTHER_LETTER: Final = "X"
#: The letters, the gravest first: web sites look at the first block alone.
BLOCK_LETTERS: Final[dict[BlockReason, str]] = {
    BlockReason.DECEASED: "D",
    BlockReason.CARD_STOLEN: "O",
    BlockReason.EXCLUDED_EXTENDED: "F",
    BlockReason.EXCLUDED: "U",
    BlockReason.DEBT: "E",
    BlockReason.SELF_SERVICE: "S",
    BlockReason.SELF_REGISTERED: "W",
    BlockReason.OTHER: OTHER_LETTER,
}
GRAVITY: Final = {reason: place for place, reason in enumerate(BLOCK_LETTERS)}


def reservation_result(refusals: Iterable[Refusal]) -> str:
    """The one result that FBS gives, of all reasons. That the patron has it already, waiting or at
    home, is what they can make something of."""
    results = [RESERVATION_RESULTS.get(each.reason, NOT_RESERVABLE) for each in refusals]
    for telling in ("already_reserved", "already_loaned"):
        if telling in results:
            return telling
    return results[0] if results else NOT_RESERVABLE


def renewal_denials(refusals: Iterable[Refusal]) -> list[str]:
    """All denials, each once, the weightiest first."""
    found: list[str] = []
    for each in refusals:
        denial = RENEWAL_DENIALS.get(each.reason, OTHER_REASON)
        if denial not in found:
            found.append(denial)
    return found or [OTHER_REASON]


def booking_result(refusals: Iterable[Refusal]) -> str:
    """The one result that FBS gives, of all reasons: that of the first."""
    return next((BOOKING_RESULTS.get(each.reason, "other") for each in refusals), "other")
