"""A patron's open loans have an index of their own again, by due date; so have those that are over.

A loan then changes one small index of open loans, and not one in which all loans of the last weeks
stand between. What asks for all loans of a patron asks for both halves. The database cannot, where
a patron is deleted: so whose a loan is, is no foreign key any more (a check-out and an erasure lock
the patron, and an erasure cuts the loans first).
"""

from alembic import op

from catalogue.database.migrations.foreign_keys import drop_foreign_key
from catalogue.database.migrations.partial_indexes import create_partial_index

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.drop_index("ix_loans_patron", "loans")
    create_partial_index(
        "ix_loans_open_patron",
        "loans",
        ["patron_id", "due", "id", "mark", "material_group", "checked_in"],
        "checked_in IS NULL",
    )
    create_partial_index(
        "ix_loans_history",
        "loans",
        ["patron_id", "checked_in"],
        "checked_in IS NOT NULL AND patron_id IS NOT NULL",
    )
    drop_foreign_key("loans", "patron_id", "patrons")
