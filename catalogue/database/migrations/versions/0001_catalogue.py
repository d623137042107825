"""The catalogue: organisation, records, postings, items."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "consortia",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "loads",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("started", Moment, nullable=False),
        sa.Column("finished", Moment),
    )
    op.create_table(
        "postings",
        sa.Column("access_point", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("term", sa.LargeBinary, primary_key=True),
        sa.Column("chunk", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("bitmap", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agencies",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("consortium_id", sa.Integer, sa.ForeignKey("consortia.id"), nullable=False),
        sa.Column("isil", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.CheckConstraint("kind IN ('public', 'school')", name="kind"),
    )
    op.create_table(
        "branches",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False, index=True
        ),
        sa.Column("isil", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("control_number", sa.String, index=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("year", sa.SmallInteger),
        sa.Column("load_id", sa.Integer, sa.ForeignKey("loads.id")),
        sa.Column("load_position", sa.Integer),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("changed", Moment, nullable=False),
        sa.UniqueConstraint("load_id", "load_position"),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("barcode", sa.String, nullable=False, unique=True),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("records.id"), nullable=False, index=True),
        sa.Column(
            "branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False, index=True
        ),
        sa.Column("department", sa.String, server_default="", nullable=False),
        sa.Column("location", sa.String, server_default="", nullable=False),
        sa.Column("sublocation", sa.String, server_default="", nullable=False),
        sa.Column("call_number", sa.String, server_default="", nullable=False),
        sa.Column("material_group", sa.String, server_default="", nullable=False),
        sa.Column("price", sa.Integer),
        sa.Column("currency", sa.String(length=3)),
        sa.Column("created", Moment, nullable=False),
    )
