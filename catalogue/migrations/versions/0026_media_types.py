"""Material groups say what their things are physically."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("material_groups", sa.Column("media_type", sa.String(), nullable=True))
    op.add_column("material_groups", sa.Column("magnetic", sa.Boolean(), nullable=True))
