"""Hindrances that staff pass over by name: which they may, whose right that takes, and what is kept
of it.

Whoever is unknown or has not shown who they are, whoever has the item on loan, and rules that give
a loan no length are never passed over: there would be no loan to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.kernel.rights import Principal, Right

#: Reasons that those may pass over who have `Right.OVERRIDE_SOFT`: a matter of how much.
SOFT = frozenset(
    {
        Reason.PATRON_EXPIRED,
        Reason.TOO_MANY_LOANS,
        Reason.TOO_MANY_LOANS_IN_GROUP,
        Reason.MAX_RENEWALS_REACHED,
        Reason.RENEWAL_WINDOW_NOT_OPEN,
        Reason.ITEM_NOT_AT_HAND,
        Reason.OVERDUE_NOT_RENEWABLE,
        Reason.WANTED_BY_ANOTHER,
        Reason.COPY_WANTED,
        Reason.TOO_MANY_HOLDS,
        Reason.BOOKING_TOO_LONG,
    }
)
#: Those that need `Right.OVERRIDE_HARD`: somebody else is concerned, or the house said no.
HARD = frozenset(
    {
        Reason.PATRON_BLOCKED,
        Reason.CARD_REPORTED_LOST,
        Reason.CARD_NOT_VALID,
        Reason.ITEM_NOT_LOANABLE,
        Reason.ON_SITE_ONLY,
        Reason.ON_HOLD_FOR_ANOTHER,
        Reason.LOAN_RECALLED,
        Reason.LOAN_SUSPENDED,
        Reason.ITEM_CLAIMED_RETURNED,
        Reason.ITEM_LOST,
        Reason.BOOKED,
        Reason.ON_DISPLAY,
        Reason.NOT_HOLDABLE,
    }
)
#: All that may be passed over at all.
OVERRIDABLE: Final = SOFT | HARD


def overriding_right(reason: Reason) -> Right | None:
    """The right that it takes to pass over the reason; None where nobody may."""
    if reason in SOFT:
        return Right.OVERRIDE_SOFT
    return Right.OVERRIDE_HARD if reason in HARD else None


class Override(NamedTuple):
    """Hindrances that staff pass over, each by its reason, and why they do."""

    reasons: frozenset[Reason] = frozenset()
    why: str = ""

    def left_of(self, found: list[Refusal]) -> list[Refusal]:
        """What hinders all the same."""
        if not found:
            return found
        passed_over = self.reasons & OVERRIDABLE
        return [each for each in found if each.reason not in passed_over]

    def noted(self, overridden: Sequence[Refusal]) -> dict[str, Any]:
        """What an event keeps of the hindrances that were passed over; nothing of none."""
        if not overridden:
            return {}
        noted: dict[str, Any] = {"overridden": [refusal.reason.name for refusal in overridden]}
        return noted | {"why": self.why} if self.why else noted


#: Nothing is passed over.
NO_OVERRIDE: Final = Override()


class Forbidden(NamedTuple):
    """A reason that somebody may not pass over: without the right, or (None) like everybody."""

    reason: Reason
    right: Right | None


def forbidden_to(principal: Principal, override: Override) -> tuple[Forbidden, ...]:
    """What of the override is not for the principal to pass over where they work, by name.

    Raises ValueError where they do not say why they do.
    """
    if override.reasons and not override.why.strip():
        raise ValueError("whoever passes over a reason says why")
    where = principal.agency_id, principal.branch_id
    found = [
        Forbidden(reason, overriding_right(reason))
        for reason in sorted(override.reasons, key=lambda each: each.name)
    ]
    return tuple(
        each for each in found if each.right is None or not principal.may(each.right, *where)
    )
