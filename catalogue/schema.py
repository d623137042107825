"""The tables of the catalogue, and of the organisation whose stock it holds.

`circulation.kernel.schema` adds its tables to the same `metadata`. The tables are made and changed
by `catalogue.database.migrations` alone; a test compares the two on both databases.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    func,
)

from catalogue.database import Long, Moment, metadata

consortia = Table(
    "consortia",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", String, nullable=False, unique=True),
)

agencies = Table(
    "agencies",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("consortium_id", ForeignKey(consortia.c.id), nullable=False),
    Column("isil", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    # Is a school's stock seen outside the school? (`catalogue.visibility`)
    Column("shares_stock", Boolean, nullable=False, server_default=false()),
    CheckConstraint("kind IN ('public', 'school')", name="kind"),
)

branches = Table(
    "branches",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False, index=True),
    Column("isil", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
)

#: One row for each file ever loaded, known by the digest of its bytes, with how far it came:
#: committed together with the records, so that a load can be interrupted and run again.
loads = Table(
    "loads",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("position", Integer, nullable=False),  # records of the file dealt with so far
    Column("rejected", Integer, nullable=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
)

#: A record is kept whole, as UTF-8 ISO 2709 bytes (`data`); the other columns are what other
#: parts need often. `id` is the record's number in every bitmap of `postings`.
records = Table(
    "records",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("format", String, nullable=False),  # marc21, danmarc2, unimarc
    Column("agency_id", ForeignKey(agencies.c.id)),  # the owner; none for the shared catalogue
    Column("control_number", String),
    Column("title", String, nullable=False),
    Column("author", String, nullable=False),
    Column("year", SmallInteger),
    Column("load_id", ForeignKey(loads.c.id)),
    Column("load_position", Integer),
    Column("data", LargeBinary, nullable=False),
    Column("created", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    UniqueConstraint("load_id", "load_position"),
    Index("ix_records_control_number", "control_number"),
)

#: The index: for each term of an access point and each chunk of 65,536 record ids
#: (chunk = record id >> 16) a bitmap of whole record ids (`catalogue.bitmaps`), and its count.
postings = Table(
    "postings",
    metadata,
    Column("access_point", SmallInteger, primary_key=True, autoincrement=False),
    Column("term", LargeBinary, primary_key=True),
    Column("chunk", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("bitmap", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: What records are sorted by (`catalogue.searching.sorting`): folded and cut texts, the year.
#: Missing ones are empty, or 0.
sort_keys = Table(
    "sort_keys",
    metadata,
    Column(
        "record_id",
        ForeignKey(records.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("title", LargeBinary, nullable=False),
    Column("author", LargeBinary, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Index("ix_sort_keys_title", "title", "record_id"),
    Index("ix_sort_keys_author", "author", "record_id"),
    Index("ix_sort_keys_year", "year", "record_id"),
)

#: Records whose sort keys have become others or are gone, one row for each time, the newest some
#: thousand: whoever remembers the order of records (`catalogue.searching.filing_ranks`) reads on.
refiled_records = Table(
    "refiled_records",
    metadata,
    Column("number", Long, primary_key=True, autoincrement=False),  # one after the other
    Column("records", LargeBinary, nullable=False),  # a bitmap (`catalogue.bitmaps`)
)

#: Which records a branch or an agency has, and which are hidden from a consortium, as serialised
#: bitmaps per chunk of record ids; `holder` is as `catalogue.holders` writes it.
held_records = Table(
    "held_records",
    metadata,
    Column("holder", String, primary_key=True),
    Column("chunk", Integer, primary_key=True, autoincrement=False),
    Column("bitmap", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("barcode", String, nullable=False, unique=True),
    Column("record_id", ForeignKey(records.c.id), nullable=False, index=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False, index=True),  # home branch
    Column("department", String, nullable=False, server_default=""),
    Column("location", String, nullable=False, server_default=""),
    Column("sublocation", String, nullable=False, server_default=""),
    Column("call_number", String, nullable=False, server_default=""),
    Column("material_group", String, nullable=False, server_default=""),
    Column("price", Long),  # minor units
    Column("currency", String(3)),
    Column("created", Moment, nullable=False),
    # Of a serial or a work in volumes: "2026:11", "bind 2".
    Column("part", String, nullable=False, server_default=""),
    # Within the branches of its float group an item stays where it is handed in.
    Column("float_group", String, nullable=False, server_default=""),
    Column("section", String, nullable=False, server_default=""),  # within the sublocation
    # Why the item is not lent, for staff: damaged, withdrawn. Empty: the rules decide.
    Column("not_for_loan", String, nullable=False, server_default=""),
)
#: See `catalogue.database.typed_codes`.
Index("ix_items_small_barcode", func.lower(items.c.barcode))

#: Records that no longer exist: merged into another, or deleted. Their ids are never given out
#: again, so that whoever still has one is led to the survivor, or told that it is gone.
former_records = Table(
    "former_records",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("survivor_id", ForeignKey(records.c.id), index=True),  # NULL: deleted
    Column("control_number", String, index=True),
    Column("gone", Moment, nullable=False),
)

#: Rebuildings of the index (`catalogue.reindexing.rebuilding`), with how far each has come: the
#: last row of `postings` that is dealt with, committed with the changes.
reindexings = Table(
    "reindexings",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("run", String, nullable=False),  # which process works on it
    Column("first_id", Integer, nullable=False),  # records from this id on
    Column("indexes", String, nullable=False),  # numbers with blanks between; empty: all
    Column("access_point", SmallInteger),
    Column("term", LargeBinary),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
)

#: Records replaced or removed since a reindexing read them: it leaves their postings alone.
changed_while_reindexing = Table(
    "changed_while_reindexing",
    metadata,
    Column("record_id", Integer, primary_key=True, autoincrement=False),
)

#: Records of what was borrowed from other libraries: they are in no search (`catalogue.holders`)
#: and go when the item does.
temporary_records = Table(
    "temporary_records",
    metadata,
    Column("record_id", ForeignKey(records.c.id), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: Result sets that outlive the conversation that made them (`catalogue.searching.kept_sets`).
kept_result_sets = Table(
    "kept_result_sets",
    metadata,
    Column("owner", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("databases", String, nullable=False),  # a JSON list
    Column("records", LargeBinary, nullable=False),  # a roaring bitmap
    Column("record_order", LargeBinary),  # of a sorted set: ids of 32 bits, little endian
    Column("kept", Moment, nullable=False),
)

#: By which rules the index was made (`catalogue.reindexing.index_rules`): one row.
index_rules = Table(
    "index_rules",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", SmallInteger, nullable=False),
    CheckConstraint("id = 1", name="id"),
)

#: That records have changed, one row for each range of ids, until the change is numbered
#: (`catalogue.changes.numbering`).
change_notes = Table(
    "change_notes",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("aspects", SmallInteger, nullable=False),  # `catalogue.change_notes.Aspect`, added up
    Column("first_id", Integer, nullable=False),
    Column("last_id", Integer, nullable=False),
)

#: The number of each record's last change, also of those that are gone.
record_changes = Table(
    "record_changes",
    metadata,
    Column("aspect", SmallInteger, primary_key=True, autoincrement=False),
    Column("record_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Long, nullable=False),
    Index("ix_record_changes_number", "aspect", "number", unique=True),
    sqlite_with_rowid=False,
)

#: Which records were ever shown to the public as those of a branch or an agency, or at all: as
#: `held_records`, but for ids that are never taken out.
published_records = Table(
    "published_records",
    metadata,
    Column("holder", String, primary_key=True),
    Column("chunk", Integer, primary_key=True, autoincrement=False),
    Column("bitmap", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
