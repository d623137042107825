"""Whose a block is, and what agencies have agreed to do for each other.

A block that there was becomes the patron's agency's, one for debt that of each agency that warned
of it; what is true of the person or the card concerns all, as before. Code that knows nothing of
agencies reads and writes blocks as it did: one that it makes concerns all.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_IS_EVERYWHERE = sa.text("agency_id IS NULL")


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
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("debts", sa.Boolean(), nullable=False),
        sa.Column("payments", sa.Boolean(), nullable=False),
        sa.Column("lending", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agreements")),
    )
    op.create_table(
        "agreement_agencies",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"], ["agreements.code"], name=op.f("fk_agreement_agencies_code")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_agreement_agencies_agency_id")
        ),
        sa.PrimaryKeyConstraint("code", "agency_id", name=op.f("pk_agreement_agencies")),
        sqlite_with_rowid=False,
    )


def _blocks() -> None:
    op.create_table(
        "patron_blocks",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patrons.id"], name=op.f("fk_patron_blocks_patron_id")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_patron_blocks_agency_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron_blocks")),
        sa.UniqueConstraint(
            "patron_id",
            "reason",
            "agency_id",
            name=op.f("uq_patron_blocks_patron_id_reason_agency_id"),
        ),
    )
    op.create_index(
        "uq_patron_blocks_everywhere",
        "patron_blocks",
        ["patron_id", "reason"],
        unique=True,
        sqlite_where=_IS_EVERYWHERE,
        postgresql_where=_IS_EVERYWHERE,
    )
