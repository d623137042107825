"""Which features join what, and in which order."""

from __future__ import annotations

from circulation.booking.at_loan import BOOKINGS_AT_LOAN, BOOKINGS_AT_RENEWAL
from circulation.fees.acts import FEES_AT_LOAN, FEES_AT_RENEWAL
from circulation.holds.fulfilment import HOLDS_AT_LOAN, HOLDS_AT_RENEWAL
from circulation.interlending.following import PARTNER_AT_LOAN, PARTNER_AT_RENEWAL
from circulation.loans.features import LENDING, RENEWING, RETURNING
from circulation.loans.undo import UNDOING


def names(members: object) -> list[str]:
    return [type(each).__name__ for each in members]  # type: ignore[attr-defined]


def test_refusals_bounds_and_follow_ups_come_in_this_order() -> None:
    assert list(LENDING) == [HOLDS_AT_LOAN, PARTNER_AT_LOAN, BOOKINGS_AT_LOAN, FEES_AT_LOAN]
    assert list(RENEWING) == [
        PARTNER_AT_RENEWAL,
        HOLDS_AT_RENEWAL,
        BOOKINGS_AT_RENEWAL,
        FEES_AT_RENEWAL,
    ]
    assert names(RETURNING) == ["HoldsAtReturn", "PartnerAtReturn", "SentBack", "BookingsAtReturn"]
    assert names(UNDOING) == ["FeesAtUndo", "BookingsAtUndo", "HoldsAtUndo", "PartnerAtUndo"]
