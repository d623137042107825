"""What patrons want from other libraries, whoever of them is asked; the rules on that."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0048"
down_revision = "0047"

_SETTINGS = (
    sa.Column("order", sa.String),
    sa.Column("never", sa.String),
    sa.Column("libraries", sa.SmallInteger),
    sa.Column("look_seconds", sa.SmallInteger),
    sa.Column("silent_days", sa.SmallInteger),
    sa.Column("promised_days", sa.SmallInteger),
    sa.Column("cancel_days", sa.SmallInteger),
    sa.Column("most_cost", sa.Integer),
    sa.Column("currency", sa.String(3)),
    sa.Column("conditions", sa.String),
    sa.Column("other_offers", sa.String),
    sa.Column("patron_pays", sa.String),
    sa.Column("remind_days", sa.SmallInteger),
)


def upgrade() -> None:
    op.create_table(
        "interlending_rules",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("patron_category", sa.String),
        *_SETTINGS,
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    )
    op.create_table(
        "interlibrary_cases",
        sa.Column("id", Long, primary_key=True, autoincrement=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("record_id", sa.Integer),
        sa.Column("before", Moment),
        sa.Column("only", sa.String, nullable=False),
        sa.Column("loan_id", Long, index=True),
        sa.Column("look_at", Moment, index=True),
        sa.Column("rota", sa.Text, nullable=False),
        sa.Column("cost", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("closed", Moment),
    )
    op.add_column("interlibrary_loans", sa.Column("case_id", Long))
    op.create_index("ix_interlibrary_loans_case_id", "interlibrary_loans", ["case_id"])
