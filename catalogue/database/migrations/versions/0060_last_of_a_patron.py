"""Who was told hundreds of things waits no longer for a page of them, and who has borrowed hundreds
no longer for a receipt: what is about somebody, and what is for them, stands in the order of its
lists, and so do the events that still name a patron.
"""

from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    for table in ("notice_messages", "notices"):
        for column in ("patron_id", "recipient_id"):
            op.drop_index(f"ix_{table}_{column}", table)
            op.create_index(f"ix_{table}_{column}", table, [column, "created"])
    op.drop_index("ix_events_patron_id", "events")
    create_partial_index("ix_events_patron", "events", ["patron_id", "id"], "patron_id IS NOT NULL")
