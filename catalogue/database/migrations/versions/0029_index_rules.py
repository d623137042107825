"""By which rules the index was made: `tiro check` says when it should be made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

#: Those of the code that comes with this revision, and those of all before.
RULES, EARLIER = 2, 1


def upgrade() -> None:
    index_rules = op.create_table(
        "index_rules",
        sa.Column("id", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_index_rules_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_rules")),
    )
    records = sa.table("records", sa.column("id"))
    # Without records there is nothing to be made anew.
    version = sa.case((sa.exists(sa.select(records.c.id)), EARLIER), else_=RULES)
    op.execute(
        index_rules.insert().from_select(["id", "version"], sa.select(sa.literal(1), version))
    )
