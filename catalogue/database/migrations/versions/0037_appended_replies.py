"""Answers kept beside events; events of holds and cards of patrons found by indexes made for that.

What was kept before stays where it is, and is still found there: it is deleted after a day.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_table(
        "item_replies",
        sa.Column("event_id", Long, autoincrement=False, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id")),
        sqlite_with_rowid=False,
    )
    create_partial_index("ix_events_hold", "events", ["hold_id"], "hold_id IS NOT NULL")
    op.drop_index("ix_events_hold_id", "events")
    op.create_index(
        "ix_patron_identifiers_card",
        "patron_identifiers",
        [
            *("patron_id", "kind", "blocked"),
            sa.text("(masked IS NOT NULL)"),
            sa.text("added DESC"),
            *("identifier", "masked"),
        ],
    )
    op.drop_index("ix_patron_identifiers_patron_id", "patron_identifiers")
