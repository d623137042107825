"""Messages to patrons."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0013"
down_revision = "0012"


def _words(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=nullable) for name in names]


def upgrade() -> None:
    _rules()
    _messages()
    _notices()
    _others()


def _rules() -> None:
    op.create_table(
        "notice_rules",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        *_words("patron_category", "kind", "channels", "digest", nullable=True),
        *_words("send_at", "quiet", nullable=True),
        sa.Column("verified", sa.Boolean),
        *_words("guardians", "absent", nullable=True),
        sa.Column("days", sa.SmallInteger),
        sa.Column("on_request", sa.Boolean),
        sa.Column("valid_hours", sa.Integer),
        sa.Column("keep_days", sa.Integer),
        *_words("at_desk", "in_reading_room", nullable=True),
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    )


def _messages() -> None:
    op.create_table(
        "notice_messages",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("recipient_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        *_words("kind", "channel", "address", "language", "subject"),
        sa.Column("body", sa.Text, nullable=False),
        *_words("template", "state"),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("created", Moment, nullable=False, index=True),
        sa.Column("due", Moment, nullable=False),
        sa.Column("claimed", Moment),
        sa.Column("sent", Moment),
        sa.Column("changed", Moment, nullable=False),
        *_words("reference", "error"),
        sa.Column("anonymised", Moment),
    )
    create_partial_index(
        "ix_notice_messages_open",
        "notice_messages",
        ["due", "id"],
        "state IN ('waiting', 'sending', 'unsure')",
    )
    create_partial_index(
        "ix_notice_messages_reference", "notice_messages", ["reference"], "reference <> ''"
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("recipient_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("once", sa.String, unique=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("channels", sa.String),
        *_words("failed", "state", "why"),
        sa.Column("created", Moment, nullable=False, index=True),
        sa.Column("due", Moment, nullable=False),
        sa.Column("message_id", Long, sa.ForeignKey("notice_messages.id"), index=True),
        sa.Column("anonymised", Moment),
    )
    create_partial_index("ix_notices_kept", "notices", ["id"], "anonymised IS NULL")
    create_partial_index(
        "ix_notices_waiting", "notices", ["due", "recipient_id"], "state = 'waiting'"
    )


def _others() -> None:
    op.create_table(
        "notice_choices",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("wanted", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice_progress",
        sa.Column("id", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("seen", Long, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("safe", Long, nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    # What happened before there were messages is told nobody.
    op.execute(
        sa.text(
            "INSERT INTO notice_progress (id, seen, seen_at, safe)"
            " SELECT 1, MAX(id), MAX(at), MAX(id) FROM events HAVING MAX(id) IS NOT NULL"
        )
    )
    op.create_table(
        "silent_batches",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("until", Moment, nullable=False),
    )
    op.create_table(
        "silent_rows",
        sa.Column("noun", sa.String, primary_key=True),
        sa.Column("row_id", Long, autoincrement=False, primary_key=True),
        sa.Column(
            "batch", sa.String, sa.ForeignKey("silent_batches.name"), nullable=False, index=True
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incoming_texts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", Moment, nullable=False, index=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        *_words("address", "body"),
        sa.Column("notice_id", Long, sa.ForeignKey("notices.id")),
        sqlite_with_rowid=False,
    )
