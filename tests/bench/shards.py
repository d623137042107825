"""A layout of the tables on shards, and what a statement has to do with it.

The layout is the one of circulation/README.md. Rows lie with the agency of their item, of their
patron, of the branch of pickup or of the branch where something happens (`HOMES`); what hardly
changes is on every node (`EVERYWHERE`); what is found by a number on a card or a book, without an
agency, goes through a directory first; the index lies by chunk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Alias, Column, Select, Table
from sqlalchemy.sql import ClauseElement, operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, Grouping
from sqlalchemy.sql.selectable import ScalarSelect

from catalogue.database import metadata
from circulation.setting_up.stored import SET_BY

#: Reference tables: the set-up, the records, and what is little and for all.
EVERYWHERE = {
    *SET_BY,
    *("set_up_version", "closures", "compatibility", "job_runs", "leases", "locked_devices"),
    *("records", "former_records", "temporary_records", "loads"),
    *("reindexings", "changed_while_reindexing", "refiled_records", "index_rules"),
    *("branches_elsewhere", "silent_batches", "collection_files", "loan_statistics"),
}
BY_CHUNK = {"postings", "sort_keys", "held_records"}
_OF_ITEMS = (
    *(
        "items",
        "loans",
        "transits",
        "captures",
        "missing_items",
        "fetches",
        "stays",
        "events",
        "outbox",
    ),
    *(
        "item_properties",
        "interlibrary_loans",
        "interlibrary_remarks",
        "partner_notices",
        "booking_loans",
    ),
    "item_replies",
)
_OF_PICKUP = (
    *("holds", "hold_sets", "partner_requests", "bookings", "booking_supplies"),
    *("temporary_placements", "temporary_stations"),
)
_OF_DESKS = (
    *("replies", "terminal_counts", "loan_conflicts", "unexpected_items"),
    *("sessions", "sign_in_failures"),
    *("deliveries", "delivery_lines", "exchanges", "exchange_bodies", "kept_result_sets"),
)
_OF_PATRONS = (
    *("patrons", "patron_identifiers", "patron_blocks", "patron_absences", "patron_contacts"),
    *("patron_preferences", "patron_guardians", "patron_consents", "patron_groups"),
    *(
        "patron_group_members",
        "patron_words",
        "patron_addresses",
        "pin_failures",
        "sealed_numbers",
        "lookups",
    ),
    *("patron_balances", "charges", "charge_loans", "charge_postings", "payments"),
    "money_orders",
    *("debt_warnings", "dunning_acts", "collection_claims", "collection_lines"),
    *("notices", "notice_messages", "notice_choices", "silent_rows", "incoming_texts"),
    "post_receipts",
)
#: By table, whose agency its rows lie with.
HOMES = {
    **dict.fromkeys(_OF_ITEMS, "item"),
    **dict.fromkeys(_OF_PICKUP, "pickup"),
    **dict.fromkeys(_OF_DESKS, "desk"),
    **dict.fromkeys(_OF_PATRONS, "patron"),
}
EVERYWHERE -= HOMES.keys()

#: Whose agency a value of a column tells, by the table that it refers to: ids carry it.
_TOLD_BY_TABLE = {
    "items": "item",
    "loans": "item",
    "patrons": "patron",
    "charges": "patron",
    "payments": "patron",
    "notices": "patron",
    "notice_messages": "patron",
    "holds": "pickup",
    "hold_sets": "pickup",
    "bookings": "pickup",
}
#: The same of columns that refer to none, or that tell it by themselves.
_TOLD_BY_NAME = {
    "item_id": "item",
    "loan_id": "item",
    "checked_in_branch_id": "desk",
    "patron_id": "patron",
    "hold_id": "pickup",
    "account": "desk",
    "device": "desk",
}
#: Found through the directory of numbers: the agency is not known before.
DIRECTORY = {("items", "barcode"), ("patron_identifiers", "identifier")}


def told_by(column: Column[Any]) -> str | None:
    """Whose agency a value of the column tells."""
    table = _base(column.table)
    if column.name == "id":
        return _TOLD_BY_TABLE.get(table)
    for key in column.foreign_keys:
        target = key.column.table.name
        if target in _TOLD_BY_TABLE:
            return _TOLD_BY_TABLE[target]
        if target in ("branches", "agencies"):
            return "desk" if table == "loans" else HOMES.get(table)
    return _TOLD_BY_NAME.get(column.name)


def tables_without_a_place() -> set[str]:
    """Tables of the schema that the layout has forgotten."""
    return set(metadata.tables) - HOMES.keys() - EVERYWHERE - BY_CHUNK


#: What a statement can be to a shard, and how the table calls it.
KINDS = {
    "reference": "everywhere",
    "one": "one shard",
    "joined": "one at home",
    "unbound": "all shards",
    "chunk": "by chunk",
}


@dataclass
class Reading:
    """What one statement touches, and where that lies."""

    text: str
    tables: set[str]
    #: Whose agencies it has to do with, when all its tables are found by an agency.
    parties: set[str] = field(default_factory=set)
    #: Tables of which it does not say whose agency is meant.
    unbound: set[str] = field(default_factory=set)
    through_directory: bool = False

    def __str__(self) -> str:
        words = [self.kind, "/".join(sorted(self.parties))]
        if self.unbound:
            words.append(f"no agency for {', '.join(sorted(self.unbound))}")
        words.append("directory" if self.through_directory else "")
        where = " ".join(filter(None, words))
        verb = self.text.split(maxsplit=1)[0]
        return f"{where}: {verb} {', '.join(sorted(self.tables))}"

    @property
    def kind(self) -> str:
        if self.tables & BY_CHUNK:
            return "chunk"
        if not self.tables - EVERYWHERE:
            return "reference"
        if self.unbound:
            return "unbound"
        return "one" if len(self.parties) == 1 else "joined"


def read(expression: ClauseElement, text: str) -> Reading:
    """Which tables the statement touches and how their agencies are known."""
    parts = list(_parts(expression))
    #: The tables by the names they go by in the statement.
    found = {
        table.name: base for part in parts for table in _tables_of(part) if (base := _base(table))
    }
    reading = Reading(text, set(found.values()))
    unknown = reading.tables - HOMES.keys() - EVERYWHERE - BY_CHUNK
    assert not unknown, f"no place for {unknown}"
    spread = {name: HOMES[base] for name, base in found.items() if base in HOMES}
    pairs = list(_equalities(parts))
    reached: set[str] = set()
    if getattr(expression, "is_insert", False):
        reached.add(cast(Any, expression).table.name)
    by_value: defaultdict[str, set[str]] = defaultdict(set)
    for column, value in pairs:
        table = _name(column)
        if table not in spread or isinstance(value, Column):
            continue
        if (found[table], column.name) in DIRECTORY:
            reading.through_directory = True
            reached.add(table)
        elif (told := told_by(column)) is not None:
            by_value[table].add(told)
    # A value that tells the agency of somebody else is good as long as both have the same one.
    for table, parties in by_value.items():
        reached.add(table)
        if spread[table] not in parties:
            reading.parties |= parties
    before = -1
    while before < len(reached):
        before = len(reached)
        for column, other in pairs:
            table = _name(column)
            if table not in spread or table in reached or not isinstance(other, Column):
                continue
            if _name(other) in reached and (told := told_by(column)) is not None:
                reached.add(table)
                reading.parties.add(told)
    reading.parties |= set(spread.values())
    reading.unbound = {found[name] for name in spread.keys() - reached}
    return reading


def _parts(expression: ClauseElement) -> Iterator[Any]:
    """Everything in the statement, and the joins that SQLAlchemy makes of foreign keys."""
    for element in visitors.iterate(expression):
        yield element
        if isinstance(element, Select):
            for source in element.get_final_froms():
                yield from visitors.iterate(source)


def _equalities(parts: Iterable[Any]) -> Iterator[tuple[Column[Any], Any]]:
    """Columns and what they are set equal to, both ways."""
    for part in parts:
        if not isinstance(part, BinaryExpression):
            continue
        if part.operator not in (operators.eq, operators.in_op):
            continue
        left, right = _bare(part.left), _bare(part.right)
        if isinstance(left, Column):
            yield left, right
        if isinstance(right, Column) and part.operator is operators.eq:
            yield right, left


def _bare(element: Any) -> Any:
    while isinstance(element, (Grouping, ScalarSelect)):
        element = element.element
    if isinstance(element, Select) and len(element.selected_columns) == 1:
        [element] = element.selected_columns
    return element


def _name(column: Column[Any]) -> str:
    """What the table of the column goes by in the statement."""
    return cast(str, getattr(column.table, "name", ""))


def _base(table: Any) -> str:
    """The table of the schema; empty for what is none."""
    name = getattr(getattr(table, "element", table), "name", "")
    return name if name in metadata.tables else ""


def _tables_of(part: Any) -> Iterator[Any]:
    for each in (part, getattr(part, "table", None)):
        if isinstance(each, (Table, Alias)):
            yield each
