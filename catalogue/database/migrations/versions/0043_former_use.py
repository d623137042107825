"""How often items were lent before they came here."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "former_use",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("year", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("loans", sa.Integer, nullable=False),
        sa.Column("renewals", sa.Integer, nullable=False),
        sa.Column("last_lent", Moment),
        sa.Column("until", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
