"""What partners call the wishes that they bring, for what other libraries are asked for."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.tables import Long

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    # On SQLite the table is made anew; what it refers to is not looked at for that.
    alone = {"resolve_fks": False}
    with op.batch_alter_table("partner_requests", reflect_kwargs=alone) as table:
        table.alter_column("hold_id", existing_type=Long, nullable=True)
        table.add_column(sa.Column("case_id", Long))
        table.create_index("ix_partner_requests_case_id", ["case_id"])
