"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.callers.registries import STILL_NEEDED
from circulation.holds.changes import ENDED_IN_VAIN
from circulation.holds.copies import COPY_COLUMNS
from circulation.holds.recalls import RECALLED
from circulation.interlending.arriving import SentBack, take_in
from circulation.interlending.following import (
    PARTNER_AT_LOAN,
    PARTNER_AT_RENEWAL,
    PartnerAtLoss,
    PartnerAtReturn,
    PartnerAtUndo,
    follow_end_of_hold,
    follow_recall,
)
from circulation.interlending.lists import is_under_way
from circulation.interlending.part import FOREIGN_COPIES, WITH_PARTNER, PartnerOfItem
from circulation.interlending.privacy import PERSONAL
from circulation.interlending.rules import INTERLENDING, SECTION
from circulation.interlending.suppliers import SUPPLIERS
from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.loans.features import AWAITED, LENDING, RENEWING, RETURNING
from circulation.loans.lost import LOSING
from circulation.loans.undo import UNDOING
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(ITEM, WITH_PARTNER),
    joins(ITEM_FEATURES, PartnerOfItem()),
    joins(LENDING, PARTNER_AT_LOAN),
    joins(RENEWING, PARTNER_AT_RENEWAL),
    joins(RETURNING, PartnerAtReturn(), SentBack()),
    joins(AWAITED, take_in),
    joins(LOSING, PartnerAtLoss()),
    joins(UNDOING, PartnerAtUndo()),
    joins(COPY_COLUMNS, FOREIGN_COPIES),
    joins(ENDED_IN_VAIN, follow_end_of_hold),
    joins(RECALLED, follow_recall),
    joins(PERSONAL_DATA, PERSONAL),
    joins(SET_UP_PARTS, INTERLENDING),
    joins(SET_UP_PARTS, SUPPLIERS),
    joins(SECTIONS, SECTION),
    joins(STILL_NEEDED, is_under_way),
    joins(DAILY, "circulation.interlending.daily"),
)
