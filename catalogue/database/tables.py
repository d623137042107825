"""The one collection of tables, to which each room adds its own, and what they share.

Migrations make the tables; here they are declared for statements, and compared with what was made.
The condition of a partial index is declared as ``sqlite_where``, for both databases: the other's
word for it would load its dialect for whoever does not use it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: 63 bits. SQLite only keeps rows in the order of a key that is declared INTEGER.
Long = BigInteger().with_variant(Integer(), "sqlite")

#: The oldest code that may work with these tables, by its newest revision: one row, which a
#: migration that takes something away sets (see `catalogue/database/migrations/README.md`).
compatibility = Table(
    "compatibility",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("oldest_code", String, nullable=False),
    CheckConstraint("id = 1", name="id"),
)
