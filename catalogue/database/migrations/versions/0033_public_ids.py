"""A key for the numbers by which others know patrons: each database has its own."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_KEY_BYTES = 32


def upgrade() -> None:
    public_id_key = op.create_table(
        "public_id_key",
        sa.Column("id", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("id = 1", name="id"),
    )
    op.execute(public_id_key.insert().values(id=1, key=secrets.token_bytes(_KEY_BYTES)))
