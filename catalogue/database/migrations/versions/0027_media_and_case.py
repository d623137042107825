"""Material groups say what their things are; cards and barcodes are found in any case."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("material_groups", sa.Column("media_type", sa.String))
    op.add_column("material_groups", sa.Column("magnetic", sa.Boolean))
    op.create_index("ix_items_small_barcode", "items", [sa.text("lower(barcode)")])
    op.create_index(
        "ix_patron_identifiers_small", "patron_identifiers", [sa.text("lower(identifier)")]
    )
