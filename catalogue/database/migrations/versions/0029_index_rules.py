"""By which rules the index was made: `tiro check` says when it should be made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

#: Those of the code that comes with this revision, and those of all before.
RULES, EARLIER = 2, 1


def upgrade() -> None:
    index_rules = op.create_table(
        "index_rules",
        sa.Column("id", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("version", sa.SmallInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="id"),
    )
    records = sa.table("records", sa.column("id"))
    # Without records there is nothing to be made anew.
    version = sa.case((sa.exists(sa.select(records.c.id)), EARLIER), else_=RULES)
    op.execute(
        index_rules.insert().from_select(["id", "version"], sa.select(sa.literal(1), version))
    )
