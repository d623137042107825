"""The tables of interlibrary loans, and of what partners are told and have exchanged."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import branches, items
from circulation.holds.schema import holds
from circulation.interlending.terms import INTERLENDING_TERMS
from circulation.kernel.personal import CUT, JSON
from circulation.kernel.rules import rule_table
from circulation.patrons.schema import patrons

interlending_rules = rule_table(
    "interlending_rules", INTERLENDING_TERMS.columns(), "patron_category"
)

#: What a patron wants from other libraries, until it is here or nobody lends it. Each library that
#: is asked for it has an interlibrary loan of its own, with an id of its own.
interlibrary_cases = Table(
    "interlibrary_cases",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    # Whom it is for, as partners are told. Cut when the case is over.
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("user", String, nullable=False),
    Column("category", String, nullable=False),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # where they fetch it
    Column("title", String, nullable=False),
    Column("author", String, nullable=False),
    Column("number", String, nullable=False),
    Column("record_id", Integer),
    Column("before", Moment),  # of no use afterwards
    Column("only", String, nullable=False),  # the partner that was named; empty: by the rules
    # The last interlibrary loan that was begun for it.
    Column("loan_id", Long, index=True),
    # While catalogues are to be asked whether they have it in: from when on.
    Column("look_at", Moment, index=True),
    # Who may be asked in which order, and why: a JSON list, as the last was chosen.
    Column("rota", Text, nullable=False, info=JSON),
    # What it costs us, in minor units.
    Column("cost", Long, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("outcome", String, nullable=False),  # a value of `Outcome`, empty while it is open
    Column("created", Moment, nullable=False),
    Column("closed", Moment),
)

#: A loan between libraries, from the request to the return; open while `closed` is NULL.
interlibrary_loans = Table(
    "interlibrary_loans",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("partner", String, nullable=False),  # the agency of the partner, folded
    Column("actor", String, nullable=False),  # under which name the partner's own acts are done
    Column("request_id", String, nullable=False),  # as the partner names it
    Column("role", String, nullable=False),  # ours: a value of `Role`
    Column("state", String, nullable=False),  # a value of `LendingState` or `BorrowingState`
    # The item, once it is known: ours that is lent, or the temporary one for what was borrowed.
    Column("item_id", ForeignKey(items.c.id), index=True, info=CUT),
    Column("barcode", String, nullable=False),
    Column("record_id", Integer),
    Column("title", String, nullable=False),
    Column("author", String, nullable=False),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    # Whom it is for, as the partner names them. Cut when the loan is over.
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("user", String, nullable=False),
    Column("hold_id", Long, index=True),
    Column("loan_id", Long),
    Column("due", Moment),  # when it is due at the library that owns it
    Column("due_before", Moment),  # while a renewal is asked for: when the loan was due before
    Column("renewable", Boolean, nullable=False),
    Column("made_here", Boolean, nullable=False),  # item and record are temporary
    Column("goes_at_check_in", Boolean, nullable=False),  # they go with the partner's CheckInItem
    # What else was said of it, by name: a JSON object.
    Column("details", Text, nullable=False, server_default="{}", info=JSON),
    Column("created", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("closed", Moment),
    # The wish that it was begun for, where that came from here.
    Column("case_id", Long, index=True),  # of `interlibrary_cases`
    CheckConstraint("role IN ('lender', 'borrower')", name="role"),
)
_IS_OPEN = text("closed IS NULL")
#: The promises that an item is in one interlibrary loan, and a request one loan.
Index(
    "uq_interlibrary_loans_open_item",
    interlibrary_loans.c.item_id,
    unique=True,
    sqlite_where=_IS_OPEN,
)
Index(
    "uq_interlibrary_loans_open_request",
    interlibrary_loans.c.partner,
    interlibrary_loans.c.role,
    interlibrary_loans.c.request_id,
    unique=True,
    sqlite_where=_IS_OPEN,
)
Index(
    "ix_interlibrary_loans_request",
    interlibrary_loans.c.partner,
    interlibrary_loans.c.request_id,
)

#: What partners are to be told: written with the change itself, sent afterwards. One that is
#: neither sent nor given up is tried at `next_try`; those of one loan in the order of their ids.
partner_notices = Table(
    "partner_notices",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("interlibrary_loan_id", ForeignKey(interlibrary_loans.c.id), nullable=False, index=True),
    Column("partner", String, nullable=False),
    Column("kind", String, nullable=False),  # a value of `NoticeKind`
    Column("facts", Text, nullable=False, info=JSON),  # JSON object; emptied when it was sent
    # As it goes out: made when it is sent first, so that the same is sent again. Cut with `facts`.
    Column("document", LargeBinary),
    Column("written", Moment, nullable=False),
    Column("next_try", Moment, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("sent", Moment),
    Column("given_up", Moment),
    Column("problem", String, nullable=False),  # of the last try
)
_IS_WAITING = text("sent IS NULL AND given_up IS NULL")
Index(
    "ix_partner_notices_waiting",
    partner_notices.c.partner,
    partner_notices.c.next_try,
    sqlite_where=_IS_WAITING,
)

#: What somebody should read about an interlibrary loan: what the other library writes, offers or
#: did not take. Until somebody has seen to it, `settled` is NULL.
interlibrary_remarks = Table(
    "interlibrary_remarks",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("interlibrary_loan_id", ForeignKey(interlibrary_loans.c.id), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),  # a value of `RemarkKind`
    Column("text", Text, nullable=False),
    Column("settled", Moment),
)
_IS_UNSETTLED = text("settled IS NULL")
Index(
    "ix_interlibrary_remarks_unsettled",
    interlibrary_remarks.c.at,
    sqlite_where=_IS_UNSETTLED,
)

#: One line for each exchange with a partner, in either direction.
exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("direction", String, nullable=False),
    Column("partner", String, nullable=False),
    Column("peer", String, nullable=False),
    Column("service", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("outcome", String, nullable=False),  # ok, or the types of the problems
    Column("milliseconds", Integer, nullable=False),
    CheckConstraint("direction IN ('in', 'out')", name="direction"),
)
_HAS_REQUEST = text("request_id <> ''")
Index(
    "ix_exchanges_request_id",
    exchanges.c.request_id,
    sqlite_where=_HAS_REQUEST,
)

#: What was said in an exchange, secrets masked, for as long as the settings want it; see
#: `circulation.interlending.exchange_bodies`, which alone can read it.
exchange_bodies = Table(
    "exchange_bodies",
    metadata,
    Column("exchange_id", ForeignKey(exchanges.c.id), primary_key=True, autoincrement=False),
    Column("until", Moment, nullable=False, index=True),
    Column("request", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: What partners call the holds that they have placed and the wishes that they have brought, so
#: that they can speak of them. A row has the one or the other.
partner_requests = Table(
    "partner_requests",
    metadata,
    Column("agency", String, primary_key=True),
    Column("request_id", String, primary_key=True),
    Column("hold_id", ForeignKey(holds.c.id, ondelete="CASCADE"), index=True),
    Column("case_id", Long, index=True),  # of `interlibrary_cases`
)
