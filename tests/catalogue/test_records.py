"""Stored records, fetched by number and by control number."""

from __future__ import annotations

from catalogue.database import Database
from catalogue.records import Record, count, fetch_records, find_by_control_number
from tests.builders.catalogue import a_record, add_records


def test_records_come_in_the_order_asked(database: Database) -> None:
    data = [a_record(f"Title {number}", control_number=f"c{number}") for number in range(700)]
    ids = database.write(lambda transaction: add_records(transaction, data)).result()
    wanted = [ids[650], ids[3], ids[699], ids[3], *ids[100:640]]
    found = database.read(lambda transaction: fetch_records(transaction, wanted)).result()
    assert [record.id for record in found] == wanted
    assert found[1] == Record(ids[3], "marc21", data[3], "Title 3", "", 2001, "c3")
    assert isinstance(found[1].data, bytes)


def test_records_that_are_not_there_are_left_out(database: Database) -> None:
    ids = database.write(lambda transaction: add_records(transaction, [a_record()])).result()

    def fetched(*wanted: int) -> list[int]:
        work = database.read(lambda transaction: fetch_records(transaction, wanted))
        return [record.id for record in work.result()]

    assert fetched() == []
    assert fetched(99) == []
    assert fetched(99, ids[0]) == ids
    assert fetched(ids[0]) == ids


def test_records_are_found_by_control_number(database: Database) -> None:
    data = [a_record("One", control_number="7"), a_record("Two"), a_record("3", control_number="7")]
    ids = database.write(lambda transaction: add_records(transaction, data)).result()

    def found(number: str) -> list[int]:
        work = database.read(
            lambda transaction: find_by_control_number(transaction, control_number=number)
        )
        return [record.id for record in work.result()]

    assert found("7") == [ids[0], ids[2]]
    assert found("8") == []


def test_records_are_counted(database: Database) -> None:
    assert database.read(count).result() == 0
    database.write(lambda transaction: add_records(transaction, [a_record()] * 3)).result()
    assert database.read(count).result() == 3
