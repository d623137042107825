"""Messages to patrons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _words(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _whole(*names: str, nullable: bool = True) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=nullable) for name in names]


def _flags(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean(), nullable=True) for name in names]


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _rules()
    _messages()
    _notices()
    _others()


def _rules() -> None:
    op.create_table(
        "notice_rules",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *_whole("agency_id", "branch_id"),
        *_words("patron_category", "kind", "channels", "digest", nullable=True),
        *_words("send_at", "quiet", nullable=True),
        *_flags("verified"),
        *_words("guardians", "absent", nullable=True),
        sa.Column("days", sa.SmallInteger(), nullable=True),
        *_flags("on_request"),
        *_whole("valid_hours", "keep_days"),
        *_words("at_desk", "in_reading_room", nullable=True),
        sa.CheckConstraint(
            "agency_id IS NULL OR branch_id IS NULL", name=op.f("ck_notice_rules_one_place")
        ),
        _reference("notice_rules", "agency_id", "agencies"),
        _reference("notice_rules", "branch_id", "branches"),
        _key("notice_rules", "id"),
    )


def _messages() -> None:
    op.create_table(
        "notice_messages",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        *_whole("patron_id", "recipient_id"),
        *_whole("branch_id", nullable=False),
        *_words("kind", "channel", "address", "language", "subject"),
        sa.Column("body", sa.Text(), nullable=False),
        *_words("template", "state"),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("claimed", Moment(), nullable=True),
        sa.Column("sent", Moment(), nullable=True),
        sa.Column("changed", Moment(), nullable=False),
        *_words("reference", "error"),
        sa.Column("anonymised", Moment(), nullable=True),
        _reference("notice_messages", "patron_id", "patrons"),
        _reference("notice_messages", "recipient_id", "patrons"),
        _reference("notice_messages", "branch_id", "branches"),
        _key("notice_messages", "id"),
    )
    for column in ("patron_id", "recipient_id"):
        op.create_index(op.f(f"ix_notice_messages_{column}"), "notice_messages", [column])
    op.create_index("ix_notice_messages_created", "notice_messages", ["created"])
    _partial_index(
        "ix_notice_messages_open",
        "notice_messages",
        ["due", "id"],
        "state IN ('waiting', 'sending', 'unsure')",
    )
    _partial_index(
        "ix_notice_messages_reference", "notice_messages", ["reference"], "reference <> ''"
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        *_whole("patron_id", "recipient_id"),
        *_whole("branch_id", nullable=False),
        *_words("kind"),
        *_words("once", nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        *_words("channels", nullable=True),
        *_words("failed", "state", "why"),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("message_id", LONG, nullable=True),
        sa.Column("anonymised", Moment(), nullable=True),
        _reference("notices", "patron_id", "patrons"),
        _reference("notices", "recipient_id", "patrons"),
        _reference("notices", "branch_id", "branches"),
        _reference("notices", "message_id", "notice_messages"),
        _key("notices", "id"),
        sa.UniqueConstraint("once", name=op.f("uq_notices_once")),
    )
    for column in ("patron_id", "recipient_id", "message_id"):
        op.create_index(op.f(f"ix_notices_{column}"), "notices", [column])
    op.create_index("ix_notices_created", "notices", ["created"])
    _partial_index("ix_notices_kept", "notices", ["id"], "anonymised IS NULL")
    _partial_index("ix_notices_waiting", "notices", ["due", "recipient_id"], "state = 'waiting'")


def _others() -> None:
    op.create_table(
        "notice_choices",
        *_whole("patron_id", nullable=False),
        *_words("kind"),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        _reference("notice_choices", "patron_id", "patrons"),
        _key("notice_choices", "patron_id", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seen", LONG, nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("safe", LONG, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_notice_progress_one_row")),
        _key("notice_progress", "id"),
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
        *_words("name"),
        sa.Column("until", Moment(), nullable=False),
        _key("silent_batches", "name"),
    )
    op.create_table(
        "silent_rows",
        *_words("noun"),
        sa.Column("row_id", LONG, autoincrement=False, nullable=False),
        *_words("batch"),
        _reference("silent_rows", "batch", "silent_batches", "name"),
        _key("silent_rows", "noun", "row_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_silent_rows_batch"), "silent_rows", ["batch"])
    op.create_table(
        "incoming_texts",
        *_words("id"),
        sa.Column("at", Moment(), nullable=False),
        *_whole("patron_id"),
        *_words("address", "body"),
        sa.Column("notice_id", LONG, nullable=True),
        _reference("incoming_texts", "patron_id", "patrons"),
        _reference("incoming_texts", "notice_id", "notices"),
        _key("incoming_texts", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_incoming_texts_at"), "incoming_texts", ["at"])
    op.create_index(op.f("ix_incoming_texts_patron_id"), "incoming_texts", ["patron_id"])
