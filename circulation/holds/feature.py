"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.holds.at_return import HoldsAtReturn
from circulation.holds.expiry import end_holds_of
from circulation.holds.fulfilment import HOLDS_AT_LOAN, HOLDS_AT_RENEWAL
from circulation.holds.part import HOLDS_OF_PATRON, WAITED_FOR, HoldsOfItem
from circulation.holds.privacy import PERSONAL
from circulation.holds.restoring import HoldsAtUndo
from circulation.holds.withdrawing import HoldsAtRemoval
from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.items.removal import REMOVING
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.loans.features import LENDING, RENEWING, RETURNING
from circulation.loans.undo import UNDOING
from circulation.patrons.blocks import AT_DEATH
from circulation.patrons.facts import PATRON
from circulation.patrons.personal_data import PERSONAL_DATA

JOINS: tuple[Join, ...] = (
    joins(ITEM, WAITED_FOR),
    joins(PATRON, HOLDS_OF_PATRON),
    joins(ITEM_FEATURES, HoldsOfItem()),
    joins(LENDING, HOLDS_AT_LOAN),
    joins(RENEWING, HOLDS_AT_RENEWAL),
    joins(RETURNING, HoldsAtReturn()),
    joins(UNDOING, HoldsAtUndo()),
    joins(REMOVING, HoldsAtRemoval()),
    joins(PERSONAL_DATA, PERSONAL),
    joins(AT_DEATH, end_holds_of),
    joins(DAILY, "circulation.holds.daily"),
)
