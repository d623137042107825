"""SIP2 accounts: options of one terminal, more conditions of sorters, and off-line reports of
patrons and items that nobody knows."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("terminals", sa.Column("options", sa.Text))
    op.add_column("sort_rules", sa.Column("held", sa.Boolean))
    with op.batch_alter_table("sort_rules") as batch:
        batch.add_column(sa.Column("home_branch_id", sa.Integer))
        batch.create_foreign_key(
            op.f("fk_sort_rules_home_branch_id"), "branches", ["home_branch_id"], ["id"]
        )
    op.drop_index("ix_loan_conflicts_unsettled", "loan_conflicts")
    with op.batch_alter_table("loan_conflicts") as batch:
        batch.alter_column("loan_id", existing_type=sa.BigInteger, nullable=True)
        batch.alter_column("item_id", existing_type=sa.Integer, nullable=True)
        batch.add_column(sa.Column("act", sa.String))
        batch.add_column(sa.Column("item_barcode", sa.String))
        batch.add_column(sa.Column("patron_identifier", sa.String))
        batch.add_column(sa.Column("happened", Moment))
        batch.add_column(sa.Column("due", Moment))
    create_partial_index(
        "ix_loan_conflicts_unsettled", "loan_conflicts", ["branch_id", "id"], "settled IS NULL"
    )
