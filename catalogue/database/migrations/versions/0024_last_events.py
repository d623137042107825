"""The last event of an item is found by the index alone."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_index("ix_events_item", "events", ["item_id", "id"])
    op.drop_index("ix_events_item_id", "events")
