"""The list of off-line acts has states, sources and what is needed to try an act again.

Days of which something has become known after them are counted again.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment

revision = "0068"
down_revision = "0067"

_TABLE = "loan_conflicts"


def upgrade() -> None:
    op.create_table(
        "late_days",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
    )
    for name, default in (("state", "open"), ("source", "")):
        op.add_column(_TABLE, sa.Column(name, sa.String, nullable=False, server_default=default))
    for name, kind in (
        ("remark", sa.String),
        ("returned", Moment),
        ("amount", sa.String),
        ("line_key", sa.String),
        ("tried", Moment),
    ):
        op.add_column(_TABLE, sa.Column(name, kind))
    op.execute(sa.text("UPDATE loan_conflicts SET state = 'conflict' WHERE loan_id IS NOT NULL"))
    op.execute(sa.text("UPDATE loan_conflicts SET state = 'settled' WHERE settled IS NOT NULL"))
    create_partial_index("ix_loan_conflicts_item", _TABLE, ["item_barcode"], "settled IS NULL")
    create_partial_index("ix_loan_conflicts_card", _TABLE, ["patron_identifier"], "settled IS NULL")
    create_partial_index("ix_loan_conflicts_line", _TABLE, ["line_key"], "line_key IS NOT NULL")
