"""Who was told hundreds of things waits no longer for a page of them, and who has borrowed hundreds
no longer for a receipt: what is about somebody, and what is for them, stands in the order of its
lists, and so do the events that still name a patron and who has looked at them.
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
    for table in ("events", "lookups"):
        op.drop_index(f"ix_{table}_patron_id", table)
        name, columns = f"ix_{table}_patron", ["patron_id", "id"]
        create_partial_index(name, table, columns, "patron_id IS NOT NULL")
