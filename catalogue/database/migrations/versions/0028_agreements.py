"""Whose a block is, and what agencies have agreed to do for each other.

A block that there was becomes the patron's agency's, one for debt that of each agency that warned
of it; what is true of the person or the card concerns all, as before. Code that knows nothing of
agencies reads and writes blocks as it did: one that it makes concerns all.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    _agreements()
    op.execute("CREATE TABLE patron_blocks_before AS SELECT * FROM patron_blocks")
    op.drop_table("patron_blocks")
    _blocks()
    op.execute(
        """
        INSERT INTO patron_blocks (patron_id, reason, agency_id, since, message)
        SELECT was.patron_id, was.reason,
               CASE WHEN was.reason IN ('card_stolen', 'deceased', 'self_registered') THEN NULL
                    ELSE COALESCE(warned.agency_id, patrons.agency_id) END,
               was.since, was.message
        FROM patron_blocks_before AS was
        JOIN patrons ON patrons.id = was.patron_id
        LEFT JOIN debt_warnings AS warned
               ON was.reason = 'debt' AND warned.patron_id = was.patron_id
              AND warned.blocked IS NOT NULL
        """
    )
    op.drop_table("patron_blocks_before")


def _agreements() -> None:
    op.create_table(
        "agreements",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("debts", sa.Boolean, nullable=False),
        sa.Column("payments", sa.Boolean, nullable=False),
        sa.Column("lending", sa.Boolean, nullable=False),
    )
    op.create_table(
        "agreement_agencies",
        sa.Column("code", sa.String, sa.ForeignKey("agreements.code"), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sqlite_with_rowid=False,
    )


def _blocks() -> None:
    op.create_table(
        "patron_blocks",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("since", Moment, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.UniqueConstraint("patron_id", "reason", "agency_id"),
    )
    create_partial_index(
        "uq_patron_blocks_everywhere",
        "patron_blocks",
        ["patron_id", "reason"],
        "agency_id IS NULL",
        unique=True,
    )
