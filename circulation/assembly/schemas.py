"""The tables of all features join the metadata with these."""

from __future__ import annotations

import circulation.accession.schema
import circulation.booking.schema
import circulation.calendars.schema
import circulation.callers.schema
import circulation.digital_post.schema
import circulation.dunning.schema
import circulation.fees.schema
import circulation.holds.schema
import circulation.interlending.schema
import circulation.items.schema
import circulation.ledger.schema
import circulation.loans.schema
import circulation.notices.schema
import circulation.patrons.schema  # noqa: F401
