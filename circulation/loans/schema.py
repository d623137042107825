"""The tables of loans, in the same metadata as all others.

Status is never stored: an item is on loan because an open loan says so.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import branches, items
from circulation.kernel.personal import CUT, DELETED, found_by, names
from circulation.patrons.schema import patrons

#: A loan is open while `checked_in` is NULL. `material_group` is the item's at check-out: the
#: group whose limit the loan counts against. The patron of a loan that has ended is NULL once the
#: loan was cut from them (see `circulation.patrons.personal_data`).
loans = Table(
    "loans",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("item_id", ForeignKey(items.c.id), nullable=False, info=DELETED),
    # No foreign key: before a patron is deleted, the database would look for a loan of theirs that
    # is open or not, for which there would have to be an index of all loans.
    Column("patron_id", Integer, info=CUT | names("patrons.id") | found_by("checked_in")),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # whose rules hold
    Column("material_group", String, nullable=False),
    Column("checked_out", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("renewals", SmallInteger, nullable=False),
    Column("checked_in", Moment),
    # A foreign key that an update sets has SQLite copy every page that it changes.
    Column("checked_in_branch_id", Integer, info=names("branches.id")),
    Column("mark", String),  # a value of `LoanMark`
    Column("marked", Moment),
    Column("suspended_until", Moment),
    # The second borrower: the pupil to whom a teacher lent the item onward.
    Column("co_patron_id", ForeignKey(patrons.c.id), info=CUT),
    Column("recalled", Moment),  # somebody who waits has brought the due date forward
    Column("billed", Moment),  # compensation was charged for the item
)

_IS_OPEN = text("checked_in IS NULL")

#: The promise that no item is on loan twice.
Index(
    "uq_loans_open_item",
    loans.c.item_id,
    unique=True,
    sqlite_where=_IS_OPEN,
)
#: A patron's open loans by due date: the order of lists. Counts (all, overdue, of a group) are read
#: from this index alone, those that are overdue without a look at the others; SQLite does so only
#: where the column of the condition stands in it too. It is small, and changed by every loan, so
#: those that are over do not stand between.
Index(
    "ix_loans_open_patron",
    loans.c.patron_id,
    loans.c.due,
    loans.c.id,
    loans.c.mark,
    loans.c.material_group,
    loans.c.checked_in,
    sqlite_where=_IS_OPEN,
)
_IS_HISTORY = text("checked_in IS NOT NULL AND patron_id IS NOT NULL")

#: The loans that are over and still name a patron: few, because they are cut after some weeks.
Index(
    "ix_loans_history",
    loans.c.patron_id,
    loans.c.checked_in,
    sqlite_where=_IS_HISTORY,
)
_HAS_CO_PATRON = text("co_patron_id IS NOT NULL")
Index(
    "ix_loans_co_patron",
    loans.c.co_patron_id,
    sqlite_where=_HAS_CO_PATRON,
)
_IS_RECALLED = text("recalled IS NOT NULL AND checked_in IS NULL")
Index(
    "ix_loans_recalled",
    loans.c.patron_id,
    sqlite_where=_IS_RECALLED,
)
_IS_MARKED = text("mark IS NOT NULL AND checked_in IS NULL")
#: The work list of lost and claimed items.
Index(
    "ix_loans_marked",
    loans.c.branch_id,
    loans.c.marked,
    sqlite_where=_IS_MARKED,
)
#: The work list of overdue loans.
Index(
    "ix_loans_open_due",
    loans.c.due,
    loans.c.checked_in,
    sqlite_where=_IS_OPEN,
)

#: Off-line acts for staff to see to: loans that the rules would have refused (`conflict`), and acts
#: that could not be done yet (`open`), until they are done or settled.
loan_conflicts = Table(
    "loan_conflicts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # NULL: an act that could not be done (`circulation.loans.off_line`), which the columns from
    # `act` on tell of.
    Column("loan_id", Long, index=True),
    Column("item_id", ForeignKey(items.c.id), info=DELETED),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("noted", Moment, nullable=False),
    Column("reasons", String, nullable=False),  # names of `Reason`, separated by commas
    Column("settled", Moment),  # when it was settled or done
    Column("act", String),  # a value of `off_line.Reported`
    Column("item_barcode", String),
    Column("patron_identifier", String),
    Column("happened", Moment),
    Column("due", Moment),
    Column(
        "state", String, nullable=False, server_default="open"
    ),  # a value of `off_line.ActState`
    Column("source", String, nullable=False, server_default=""),  # a value of `off_line.Source`
    Column("remark", String),  # why staff have settled it
    Column("returned", Moment),  # of a return that staff dated back
    Column("amount", String),  # of a payment, with the decimals of its file
    Column("line_key", String),  # the digest of the line of a file
    Column("tried", Moment),  # when it was tried last
)
_IS_UNSETTLED = text("settled IS NULL")
Index(
    "ix_loan_conflicts_unsettled",
    loan_conflicts.c.branch_id,
    loan_conflicts.c.id,
    sqlite_where=_IS_UNSETTLED,
)
#: What waits for an item or a card is looked for when one comes.
Index(
    "ix_loan_conflicts_item",
    loan_conflicts.c.item_barcode,
    sqlite_where=_IS_UNSETTLED,
)
Index(
    "ix_loan_conflicts_card",
    loan_conflicts.c.patron_identifier,
    sqlite_where=_IS_UNSETTLED,
)
Index(
    "ix_loan_conflicts_line",
    loan_conflicts.c.line_key,
    sqlite_where=text("line_key IS NOT NULL"),
)

#: Days of which something has become known after them, until they are counted again.
late_days = Table(
    "late_days",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("day", Date, nullable=False),
)
