"""The right of access: a person on whom every table tells something gets all of it, in words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, Integer, LargeBinary, Table, Text, insert, select

from catalogue.database import Moment, Statement, many, one, send
from catalogue.schema import branches, items, records
from circulation.callers.replies import keep_reply, reply_key
from circulation.interlending.exchanges import Exchanged, keep_exchanges
from circulation.kernel.results import UNATTENDED
from circulation.kernel.schema import all_tables
from circulation.patrons.identifiers import find_patron
from circulation.patrons.personal_data import references
from circulation.patrons.personal_export import export_person, personal_tables
from circulation.patrons.schema import patron_words, patrons
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed

MOMENT = datetime(2026, 10, 1, 12, 30, tzinfo=UTC)
NUMBER = 9000
#: What a constraint demands, or what belongs together without a foreign key.
_VALUES: dict[tuple[str, str], Any] = {
    ("hold_sets", "kind"): "parallel",
    ("interlibrary_loans", "role"): "borrower",
    ("dunning_acts", "outcome"): "done",
    ("dunning_acts", "loan_id"): None,
    ("agencies", "kind"): "public",
    ("stays", "placement_id"): None,
    ("charges", "balance"): -NUMBER,
    ("post_receipts", "message_id"): NUMBER,
}


@one(tuple[int, int])
def _of_item(*, item_id: int) -> Statement:
    return select(items.c.record_id, items.c.branch_id).where(items.c.id == item_id)


class Filled:
    """Rows made of the schema alone: one in each table asked for, and in those that it needs."""

    def __init__(self, library: Library, patron_id: int, other_id: int, item_id: int) -> None:
        self.library = library
        self.patron_id, self.other_id = patron_id, other_id
        found = library.read(lambda transaction: _of_item(transaction, item_id=item_id))
        assert found is not None
        record_id, branch_id = found
        self.keys: dict[Table, Any] = {
            patrons: patron_id,
            items: item_id,
            records: record_id,
            branches: branch_id,
        }

    def key_of(self, table: Table) -> Any:
        if table not in self.keys:
            row = {column.name: self._value(table, column) for column in table.columns}
            write = send(lambda: insert(table).values(row))
            self.library.write(write)
            self.keys[table] = row[next(iter(table.primary_key.columns)).name]
        return self.keys[table]

    def _value(self, table: Table, column: Any) -> Any:
        where = (table.name, column.name)
        if where in _VALUES:
            return _VALUES[where]
        if "is_json" in column.info:
            return json.dumps({"said": where})
        named = {
            "guardian_id": self.other_id,
            "patron_id": self.patron_id,
            "item_id": self.keys[items],
            "branch_id": self.keys[branches],
        }
        if column.name in named:
            return named[column.name]
        for key in column.foreign_keys:
            target = key.column.table
            return None if target is table else self.key_of(target)
        return _value_of(table, column)


def _value_of(table: Table, column: Any) -> Any:
    kind = column.type
    if isinstance(kind, LargeBinary):
        return f"64 octets of {table.name}, æøå".encode()
    if isinstance(kind, Moment):
        return MOMENT
    if isinstance(kind, Date):
        return date(2026, 10, 1)
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return NUMBER
    return "DKK" if column.name == "currency" else f"{table.name}.{column.name}"


@many(tuple[int, str])
def _item_ids() -> Statement:
    return select(items.c.id, items.c.barcode)


def item_number(library: Library, barcode: str) -> int:
    found = library.read(lambda transaction: _item_ids(transaction))
    return {each: int(number) for number, each in found}[barcode]


def declared(what: str) -> set[tuple[str, str]]:
    """The columns on a person that say this of themselves."""
    return {
        (table.name, column.name)
        for table in personal_tables()
        for column in table.columns
        if what in column.info
    }


def number_of(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def exported(library: Library, patron_id: int) -> Any:
    """As a file of JSON has it."""
    found = library.read(lambda transaction: export_person(transaction, patron_id))
    return json.loads(json.dumps(found, ensure_ascii=False))


@pytest.fixture
def person(library: Library) -> tuple[Library, int]:
    """Somebody of whom every table tells."""
    patron_id = number_of(library, a_patron(library, pin_hash=hashed("2580")))
    other_id = number_of(library, a_patron(library))
    barcode = an_item(library)
    filled = Filled(library, patron_id, other_id, item_number(library, barcode))
    for table in personal_tables():
        filled.key_of(table)
    return library, patron_id


def test_every_table_that_tells_of_a_person_is_in_their_export(
    person: tuple[Library, int],
) -> None:
    library, patron_id = person
    found = exported(library, patron_id)
    for table in personal_tables():
        assert found["patron" if table is patrons else table.name], table.name
    assert {"charge_postings", "collection_lines", "post_receipts", "partner_requests"} <= set(
        found
    )
    known = {table for table, _ in references()}
    named_otherwise = {table for table in all_tables() if "patron_id" in table.columns}
    left_out = (known | named_otherwise) - set(personal_tables())
    assert left_out == {patron_words}


def test_each_long_text_is_known_to_be_words_or_json() -> None:
    long = {
        (table.name, column.name)
        for table in personal_tables()
        for column in table.columns
        if isinstance(column.type, Text)
    }
    words = {
        ("app_tokens", "redirect_uri"),
        ("app_tokens", "scope"),
        ("collection_lines", "record"),
        ("incoming_texts", "body"),
        ("interlibrary_remarks", "text"),
        ("notice_messages", "body"),
        ("post_receipts", "error_text"),
        ("sessions", "scope"),
    }
    assert long - words == declared("is_json")


def test_what_is_exported_can_be_read(person: tuple[Library, int]) -> None:
    library, patron_id = person
    found = exported(library, patron_id)
    for name, rows in found.items():
        for row in rows if isinstance(rows, list) else [rows]:
            for column, value in row.items():
                where = f"{name}.{column}: {value!r}"
                assert not (isinstance(value, str) and value.startswith(("{", "["))), where
                if column == "item":
                    assert set(value) == {"barcode", "title"}, where
    assert found["replies"][0]["answer"] == "64 octets of replies, æøå"
    for table in ("charges", "charge_postings", "collection_lines", "payments", "charge_loans"):
        assert found[table][0]["amount"] == "90.00", table
    assert next(row for row in found["events"] if row["id"] == NUMBER)["item"]
    assert found["notices"][0]["branch"] == library.main.name


def test_secrets_are_left_out(person: tuple[Library, int]) -> None:
    library, patron_id = person
    found = exported(library, patron_id)
    text = json.dumps(found, ensure_ascii=False)
    assert "argon2" not in text
    for table, column in declared("is_secret"):
        rows = found["patron"] if table == "patrons" else found[table][0]
        assert column not in rows
        assert rows[f"has_{column}"] is True
        assert f"64 octets of {table}," not in text or table in ("replies", "item_replies")


@pytest.mark.parametrize("answer", ["64Åse", "64Åse".encode("latin-1"), b"64\x00AA\x00"])
def test_who_has_used_a_kiosk_gets_its_answers_as_text(
    sqlite_library: Library, answer: str | bytes
) -> None:
    library = sqlite_library
    card = a_patron(library)
    octets = answer.encode() if isinstance(answer, str) else answer
    library.write(
        lambda transaction: keep_reply(
            library.act(transaction, UNATTENDED),
            reply_key("kiosk", "secret", b"11"),
            octets,
            patron=card,
        )
    )
    [row] = exported(library, number_of(library, card))["replies"]
    assert row["answer"] in ("64Åse", "64(national number)AA(national number)")


def test_what_partners_said_of_a_loan_of_theirs_is_told(sqlite_library: Library) -> None:
    library = sqlite_library
    patron_id, other_id = (number_of(library, a_patron(library)) for _ in range(2))
    filled = Filled(library, patron_id, other_id, item_number(library, an_item(library)))
    filled.key_of(next(table for table in all_tables() if table.name == "interlibrary_loans"))
    here, there = "interlibrary_loans.partner", "another partner"

    def said(partner: str) -> Exchanged:
        return Exchanged(
            at=library.now,
            direction="in",
            partner=partner,
            peer="10.0.0.1",
            service="AcceptItem",
            request_id="interlibrary_loans.request_id",
            outcome="ok",
            milliseconds=4,
            until=library.now,
            request=f"<of {partner}/>".encode(),
            answer=b"<answer/>",
        )

    library.write(
        lambda transaction: keep_exchanges(
            transaction, library.circulation.ids.next, [said(here), said(there)]
        )
    )
    [exchange] = exported(library, patron_id)["exchanges"]
    assert exchange["request"] == f"<of {here}/>"
    assert exchange["answer"] == "<answer/>"
    assert exported(library, other_id)["exchanges"] == []
