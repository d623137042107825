"""All features together: the one module that knows them all, and registers them in their order.

Whoever opens the engine does so here: the server, the commands, the tests.
"""

from __future__ import annotations

import circulation.assembly.schemas  # noqa: F401  before anything that goes through all tables
from circulation.accession.deliveries import expected_copies
from circulation.accession.section import NEW_ITEMS
from circulation.booking import privacy as of_bookings
from circulation.booking.at_loan import (
    BOOKINGS_AT_LOAN,
    BOOKINGS_AT_RENEWAL,
    BookingsAtReturn,
    BookingsAtUndo,
    BookingsBeforeHolds,
)
from circulation.booking.part import SPOKEN_FOR, STAYS_OF_COPIES, BookingsOfItem
from circulation.booking.stays import StaysAtRemoval
from circulation.callers.partners import PARTNERS
from circulation.callers.section import CALLERS
from circulation.callers.sorting import SORTING
from circulation.callers.terminals import TERMINALS
from circulation.dunning import privacy as of_dunning
from circulation.dunning import section as dunning_section
from circulation.dunning.flow_rows import DUNNING
from circulation.fees import section as fees_section
from circulation.fees.acts import FEES_AT_LOAN, FEES_AT_RENEWAL, FeesAtEnd, FeesAtLoss, FeesAtUndo
from circulation.fees.debts import lift_settled_blocks
from circulation.fees.loan_fees import FeesAtHold
from circulation.fees.payment_ways import PAYMENT_WAYS
from circulation.fees.rules import FEES
from circulation.holds import privacy as of_holds
from circulation.holds.at_return import HoldsAtReturn
from circulation.holds.changes import ENDED_IN_VAIN
from circulation.holds.copies import COPY_COLUMNS, ON_ORDER
from circulation.holds.fulfilment import HOLDS_AT_LOAN, HOLDS_AT_RENEWAL
from circulation.holds.keeping import KEEPING
from circulation.holds.part import HOLDS_OF_PATRON, WAITED_FOR, HoldsOfItem
from circulation.holds.recalls import RECALLED
from circulation.holds.restoring import HoldsAtUndo
from circulation.holds.wishes import PLACING
from circulation.holds.withdrawing import HoldsAtRemoval
from circulation.interlending import privacy as of_interlending
from circulation.interlending.asking import UNOBTAINABLE
from circulation.interlending.following import (
    PARTNER_AT_LOAN,
    PARTNER_AT_RENEWAL,
    PartnerAtLoss,
    PartnerAtReturn,
    PartnerAtUndo,
    follow_end_of_hold,
    follow_recall,
)
from circulation.interlending.part import FOREIGN_COPIES, WITH_PARTNER, PartnerOfItem
from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.items.media import MEDIA
from circulation.items.removal import REMOVING
from circulation.items.section import MediaSection, PlacementSection
from circulation.kernel.events import FOLLOWERS
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.ledger import privacy as of_ledger
from circulation.ledger.balances import ACCOUNT_OF_PATRON
from circulation.ledger.charges import MoneyAtRemoval
from circulation.ledger.postings import LESS_IS_OWED
from circulation.loans import privacy as of_loans
from circulation.loans.auto_renewals import NOT_RENEWED
from circulation.loans.ending import ENDING
from circulation.loans.facts import LOANS_OF_PATRON, OPEN_LOAN, LoanAtRemoval, LoanOfItem
from circulation.loans.features import LENDING, RENEWING, RETURNING
from circulation.loans.lost import LOSING
from circulation.loans.privacy import LOAN_HISTORY
from circulation.loans.section import HistorySection
from circulation.loans.undo import UNDOING
from circulation.notices import privacy as of_notices
from circulation.notices import section as notices_section
from circulation.notices.not_renewed import tell_not_renewed
from circulation.notices.rules import NOTICES
from circulation.notices.triggers import FOLLOWER
from circulation.notices.unobtainable import tell_unobtainable
from circulation.patrons.facts import PATRON
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.patrons.pin_settings import PIN_RULES
from circulation.patrons.section import PINS
from circulation.sections.agreements import AGREEMENTS
from circulation.sections.calendars import CALENDARS
from circulation.sections.organisation import ORGANISATION
from circulation.sections.rules import LOAN_RULES
from circulation.sections.sections import SECTIONS
from circulation.sections.transport import BETWEEN_BRANCHES

# The databases join in this order: what is there most often comes first.
ITEM.join(OPEN_LOAN, WAITED_FOR, SPOKEN_FOR, WITH_PARTNER)
PATRON.join(LOANS_OF_PATRON, HOLDS_OF_PATRON, ACCOUNT_OF_PATRON)
# Whether somebody waits is asked once it is known that the item is here, and not on its way back
# to another library.
ITEM_FEATURES.add(LoanOfItem(), PartnerOfItem(), HoldsOfItem(), BookingsOfItem())
# Refusals are told, due dates bounded and follow-ups written in this order. A booking lasts through
# its last day whatever the owner says, so bookings come after partners; partners ask which hold
# was fulfilled.
LENDING.add(HOLDS_AT_LOAN, PARTNER_AT_LOAN, BOOKINGS_AT_LOAN, FEES_AT_LOAN)
RENEWING.add(PARTNER_AT_RENEWAL, HOLDS_AT_RENEWAL, BOOKINGS_AT_RENEWAL, FEES_AT_RENEWAL)
RETURNING.add(HoldsAtReturn(), PartnerAtReturn(), BookingsAtReturn())
ENDING.add(FeesAtEnd())
LOSING.add(FeesAtLoss(), PartnerAtLoss())
# Fees lock the patron, and holds the queue of the title after that.
UNDOING.add(FeesAtUndo(), BookingsAtUndo(), HoldsAtUndo(), PartnerAtUndo())
KEEPING.add(BookingsBeforeHolds())
NOT_RENEWED.add(tell_not_renewed)
PLACING.add(FeesAtHold())
UNOBTAINABLE.add(tell_unobtainable)
COPY_COLUMNS.add(STAYS_OF_COPIES, FOREIGN_COPIES)
ON_ORDER.add(expected_copies)
ENDED_IN_VAIN.add(follow_end_of_hold)
RECALLED.add(follow_recall)
REMOVING.add(LoanAtRemoval(), HoldsAtRemoval(), MoneyAtRemoval(), StaysAtRemoval())


# What each keeps of persons.
PERSONAL_DATA.add(
    of_loans.PERSONAL,
    of_holds.PERSONAL,
    of_ledger.PERSONAL,
    of_interlending.PERSONAL,
    of_bookings.PERSONAL,
    of_notices.PERSONAL,
    of_dunning.PERSONAL,
)
LOAN_HISTORY.add(of_ledger.HISTORY, of_bookings.HISTORY, of_dunning.HISTORY)
FOLLOWERS.add(FOLLOWER)
LESS_IS_OWED.add(lift_settled_blocks)
SET_UP_PARTS.add(
    MEDIA, PIN_RULES, TERMINALS, PARTNERS, SORTING, FEES, PAYMENT_WAYS, NOTICES, DUNNING
)
SECTIONS.add(
    *ORGANISATION,
    HistorySection(),
    MediaSection(),
    AGREEMENTS,
    PlacementSection(),
    *CALENDARS,
    LOAN_RULES,
    fees_section.FEES,
    notices_section.NOTICES,
    dunning_section.DUNNING,
    fees_section.PAYMENT,
    *BETWEEN_BRANCHES,
    *NEW_ITEMS,
    PINS,
    *CALLERS,
)
