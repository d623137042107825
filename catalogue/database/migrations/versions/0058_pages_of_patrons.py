"""Who has hundreds of holds or charges waits no longer for a page of them, or for how many there
are: open holds have an index in the order of their lists, what is kept for a patron has one of its
own, and so have the charges of which something is owed.
"""

from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.drop_index("ix_holds_open_patron", "holds")
    create_partial_index(
        "ix_holds_open_patron",
        "holds",
        ["patron_id", "placed", "id", "record_id", "closed"],
        "closed IS NULL",
    )
    op.create_index("ix_captures_patron_id", "captures", ["patron_id"])
    create_partial_index(
        "ix_charges_not_settled",
        "charges",
        ["patron_id", "created", "id", "balance"],
        "balance <> 0",
    )
