"""Numbers of changes, and what was ever published: all there is counts as changed now."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.tables import Long

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    notes = op.create_table(
        "change_notes",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("aspects", sa.SmallInteger, nullable=False),
        sa.Column("first_id", sa.Integer, nullable=False),
        sa.Column("last_id", sa.Integer, nullable=False),
    )
    op.create_table(
        "record_changes",
        sa.Column("aspect", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("record_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", Long, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_changes_number", "record_changes", ["aspect", "number"], unique=True)
    op.create_table(
        "published_records",
        sa.Column("holder", sa.String, primary_key=True),
        sa.Column("chunk", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bitmap", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    records, former = (
        sa.table("records", sa.column("id")),
        sa.table("former_records", sa.column("id")),
    )
    ids = sa.union_all(sa.select(records.c.id), sa.select(former.c.id)).subquery()
    last = sa.func.max(ids.c.id)
    op.execute(
        notes.insert().from_select(
            ["aspects", "first_id", "last_id"],
            sa.select(sa.literal(3), sa.literal(1), last).having(last.is_not(None)),
        )
    )
