"""What patrons are searched by, whose address is protected, and which holds were forced.

An address that was a contact becomes a home, as a text. The words of those who are there are made
by the job `patron-search`, in steps.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0032"
down_revision = "0031"

_FOUND = ["is_deceased", "word", "patron_id"]


def upgrade() -> None:
    op.add_column(
        "holds", sa.Column("is_forced", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column(
        "patrons",
        sa.Column("is_protected", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "patron_words",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("word", sa.LargeBinary, primary_key=True),
        sa.Column("is_protected", sa.Boolean, nullable=False),
        sa.Column("agency_id", sa.Integer, nullable=False),
        sa.Column("is_deceased", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_patron_words_agency_id", "patron_words", ["agency_id", *_FOUND, "is_protected"]
    )
    op.create_index(
        "ix_patron_words_is_deceased", "patron_words", [*_FOUND, "agency_id", "is_protected"]
    )
    _addresses()


def _addresses() -> None:
    op.create_table(
        "patron_addresses",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("lines", sa.String, nullable=False),
        sa.Column("street", sa.String, nullable=False),
        sa.Column("house_number", sa.String, nullable=False),
        sa.Column("postal_code", sa.String, nullable=False),
        sa.Column("city", sa.String, nullable=False),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("notices", sa.Boolean, nullable=False),
        sa.Column("added", Moment, nullable=False),
    )
    op.execute(
        """
        INSERT INTO patron_addresses (patron_id, kind, lines, street, house_number, postal_code,
                                      city, country, notices, added)
        SELECT patron_id, 'home', value, '', '', '', '', '', notices, added
        FROM patron_contacts WHERE kind = 'postal' ORDER BY id
        """
    )
    op.execute("DELETE FROM patron_contacts WHERE kind = 'postal'")
