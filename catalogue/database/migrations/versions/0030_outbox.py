"""The outbox: a row for each event that somebody may have to be told of, until it was looked at.

It takes over what may not have been told yet; a notice names its event, so none is made twice.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.tables import Long

revision = "0030"
down_revision = "0029"

#: The events that patrons may be told of, as the code of this revision has them.
_TOLD = (
    "booking_changed",
    "booking_closed",
    "charge_changed",
    "checked_in",
    "checked_out",
    "hold_closed",
    "hold_shelved",
    "loan_recalled",
    "loan_redated",
    "patron_blocked",
    "patron_registered",
    "patron_unblocked",
    "payment_taken",
    "pin_changed",
    "renewed",
    "stay_begun",
)


def upgrade() -> None:
    outbox = op.create_table(
        "outbox",
        sa.Column("follower", sa.String, primary_key=True),
        sa.Column("event_id", Long, autoincrement=False, primary_key=True),
        sqlite_with_rowid=False,
    )
    events = sa.table("events", sa.column("id"), sa.column("kind"))
    progress = sa.table("notice_progress", sa.column("safe"))
    looked_at = sa.func.coalesce(sa.select(progress.c.safe).scalar_subquery(), 0)
    op.execute(
        outbox.insert().from_select(
            ["follower", "event_id"],
            sa.select(sa.literal("notices"), events.c.id).where(
                events.c.id > looked_at, events.c.kind.in_(_TOLD)
            ),
        )
    )
    op.drop_table("notice_progress")
