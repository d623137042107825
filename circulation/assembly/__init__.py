"""All features together: the one module that knows them all, and registers them in their order."""

from __future__ import annotations

from circulation.booking import privacy as of_bookings
from circulation.callers.partners import PARTNERS
from circulation.callers.sorting import SORTING
from circulation.callers.terminals import TERMINALS
from circulation.dunning import privacy as of_dunning
from circulation.dunning.flow_rows import DUNNING
from circulation.fees.debts import lift_settled_blocks
from circulation.fees.payment_ways import PAYMENT_WAYS
from circulation.fees.rules import FEES
from circulation.holds import privacy as of_holds
from circulation.interlending import privacy as of_interlending
from circulation.items.media import MEDIA
from circulation.kernel.events import FOLLOWERS
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.ledger import privacy as of_ledger
from circulation.ledger.postings import LESS_IS_OWED
from circulation.loans import privacy as of_loans
from circulation.loans.privacy import LOAN_HISTORY
from circulation.notices import privacy as of_notices
from circulation.notices.rules import NOTICES
from circulation.notices.triggers import FOLLOWER
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.patrons.pin_settings import PIN_RULES

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
